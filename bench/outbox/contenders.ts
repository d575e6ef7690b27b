/** The contenders of the benchmark, each in a process of its own that does what it is asked and says what it took. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Client, Took } from "../smtp/measure.ts";

/** Where the peers and their packages are: in the sources, for they are not compiled. */
const peers = fileURLToPath(new URL("../../../bench/outbox/peers/", import.meta.url));

/** Whether the peers' packages are installed: `npm ci --prefix bench/outbox/peers`. */
export const hasPeers: boolean = existsSync(`${peers}node_modules/bullmq`);

/** A peer by the name of its file, such as `bullmq.mjs`. */
export function startPeer(name: string, file: string, args: readonly string[]): Promise<Client> {
  return start(name, peers + file, args);
}

/** Waxseal in one of its ways. */
export function startOurs(name: string, args: readonly string[]): Promise<Client> {
  return start(name, fileURLToPath(new URL("waxseal-child.js", import.meta.url)), args);
}

/** Postgres by itself, on so many connections. */
export function startPostgresAlone(name: string, args: readonly string[]): Promise<Client> {
  return start(name, fileURLToPath(new URL("postgres-alone.js", import.meta.url)), args);
}

async function start(name: string, file: string, args: readonly string[]): Promise<Client> {
  // On all cores: a database in a process of its own would otherwise have one more than a database in this one.
  const command = ["--expose-gc", file, ...args];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  await answerOf(child, name);
  return {
    name,
    run: async (times) => {
      child.send({ times });
      return (await answerOf(child, name)) as Took;
    },
    close: () => child.disconnect(),
  };
}

function answerOf(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`${name} ended early`));
    child.once("exit", ended);
    child.once("message", (answer) => {
      child.off("exit", ended);
      resolve(answer);
    });
  });
}
