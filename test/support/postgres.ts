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
import { type Database, openDatabase } from "../../src/db/index.ts";
import { postgresMissing, type PostgresServer, type PostgresServerOptions, runPostgres } from "./postgres-server.ts";
import { testDatabase } from "./test-database.ts";

export { postgresMissing, type PostgresServer };

/** The URL of a new, empty database on the server that this run of the tests shares. */
export async function freshPostgres(): Promise<string> {
  const server = await askAtDoor("");
  return newDatabase(server, "template1");
}

/** The URL of a new database with our tables. */
export async function migratedPostgres(): Promise<string> {
  const migrated = await askAtDoor("migrated");
  return newDatabase(migrated.replace(/[^/]+$/, "postgres"), "migrated");
}

/** A migrated database on Postgres. */
export async function postgresDatabase(): Promise<Database> {
  const database = await openDatabase(await migratedPostgres());
  onTestFinished(() => database.close());
  return database;
}

/** A server of this test's own. */
export async function startPostgres(options?: PostgresServerOptions): Promise<PostgresServer> {
  const server = await runPostgres(options);
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

/** A database of this test's own, as a copy of another. */
async function newDatabase(server: string, template: string): Promise<string> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await runOn(server, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
  onTestFinished(() => runOn(server, `DROP DATABASE ${name} WITH (FORCE)`));
  return server.replace(/[^/]+$/, name);
}

const answers = new Map<string, Promise<string>>();

function askAtDoor(path: string): Promise<string> {
  let answer = answers.get(path);
  if (answer === undefined) answers.set(path, (answer = ask(path)));
  return answer;
}

async function ask(path: string): Promise<string> {
  const response = await fetch(`${inject("postgresDoor")}/${path}`);
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
