/**
 * A real Postgres for tests, and the same tests on both databases.
 *
 *     eachDatabase((open, dialect) => {               // describe("on sqlite"), describe("on postgres")
 *       test("...", async () => {
 *         const database = await open();              // new, migrated, closed when the test ends
 *       });
 *     });
 *     const url = await freshPostgres();              // in a test: an empty database, gone when the test ends
 *     const server = await startPostgres();           // in a test: a server to stop(), crash() and start() again
 *     test.skipIf(postgresMissing)("...");            // where no binary is to be had, a test is shown as skipped
 */
import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { describe, inject, onTestFinished } from "vitest";
import { type Database, migrate, openDatabase } from "../../src/db/index.ts";
import { postgresMissing, type PostgresServer, runPostgres } from "./postgres-server.ts";
import { testDatabase } from "./test-database.ts";

export { postgresMissing, type PostgresServer };

/** The URL of a new, empty database on the server that this run of the tests shares. */
export async function freshPostgres(): Promise<string> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  const server = await sharedServer();
  await runOn(server, `CREATE DATABASE ${name}`);
  onTestFinished(() => runOn(server, `DROP DATABASE ${name} WITH (FORCE)`));
  return server.replace(/[^/]+$/, name);
}

/** A migrated database on Postgres. */
export async function postgresDatabase(): Promise<Database> {
  const database = await openDatabase(await freshPostgres());
  onTestFinished(() => database.close());
  await migrate(database);
  return database;
}

/** A server of this test's own. */
export async function startPostgres(): Promise<PostgresServer> {
  const server = await runPostgres();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

/** Runs the same tests on each kind of database. */
export function eachDatabase(tests: (open: () => Promise<Database>, dialect: Database["dialect"]) => void): void {
  describe("on sqlite", () => {
    tests(testDatabase, "sqlite");
  });
  describe.skipIf(postgresMissing)("on postgres", () => {
    tests(postgresDatabase, "postgres");
  });
}

let shared: Promise<string> | undefined;

function sharedServer(): Promise<string> {
  return (shared ??= askForServer());
}

async function askForServer(): Promise<string> {
  const response = await fetch(inject("postgresDoor"));
  const text = await response.text();
  if (!response.ok) throw new Error(`There is no Postgres for the tests: ${text}`);
  return text;
}

async function runOn(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
