/** The hot statements on Postgres: one for each step of a turn, whatever the number of messages. */
import { type RawBuilder, sql } from "kysely";
import type { Queryable } from "../../db/index.ts";
import type { Entry } from "../entry.ts";
import { priorities } from "../priority.ts";
import type { MessageRow, RecipientRow } from "../rows.ts";
import type { Abandoned, HotStore, Settlement, Waiting } from "./hot.ts";

async function idsOf(tx: Queryable, statement: RawBuilder<unknown>): Promise<Set<string>> {
  return new Set((await statement.$castTo<{ id: string }>().execute(tx)).rows.map(({ id }) => id));
}

export const postgresStore: HotStore = {
  insert: async (tx, entries) => {
    if (entries.length === 0) return [];
    return insertedOf(entries, await idsOf(tx, sql`with ${inserting(entries)} select id from added`));
  },

  claim: async (tx, lanes, limit, { owner, now, until }) => {
    const open = lanes.filter((lane) => lane.limit > 0);
    if (open.length === 0) return [];
    const tenants = open.flatMap((lane) => ("tenant" in lane ? lane.tenant : []));
    const ofTenant = tenants.length > 0 ? sql`and coalesce(m.tenant, '') = lane.tenant` : sql``;
    const { rows } = await sql<MessageRow>`
      with picked as materialized (
        select due.id, due.due_at, lane.priority
        from unnest(${open.map(({ mailer }) => mailer)}::text[], ${open.map(({ priority }) => priority)}::int[],
          ${open.map((lane) => Math.min(lane.limit, limit))}::int[], ${tenants}::text[])
          as lane(mailer, priority, most, tenant)
        cross join lateral (
          select m.id, m.due_at from outbox_messages m
          where m.mailer = lane.mailer and m.priority = lane.priority and m.due_at <= ${now} and m.lease_owner is null
            ${ofTenant}
          order by m.due_at limit lane.most for update skip locked
        ) due
        order by lane.priority, due.due_at limit ${limit}
      )
      update outbox_messages m set lease_owner = ${owner}, due_at = ${until}
      from picked where m.id = picked.id returning m.*`.execute(tx);
    return rows.toSorted((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1));
  },

  waiting: async (tx, lanes, now, most) => {
    if (lanes.length === 0) return [];
    const { rows } = await sql<Waiting>`
      with recursive lane as (
        select * from unnest(${lanes.map(({ mailer }) => mailer)}::text[], ${lanes.map(({ priority }) => priority)}::int[],
          ${lanes.map(({ from }) => from)}::text[], ${lanes.map(({ limit }) => limit)}::int[])
          with ordinality as lane(mailer, priority, first, most, number)
      ), found as (
        select lane.*, 1 as turn, (${nextTenant(sql`>= lane.first`)}) as tenant from lane
        union all
        select lane.mailer, lane.priority, lane.first, lane.most, lane.number, lane.turn + 1,
          (${nextTenant(sql`> lane.tenant`)})
        from found as lane where lane.tenant is not null and lane.turn < ${most}
      )
      select lane.mailer, lane.priority, lane.tenant, due.count
      from found as lane cross join lateral (
        select count(*)::int as count from (
          select from outbox_messages m where m.mailer = lane.mailer and m.priority = lane.priority
            and coalesce(m.tenant, '') = lane.tenant and m.due_at <= ${now} and m.lease_owner is null limit lane.most
        ) as waiting
      ) due
      where lane.tenant is not null order by lane.number, lane.turn`.execute(tx);
    return rows;
  },

  claimByIds: async (tx, ids, { owner, now, until }) => {
    if (ids.length === 0) return [];
    const { rows } = await sql<MessageRow>`
      update outbox_messages m set lease_owner = ${owner}, due_at = ${until}
      from (select id from outbox_messages where id = any(${ids}::text[]) and due_at <= ${now} and lease_owner is null
        for update skip locked) free
      where m.id = free.id returning m.*`.execute(tx);
    return rows;
  },

  recipients: async (tx, ids) => {
    if (ids.length === 0) return [];
    const { rows } = await sql<RecipientRow>`
      select message_id, position, address, state, detail from outbox_recipients
      where message_id = any(${ids}::text[]) order by message_id, position`.execute(tx);
    return rows;
  },

  bodies: async (tx, ids) => {
    if (ids.length === 0) return [];
    const { rows } = await sql<{ message_id: string; bytes: Uint8Array }>`
      select message_id, bytes from outbox_bodies where message_id = any(${ids}::text[])`.execute(tx);
    return rows;
  },

  contents: async (tx, ids, withBody) => ({
    recipients: await postgresStore.recipients(tx, ids),
    bodies: await postgresStore.bodies(tx, withBody),
  }),

  renew: async (tx, ids, { owner, until }) => {
    if (ids.length === 0) return [];
    return [
      ...(await idsOf(
        tx,
        sql`update outbox_messages set due_at = ${until}
          where id = any(${ids}::text[]) and lease_owner = ${owner} returning id`,
      )),
    ];
  },

  release: async (tx, ids, owner, dueAt) => {
    if (ids.length === 0) return;
    await sql`update outbox_messages set lease_owner = null, due_at = ${dueAt}
      where id = any(${ids}::text[]) and lease_owner = ${owner}`.execute(tx);
  },

  settle: async (tx, settlements) => {
    if (settlements.length === 0) return [];
    return settledOf(settlements, await idsOf(tx, sql`with ${settling(settlements)} select id from settled`));
  },

  write: async (tx, settlements, entries) => {
    if (settlements.length === 0) return { settled: [], inserted: await postgresStore.insert(tx, entries) };
    if (entries.length === 0) return { settled: await postgresStore.settle(tx, settlements), inserted: [] };
    const { rows } = await sql<{ id: string; is_new: boolean }>`
      with ${settling(settlements)}, ${inserting(entries)}
      select id, false as is_new from settled union all select id, true from added`.execute(tx);
    const settled = new Set(rows.flatMap(({ id, is_new: isNew }) => (isNew ? [] : id)));
    const added = new Set(rows.flatMap(({ id, is_new: isNew }) => (isNew ? id : [])));
    return { settled: settledOf(settlements, settled), inserted: insertedOf(entries, added) };
  },

  mailers: async (tx) => {
    const { rows } = await sql<{ mailer: string }>`
      with recursive found(mailer) as (
        select (select min(mailer) from outbox_messages where due_at is not null and lease_owner is null)
        union all
        select (select min(m.mailer) from outbox_messages m
          where m.due_at is not null and m.lease_owner is null and m.mailer > found.mailer)
        from found where found.mailer is not null
      )
      select mailer from found where mailer is not null`.execute(tx);
    return rows.map(({ mailer }) => mailer);
  },

  nextDue: async (tx, mailers, now) => {
    const { rows } = await sql<{ at: number | null }>`
      select least(
        (select min(next.at) from unnest(${mailers}::text[]) as lane(mailer)
          cross join generate_series(0, ${sql.lit(priorities.length - 1)}) as rank
          cross join lateral (
            select min(m.due_at) as at from outbox_messages m
            where m.mailer = lane.mailer and m.priority = rank and m.due_at > ${now} and m.lease_owner is null
          ) next),
        (select min(due_at) from outbox_messages where lease_owner is not null and due_at > ${now})
      ) as at`.execute(tx);
    return rows[0]?.at ?? undefined;
  },

  abandoned: async (tx, now) => {
    const { rows } = await sql<Abandoned>`
      select id, lease_owner, due_at from outbox_messages
      where lease_owner is not null and due_at <= ${now} order by due_at limit 1000`.execute(tx);
    return rows;
  },
};

/** The statement of the next tenant of `lane` of whom something waits, be it due or not. */
function nextTenant(condition: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`select coalesce(m.tenant, '') from outbox_messages m
    where m.mailer = lane.mailer and m.priority = lane.priority and m.due_at is not null and m.lease_owner is null
      and coalesce(m.tenant, '') ${condition} order by coalesce(m.tenant, '') limit 1`;
}

/** The parts of a statement that insert messages; `added` has the ids of those that were not there yet. */
function inserting(entries: readonly Entry[]): RawBuilder<unknown> {
  const messages = jsonOf(entries.map(({ message }) => message));
  const recipients = jsonOf(
    entries.flatMap(({ message: { id }, addresses }) =>
      addresses.map((address, position) => ({ message_id: id, position, address, state: "queued", detail: "" })),
    ),
  );
  const bodies = bodiesOf(entries);
  return sql`
    added as (
      insert into outbox_messages
      select * from json_populate_recordset(null::outbox_messages, ${messages}::json)
      on conflict do nothing returning id
    ), added_bodies as (
      insert into outbox_bodies (message_id, bytes)
      select body.id, substring(${bodies.bytes}::bytea from body.first for body.size)
      from unnest(${bodies.ids}::text[], ${bodies.firsts}::int[], ${bodies.sizes}::int[]) as body(id, first, size)
      join added on added.id = body.id
    ), added_recipients as (
      insert into outbox_recipients (message_id, position, address, state, detail)
      select r.message_id, r.position, r.address, r.state, r.detail
      from json_populate_recordset(null::outbox_recipients, ${recipients}::json) r
      join added on added.id = r.message_id
    )`;
}

/** The parts of a statement that end leases with what follows; `settled` has the ids of those that were still their owner's. */
function settling(settlements: readonly Settlement[]): RawBuilder<unknown> {
  return sql`
    given as materialized (
      select * from json_to_recordset(${jsonOf(settlements.map(rowOf))}::json)
        as g(id text, owner text, attempts int, unreached int, state text, due_at bigint, wait text, finished_at bigint, takeovers int)
    ), settled as (
      update outbox_messages m set attempts = g.attempts, unreached = g.unreached, state = g.state, due_at = g.due_at,
        wait = g.wait, finished_at = g.finished_at, takeovers = g.takeovers, lease_owner = null
      from given g where m.id = g.id and m.lease_owner = g.owner returning m.id
    ), attempted as (
      insert into outbox_attempts
      select a.* from json_populate_recordset(null::outbox_attempts, ${jsonOf(attemptsOf(settlements))}::json) a
      join settled on settled.id = a.message_id
    ), moved as (
      update outbox_recipients r set state = s.state, detail = s.detail
      from json_populate_recordset(null::outbox_recipients, ${jsonOf(standingsOf(settlements))}::json) s
      join settled on settled.id = s.message_id
      where r.message_id = s.message_id and r.position = s.position
    ), wiped as (
      delete from outbox_bodies b using settled
      where b.message_id = settled.id and settled.id = any(${wipedOf(settlements)}::text[])
    )`;
}

function insertedOf(entries: readonly Entry[], ids: ReadonlySet<string>): boolean[] {
  return entries.map(({ message }) => ids.has(message.id));
}

function settledOf(settlements: readonly Settlement[], ids: ReadonlySet<string>): boolean[] {
  return settlements.map(({ id }) => ids.has(id));
}

/** Rows as JSON that Postgres reads: of its escapes it refuses NUL and halves of characters. */
function jsonOf(rows: readonly object[]): string {
  const json = JSON.stringify(rows);
  if (!/\\u(?:0000|d[89a-f])/.test(json)) return json;
  return json.replace(/\\\\|\\u(?:0000|d[89a-f]..)/g, (escape) => (escape === "\\\\" ? escape : "\\ufffd"));
}

/** Bodies one behind the other, for `pg` writes a list of bytes as hexadecimal text: where each begins, from 1 on, and how long it is. */
function bodiesOf(entries: readonly Entry[]): { ids: string[]; firsts: number[]; sizes: number[]; bytes: Buffer } {
  const ids: string[] = [];
  const firsts: number[] = [];
  const sizes: number[] = [];
  const pieces: Uint8Array[] = [];
  let end = 1;
  for (const { message, bytes } of entries) {
    if (bytes === undefined) continue;
    ids.push(message.id);
    firsts.push(end);
    sizes.push(bytes.length);
    pieces.push(bytes);
    end += bytes.length;
  }
  return { ids, firsts, sizes, bytes: Buffer.concat(pieces) };
}

function rowOf({ id, owner, attempts, unreached, state, dueAt, wait, finishedAt, takeovers }: Settlement): object {
  return { id, owner, attempts, unreached, state, due_at: dueAt, wait, finished_at: finishedAt, takeovers };
}

function attemptsOf(settlements: readonly Settlement[]): object[] {
  return settlements.flatMap(({ id, attempts, attempt }) => {
    if (attempt === undefined) return [];
    const { enhancedCode, diagnosis, ...columns } = attempt;
    const explained = diagnosis === undefined ? null : JSON.stringify(diagnosis);
    return [{ message_id: id, number: attempts, enhanced_code: enhancedCode, diagnosis: explained, ...columns }];
  });
}

function standingsOf(settlements: readonly Settlement[]): object[] {
  return settlements.flatMap(({ id, recipients }) => recipients.map((standing) => ({ message_id: id, ...standing })));
}

function wipedOf(settlements: readonly Settlement[]): string[] {
  return settlements.filter(({ wipesBody }) => wipesBody).map(({ id }) => id);
}
