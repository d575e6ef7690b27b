/**
 * The same tests on each engine: SQLite and Postgres with the engine in the box, and Postgres with pg-boss.
 *
 *     eachEngine((open, name) => {
 *       test("...", async () => {
 *         const place = await open();                    // a new database
 *         const outbox = await place.outbox(backend);    // as many as a test wants, each a worker of its own
 *       });
 *     });
 */
import { describe } from "vitest";
import type { Database } from "../../src/db/index.ts";
import type { Backend } from "../../src/mail/index.ts";
import { type Outbox, type OutboxOptions, pgBossEngine } from "../../src/outbox/index.ts";
import { outboxOn } from "./outbox.ts";
import { postgresDatabase, postgresMissing } from "./postgres.ts";
import { testDatabase } from "./test-database.ts";

export type EngineName = "sqlite" | "postgres" | "pg-boss";

/** A database, and the outboxes on it. */
export interface EnginePlace {
  database: Database;
  outbox(backend: Backend, options?: Partial<OutboxOptions>): Promise<Outbox>;
}

/** An outbox by this engine; it stops with the test. */
async function outboxBy(
  name: EngineName,
  database: Database,
  backend: Backend,
  options: Partial<OutboxOptions> = {},
): Promise<Outbox> {
  if (name !== "pg-boss") return outboxOn(database, backend, options);
  const { concurrency, logger } = options;
  const engine = await pgBossEngine({ database, concurrency, logger, pollMs: 50 });
  return outboxOn(database, backend, { ...options, engine });
}

/** Runs the same tests on each engine. */
export function eachEngine(tests: (open: () => Promise<EnginePlace>, name: EngineName) => void): void {
  const place = (name: EngineName, openDatabase: () => Promise<Database>) => async (): Promise<EnginePlace> => {
    const database = await openDatabase();
    return { database, outbox: (backend, options) => outboxBy(name, database, backend, options) };
  };
  describe("sqlite, embedded", () => {
    tests(place("sqlite", testDatabase), "sqlite");
  });
  describe.skipIf(postgresMissing)("postgres, embedded", () => {
    tests(place("postgres", postgresDatabase), "postgres");
  });
  describe.skipIf(postgresMissing)("postgres, pg-boss", () => {
    tests(place("pg-boss", postgresDatabase), "pg-boss");
  });
}
