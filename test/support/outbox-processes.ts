/** Outboxes as real processes on one database, and what a process that knows nothing of them finds on its disk. */
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, onTestFinished } from "vitest";
import { type Database, migrate, openDatabase } from "../../src/db/index.ts";
import { type BundledChild, bundleChild, startChild } from "./bundled-child.ts";
import type { OutboxOrder } from "./outbox-child.ts";
import { migratedPostgres, postgresMissing } from "./postgres.ts";
import { tempFolder } from "./temp-folder.ts";
import { until } from "./until.ts";

/** The same tests on the URL of each kind of database, empty and migrated. */
export function eachUrl(tests: (urlOf: () => Promise<string>, dialect: Database["dialect"]) => void): void {
  describe("on sqlite", () => {
    tests(migratedSqlite, "sqlite");
  });
  describe.skipIf(postgresMissing)("on postgres", () => {
    tests(migratedPostgres, "postgres");
  });
}

export async function migratedSqlite(folder: string = tempFolder()): Promise<string> {
  const url = `sqlite:${join(folder, "outbox.db")}`;
  await using database = await openDatabase(url);
  await migrate(database);
  return url;
}

/** A handle of the test's own. */
export async function opened(url: string): Promise<Database> {
  const database = await openDatabase(url);
  onTestFinished(() => database.close());
  return database;
}

export interface OutboxProcess extends BundledChild {
  name: string;
  /** Waits for a line that it prints. */
  says(pattern: RegExp): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** True once it has ended, whoever ended it. */
  readonly isOver: boolean;
}

/** Starts processes on one database. */
export async function outboxProcesses(
  common: Pick<OutboxOrder, "url" | "port"> & Partial<OutboxOrder>,
): Promise<(order: Partial<OutboxOrder> & { name: string }) => OutboxProcess> {
  const script = await bundleChild("outbox-child.ts");
  return (order) => {
    const started = startChild(script, [JSON.stringify({ ...common, ...order })]);
    const { child, lines } = started;
    return {
      ...started,
      name: order.name,
      says: (pattern) => until(() => lines.find((line) => pattern.test(line))),
      signal: (signal) => void child.kill(signal),
      get isOver() {
        return child.exitCode !== null || child.signalCode !== null;
      },
    };
  };
}

/** Guarantee under test: whatever was killed, what is on the disk is whole and says the same in every table. */
export async function expectWhole(url: string): Promise<void> {
  await using database = await openDatabase(url);
  const { kysely } = database;
  if (database.dialect === "sqlite") {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(kysely);
    expect(rows).toEqual([{ integrity_check: "ok" }]);
    expect((await sql`pragma foreign_key_check`.execute(kysely)).rows).toEqual([]);
  }
  const { rows: torn } = await sql<{ id: string }>`
    select m.id from outbox_messages m where
      not exists (select 1 from outbox_recipients r where r.message_id = m.id)
      or not exists (select 1 from outbox_bodies b where b.message_id = m.id)
      or m.attempts <> (select count(*) from outbox_attempts a where a.message_id = m.id)
      or (m.due_at is null) = exists (
        select 1 from outbox_recipients r where r.message_id = m.id and r.state in ('queued', 'deferred'))
      or (m.lease_owner is not null and m.due_at is null)
      or exists (select 1 from outbox_recipients r where r.message_id = m.id and r.state <> m.state)`.execute(kysely);
  expect(torn).toEqual([]);
}

/** A message as it stands on the disk. */
export interface Standing {
  state: string;
  messageId: string;
  isLeased: boolean;
  /** The outcomes of its attempts, oldest first. */
  history: string[];
}

/** Every message, by its Message-ID. */
export async function standings(url: string): Promise<Map<string, Standing>> {
  await using database = await openDatabase(url);
  const { kysely } = database;
  const attempts = await kysely
    .selectFrom("outbox_attempts")
    .select(["message_id", "outcome"])
    .orderBy("message_id")
    .orderBy("number")
    .execute();
  const history = new Map<string, string[]>();
  for (const { message_id: id, outcome } of attempts) history.set(id, [...(history.get(id) ?? []), outcome]);
  const rows = await kysely
    .selectFrom("outbox_messages")
    .select(["id", "state", "message_id", "lease_owner"])
    .execute();
  return new Map(
    rows.map(({ id, state, message_id: messageId, lease_owner: owner }) => [
      messageId,
      { state, messageId, isLeased: owner !== null, history: history.get(id) ?? [] },
    ]),
  );
}
