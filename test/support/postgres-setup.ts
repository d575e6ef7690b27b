/**
 * One Postgres for a whole run of the tests, started when the first test asks for it.
 *
 * The tests' processes ask at a door (an HTTP server on this machine) for its URL.
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
  const door = createServer((_request, response) => {
    running ??= runPostgres();
    running.then(
      (server) => response.end(server.url()),
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
