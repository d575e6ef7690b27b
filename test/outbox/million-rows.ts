/** An outbox that has been in use for long: a million messages and what belongs to them, made by the database itself. */
import { sql } from "kysely";
import type { Database, Queryable } from "../../src/db/index.ts";

/** Tables that grow with the mail: none of them may be read from end to end. */
export const bigTables: readonly string[] = [
  "outbox_messages",
  "outbox_recipients",
  "outbox_attempts",
  "outbox_bodies",
  "outbox_suppressions",
  "outbox_bounces",
  "outbox_webhook_calls",
  "outbox_bulk_recipients",
];

const DAY = 86_400_000;

/**
 * Nearly all was sent, over the last hundred days; some failed, and some wait for a time to come.
 *
 * @param now Nothing of it is due before the day after this.
 */
export async function fillOutbox(database: Database, messages: number, now: number): Promise<void> {
  if (database.dialect === "sqlite") {
    await sql`pragma synchronous = off`.execute(database.kysely);
    await sql`pragma foreign_keys = off`.execute(database.kysely);
    await database.kysely.transaction().execute((tx) => fill(tx, "sqlite", messages, now));
    await sql`pragma foreign_keys = on`.execute(database.kysely);
    return;
  }
  const children = bigTables.filter((table) => table !== "outbox_messages");
  await database.kysely.transaction().execute(async (tx) => {
    for (const table of [...children, "outbox_messages"])
      await sql`alter table ${sql.table(table)} set unlogged`.execute(tx);
    await sql`set local session_replication_role = replica`.execute(tx); // no check of each foreign key
    await sql`set local maintenance_work_mem = '128MB'`.execute(tx);
    await withoutIndexes(tx, () => fill(tx, "postgres", messages, now));
    await sql`analyze`.execute(tx);
  });
}

/** Builds the indexes once, after the rows are there: that takes a third of the time. */
async function withoutIndexes(tx: Queryable, work: () => Promise<void>): Promise<void> {
  const { rows } = await sql<{ indexname: string; indexdef: string }>`
    select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename like 'outbox%'
      and indexname not in (select conname from pg_constraint)`.execute(tx);
  for (const { indexname } of rows) await sql`drop index ${sql.table(indexname)}`.execute(tx);
  await work();
  for (const { indexdef } of rows) await sql.raw(indexdef).execute(tx);
}

async function fill(tx: Queryable, dialect: Database["dialect"], messages: number, now: number): Promise<void> {
  const numbers = (count: number) =>
    dialect === "sqlite"
      ? sql`(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(count)}) select i from n) n`
      : sql`generate_series(1, ${sql.lit(count)}) as n(i)`;
  const part = Math.round(messages / 10);
  const id = dialect === "sqlite" ? sql`printf('m%08d', i)` : sql`'m' || lpad(i::text, 8, '0')`;
  const bytes = dialect === "sqlite" ? sql`x'00'` : sql`'\\x00'::bytea`;
  const at = sql`${sql.lit(now)} - cast(i % 100 as bigint) * ${sql.lit(DAY)}`;
  await sql`
    insert into outbox_messages (id, mailer, envelope_from, subject, message_id, size, state, priority, on_unknown, sensitive,
      group_name, bulk_id, attempts, created_at, expires_at, due_at, finished_at)
    select ${id}, case i % 3 when 0 then 'bulk' else 'default' end, 's@x.example', 'Hello', '<' || ${id} || '@x.example>', 1,
      case when i % 50 = 0 then 'failed' when i % 50 = 1 then 'queued' else 'sent' end, i % 4, 'resend', 0,
      case when i % 20 = 0 then 'g' || (i % 1000) end, case when i % 3 = 0 then 'b' || (i % 10) end,
      1, ${at}, ${sql.lit(now + 9 * DAY)}, case when i % 50 = 1 then ${sql.lit(now + DAY)} + i end,
      case when i % 50 <> 1 then ${at} end
    from ${numbers(messages)}`.execute(tx);
  await sql`
    insert into outbox_recipients (message_id, position, address, state, detail)
    select ${id}, 0, 'u' || i || '@x.example', 'sent', '' from ${numbers(part * 3)}`.execute(tx);
  await sql`
    insert into outbox_attempts (message_id, number, at, outcome, server, stage, code, enhanced_code, text)
    select ${id}, 1, ${at}, 'sent', '', '', 250, '', '' from ${numbers(part)}`.execute(tx);
  await sql`insert into outbox_bodies (message_id, bytes) select ${id}, ${bytes} from ${numbers(part)}`.execute(tx);
  await sql`
    insert into outbox_suppressions (address_key, stream, reason, address, detail, created_at, expires_at)
    select 'u' || i || '@x.example', case when i % 2 = 0 then 'news' else '' end,
      case when i % 3 = 0 then 'bounce' else 'unsubscribe' end, 'u' || i || '@x.example', '', 0,
      case when i % 3 = 0 then ${at} + ${sql.lit(90 * DAY)} end
    from ${numbers(part)}`.execute(tx);
  await sql`
    insert into outbox_bounces (id, fingerprint, message_id, address, kind, status, detail, source, at)
    select ${id}, ${id}, ${id}, 'u' || i || '@x.example', 'hard-bounce', '', '', '', ${at} from ${numbers(part)}`.execute(
    tx,
  );
  await sql`
    insert into outbox_webhook_calls (id, endpoint, payload, attempts, created_at, due_at, detail, finished_at)
    select ${id}, 'crm', '{}', 1, 0, case when i % 10 = 0 then ${sql.lit(now + DAY)} end, '',
      case when i % 10 <> 0 then ${at} end
    from ${numbers(part)}`.execute(tx);
  await sql`
    insert into outbox_bulk_recipients (bulk_id, address_key)
    select 'b' || (i % 10), 'u' || i || '@x.example' from ${numbers(part)}`.execute(tx);
}
