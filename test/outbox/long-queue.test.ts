/**
 * A hundred thousand messages that wait when a worker starts: the first goes before the queue was read, in the order in which
 * they became due, and no more of them are in memory than are under way. `WAXSEAL_TEST_RUNS` for that many to be sent.
 */
import { sql } from "kysely";
import { expect, test } from "vitest";
import type { Database } from "../../src/db/index.ts";
import { composedMail, outboxOn, receiptFor, scriptedBackend } from "../support/outbox.ts";
import { eachDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";

const QUEUED = 100_000;
const SENT = Number(process.env["WAXSEAL_TEST_RUNS"] ?? 2_000);
const CONCURRENCY = 16;

/** One message, copied so many times by the database itself, each due a millisecond after the one before. */
async function fill({ kysely, dialect }: Database): Promise<void> {
  const columns = await sql<Record<string, unknown>>`select * from outbox_messages`.execute(kysely);
  const names = Object.keys(columns.rows[0] ?? {}).filter((name) => !["id", "due_at", "message_id"].includes(name));
  const rest = sql.join(names.map((name) => sql.ref(`m.${name}`)));
  const numbers =
    dialect === "sqlite"
      ? sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(QUEUED - 1)})`
      : sql`with n(i) as (select generate_series(1, ${sql.lit(QUEUED - 1)}))`;
  const id = dialect === "sqlite" ? sql`printf('m%06d', i)` : sql`'m' || lpad(i::text, 6, '0')`;
  await sql`insert into outbox_messages (id, due_at, message_id, ${sql.join(names.map((name) => sql.ref(name)))})
    ${numbers} select ${id}, m.due_at + i, '<' || ${id} || '@x.cn>', ${rest} from outbox_messages m, n`.execute(kysely);
  await sql`insert into outbox_bodies (message_id, bytes)
    select m.id, b.bytes from outbox_messages m, outbox_bodies b where m.id <> b.message_id`.execute(kysely);
  await sql`insert into outbox_recipients (message_id, position, address, state, detail)
    select id, 0, id || '@x.cn', 'queued', '' from outbox_messages where id like 'm%'`.execute(kysely);
  await sql`update outbox_messages set due_at = due_at - ${QUEUED}`.execute(kysely); // all of them are due
}

eachDatabase((open) => {
  test("a worker that starts on a hundred thousand", { timeout: 120_000 }, async () => {
    const database = await open();
    await outboxOn(database, scriptedBackend().backend).enqueue(composedMail("first"));
    await fill(database);

    const seen: string[] = [];
    let underWay = 0;
    let most = 0;
    let leasedAtFirst = Infinity;
    const { backend } = scriptedBackend(async ({ to }) => {
      most = Math.max(most, ++underWay);
      seen.push(to[0] ?? "");
      if (seen.length === 1) {
        const leases = sql<{
          count: number;
        }>`select count(*) as count from outbox_messages where lease_owner is not null`;
        leasedAtFirst = Number((await leases.execute(database.kysely)).rows[0]?.count);
      }
      underWay--;
      return receiptFor(to);
    });
    const outbox = outboxOn(database, backend, { concurrency: CONCURRENCY });
    const before = process.memoryUsage().heapUsed;
    outbox.start();
    await until(() => seen.length >= SENT);
    const grownBytes = process.memoryUsage().heapUsed - before;
    await outbox.stop();

    expect(leasedAtFirst).toBeLessThanOrEqual(2 * CONCURRENCY);
    expect(most).toBeLessThanOrEqual(CONCURRENCY);
    expect(new Set(seen).size).toBe(seen.length);
    // Oldest first, but for those that were under way together.
    const numbers = seen.slice(1).map((address) => Number(/^m(\d+)@/.exec(address)?.[1]));
    for (const [index, number] of numbers.entries()) expect(Math.abs(number - index - 1)).toBeLessThan(4 * CONCURRENCY);
    // A hundred thousand rows in memory are more than a hundred megabytes.
    expect(grownBytes).toBeLessThan(64 * 1024 * 1024);
    const left = await sql<{
      count: number;
    }>`select count(*) as count from outbox_messages where due_at is not null`.execute(database.kysely);
    expect(Number(left.rows[0]?.count)).toBe(QUEUED - seen.length);
  });
});
