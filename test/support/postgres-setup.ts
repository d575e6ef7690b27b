/**
 * One Postgres for a whole run of the tests, started when the first test asks for it.
 *
 * The tests' processes ask at a door (an HTTP server on this machine): at `/` for its URL, at `/migrated` for that of
 * a database with our tables, to be copied.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { type PostgresServer, runPostgres } from "./postgres-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgresDoor: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let running: Promise<PostgresServer> | undefined;
  let migrated: Promise<string> | undefined;
  const answer = async (path: string | undefined): Promise<string> => {
    const server = await (running ??= runPostgres());
    return path === "/migrated" ? (migrated ??= makeMigrated(server)) : server.url();
  };
  const door = createServer((request, response) => {
    answer(request.url).then(
      (url) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  project.provide("postgresDoor", `http://127.0.0.1:${(door.address() as AddressInfo).port}`);
  return async () => {
    door.close();
    door.closeAllConnections();
    await (await running?.catch(() => undefined))?.[Symbol.asyncDispose]();
  };
}

async function makeMigrated(server: PostgresServer): Promise<string> {
  const [{ Client }, { migrate, openDatabase }] = await Promise.all([import("pg"), import("../../src/db/index.ts")]);
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  await client.query("CREATE DATABASE migrated");
  await client.end();
  const url = server.url("migrated");
  const database = await openDatabase(url);
  await migrate(database);
  await database.close();
  return url;
}
