/** The hot statements on SQLite: many to a step, on the connection that holds the transaction. */
import type { Queryable, SqliteAccess, SqliteBound } from "../../db/index.ts";
import type { Entry } from "../entry.ts";
import type { Recent } from "../recent.ts";
import type { MessageRow, RecipientRow } from "../rows.ts";
import { messageColumns } from "./columns.ts";
import type { Abandoned, Contents, HotStore, Lane, Lease, Settlement } from "./hot.ts";

const INSERT_MESSAGE = `insert into outbox_messages (${messageColumns.join(", ")})
  values (${messageColumns.map(() => "?").join(", ")}) on conflict do nothing`;
const INSERT_BODY = "insert into outbox_bodies (message_id, bytes) values (?, ?)";
const INSERT_RECIPIENT =
  "insert into outbox_recipients (message_id, position, address, state, detail) values (?, ?, ?, 'queued', '')";
const FIND_DUE = `select id, due_at from outbox_messages
  where mailer = ? and priority = ? and due_at <= ? and lease_owner is null order by due_at limit ?`;
const LEASE = `update outbox_messages set lease_owner = ?, due_at = ?
  where id = ? and due_at <= ? and lease_owner is null returning *`;
/** Untouched, as `isUntouched` has it: then it is as it was enqueued. */
const LEASE_KNOWN = `update outbox_messages set lease_owner = ?, due_at = ?
  where id = ? and due_at <= ? and lease_owner is null
    and state = 'queued' and wait is null and attempts + unreached + takeovers + forgiven = 0`;
const FIND_RECIPIENTS = `select message_id, position, address, state, detail from outbox_recipients
  where message_id = ? order by position`;
const FIND_BODY = "select message_id, bytes from outbox_bodies where message_id = ?";
const RENEW = "update outbox_messages set due_at = ? where id = ? and lease_owner = ?";
const RELEASE = "update outbox_messages set lease_owner = null, due_at = ? where id = ? and lease_owner = ?";
const SETTLE = `update outbox_messages set attempts = ?, unreached = ?, state = ?, due_at = ?, wait = ?, finished_at = ?,
  takeovers = ?, lease_owner = null where id = ? and lease_owner = ?`;
const INSERT_ATTEMPT = `insert into outbox_attempts
  (message_id, number, at, outcome, server, stage, code, enhanced_code, text, diagnosis)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const UPDATE_RECIPIENT = "update outbox_recipients set state = ?, detail = ? where message_id = ? and position = ?";
const DELETE_BODY = "delete from outbox_bodies where message_id = ?";
/** One step in the index for each mailer. */
const MAILERS = `with recursive found (mailer) as (
    select min(mailer) from outbox_messages where due_at is not null
    union all
    select (select min(mailer) from outbox_messages where due_at is not null and mailer > found.mailer)
    from found where found.mailer is not null)
  select mailer from found where mailer is not null`;
const NEXT_DUE = "select min(due_at) as at from outbox_messages where mailer = ? and priority = ? and due_at > ?";
const FIND_ABANDONED = `select id, lease_owner, due_at from outbox_messages
  where lease_owner is not null and due_at <= ? order by due_at limit 1000`;
const PRIORITIES = [0, 1, 2, 3];

type Statements = readonly [SqliteBound, ...SqliteBound[]];

export function sqliteStore({ select, selectAll, apply }: SqliteAccess): HotStore {
  const rowsOf = async <Row>(tx: Queryable, sql: string, lists: readonly (readonly unknown[])[]): Promise<Row[]> =>
    lists.length === 0 ? [] : (await select<Row>(tx, sql, lists)).flat();
  const applied = async (tx: Queryable, units: readonly Statements[]): Promise<boolean[]> =>
    units.length === 0 ? [] : apply(tx, units);

  async function findDue(tx: Queryable, lanes: readonly Lane[], limit: number, now: number): Promise<string[]> {
    const open = lanes.filter((lane) => lane.limit > 0);
    const asked = open.map((lane) => [lane.mailer, lane.priority, now, Math.min(lane.limit, limit)]);
    const due = asked.length === 0 ? [] : await select<{ id: string; due_at: number }>(tx, FIND_DUE, asked);
    const found: string[] = [];
    for (const priority of PRIORITIES) {
      const rows = due.flatMap((some, index) => (open[index]?.priority === priority ? some : []));
      if (lanes.length > PRIORITIES.length) rows.sort((a, b) => a.due_at - b.due_at);
      for (const { id } of rows.slice(0, limit - found.length)) found.push(id);
    }
    return found;
  }

  /** Takes leases. What is known of a message that nothing has happened to need not be read. */
  async function lease(
    tx: Queryable,
    ids: readonly string[],
    { owner, now, until }: Lease,
    recent: Recent,
  ): Promise<MessageRow[]> {
    const known = ids.flatMap((id) => recent.find(id)?.message ?? []);
    const taken = await applied(
      tx,
      known.map(({ id }): Statements => [[LEASE_KNOWN, owner, until, id, now]]),
    );
    const rows = new Map<string, MessageRow>();
    for (const [index, message] of known.entries()) {
      if (taken[index] === true) rows.set(message.id, { ...message, lease_owner: owner, due_at: until });
    }
    const others = ids.filter((id) => !rows.has(id)).map((id) => [owner, until, id, now]);
    for (const row of await rowsOf<MessageRow>(tx, LEASE, others)) rows.set(row.id, row);
    return ids.flatMap((id) => rows.get(id) ?? []);
  }

  return {
    insert: (tx, entries) => applied(tx, entries.map(insertion)),
    claim: async (tx, lanes, limit, wanted, recent) =>
      lease(tx, await findDue(tx, lanes, limit, wanted.now), wanted, recent),
    claimByIds: (tx, ids, { owner, now, until }) =>
      rowsOf<MessageRow>(
        tx,
        LEASE,
        ids.map((id) => [owner, until, id, now]),
      ),
    recipients: (tx, ids) => rowsOf<RecipientRow>(tx, FIND_RECIPIENTS, each(ids)),
    bodies: (tx, ids) => rowsOf<{ message_id: string; bytes: Uint8Array }>(tx, FIND_BODY, each(ids)),
    contents: async (tx, ids, withBody) => {
      const asks = [
        { sql: FIND_RECIPIENTS, lists: each(ids) },
        { sql: FIND_BODY, lists: each(withBody) },
      ];
      const [recipients = [], bodies = []] = await selectAll(tx, asks);
      return { recipients: recipients.flat(), bodies: bodies.flat() } as Contents;
    },
    renew: async (tx, ids, { owner, until }) => {
      const kept = await applied(
        tx,
        ids.map((id): Statements => [[RENEW, until, id, owner]]),
      );
      return ids.filter((_id, index) => kept[index]);
    },
    release: async (tx, ids, owner, dueAt) => {
      await applied(
        tx,
        ids.map((id): Statements => [[RELEASE, dueAt, id, owner]]),
      );
    },
    settle: (tx, settlements) => applied(tx, settlements.map(settling)),
    write: async (tx, settlements, entries, isLast) => {
      const units = [...settlements.map(settling), ...entries.map(insertion)];
      const written = units.length === 0 ? [] : await apply(tx, units, isLast);
      return { settled: written.slice(0, settlements.length), inserted: written.slice(settlements.length) };
    },
    mailers: async (tx) => (await rowsOf<{ mailer: string }>(tx, MAILERS, [[]])).map(({ mailer }) => mailer),
    nextDue: async (tx, mailers, now) => {
      const asked = mailers.flatMap((mailer) => PRIORITIES.map((priority) => [mailer, priority, now]));
      const times = (await rowsOf<{ at: number | null }>(tx, NEXT_DUE, asked)).flatMap(({ at }) => at ?? []);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    abandoned: (tx, now) => rowsOf<Abandoned>(tx, FIND_ABANDONED, [[now]]),
  };
}

function each(ids: readonly string[]): string[][] {
  return ids.map((id) => [id]);
}

function insertion({ message, bytes, addresses }: Entry): Statements {
  const { id } = message;
  return [
    [INSERT_MESSAGE, ...messageColumns.map((column) => message[column])],
    ...(bytes === undefined ? [] : [[INSERT_BODY, id, bytes] as const]),
    ...addresses.map((address, position) => [INSERT_RECIPIENT, id, position, address] as const),
  ];
}

function settling(settlement: Settlement): Statements {
  const { id, owner, attempts, unreached, state, dueAt, wait, finishedAt, takeovers, attempt } = settlement;
  const statements: [SqliteBound, ...SqliteBound[]] = [
    [SETTLE, attempts, unreached, state, dueAt, wait, finishedAt, takeovers, id, owner],
  ];
  for (const { position, state: now, detail } of settlement.recipients) {
    statements.push([UPDATE_RECIPIENT, now, detail, id, position]);
  }
  if (settlement.wipesBody) statements.push([DELETE_BODY, id]);
  if (attempt === undefined) return statements;
  const { at, outcome, server, stage, code, enhancedCode, text, diagnosis } = attempt;
  const explained = diagnosis === undefined ? null : JSON.stringify(diagnosis);
  statements.push([INSERT_ATTEMPT, id, attempts, at, outcome, server, stage, code, enhancedCode, text, explained]);
  return statements;
}
