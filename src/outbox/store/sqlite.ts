/** The hot statements on SQLite: many to a step, on the connection that holds the transaction. */
import type { Queryable, SqliteAccess, SqliteBound } from "../../db/index.ts";
import type { Entry } from "../entry.ts";
import type { Recent } from "../recent.ts";
import type { MessageRow, RecipientRow } from "../rows.ts";
import { messageColumns } from "./columns.ts";
import type { Abandoned, Contents, HotStore, Lane, LaneOfTenant, Lease, Settlement, Waiting } from "./hot.ts";

const INSERT_MESSAGE = `insert into outbox_messages (${messageColumns.join(", ")})
  values (${messageColumns.map(() => "?").join(", ")}) on conflict do nothing`;
const INSERT_BODY = "insert into outbox_bodies (message_id, bytes) values (?, ?)";
const INSERT_RECIPIENT =
  "insert into outbox_recipients (message_id, position, address, state, detail) values (?, ?, ?, 'queued', '')";
const FIND_DUE = `select id, due_at from outbox_messages
  where mailer = ? and priority = ? and due_at <= ? and lease_owner is null order by due_at limit ?`;
/** A tenant, as the index \`outbox_shares\` has him. */
const TENANT = "coalesce(tenant, '')";
const FIND_DUE_OF_TENANT = `select id, due_at from outbox_messages indexed by outbox_shares
  where mailer = ? and priority = ? and ${TENANT} = ? and due_at <= ? and lease_owner is null order by due_at limit ?`;
/** One step in the index for each tenant, and then to what is due of him. */
const FIND_WAITING = `with recursive found (tenant, number) as (
    select (${nextTenant(">= ?3")}), 1
    union all
    select (${nextTenant("> found.tenant")}), number + 1 from found where found.tenant is not null and number < ?4)
  select ?1 as mailer, ?2 as priority, tenant, (select count(*) from (
    select 1 from outbox_messages indexed by outbox_shares where mailer = ?1 and priority = ?2 and ${TENANT} = found.tenant
      and due_at <= ?5 and lease_owner is null limit ?6) as due) as count
  from found where tenant is not null`;
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
    select min(mailer) from outbox_messages where due_at is not null and lease_owner is null
    union all
    select (select min(mailer) from outbox_messages
      where due_at is not null and lease_owner is null and mailer > found.mailer)
    from found where found.mailer is not null)
  select mailer from found where mailer is not null`;
const NEXT_DUE = `select min(due_at) as at from outbox_messages
  where mailer = ? and priority = ? and due_at > ? and lease_owner is null`;
const NEXT_LEASE_END = "select min(due_at) as at from outbox_messages where lease_owner is not null and due_at > ?";
const FIND_ABANDONED = `select id, lease_owner, due_at from outbox_messages
  where lease_owner is not null and due_at <= ? order by due_at limit 1000`;
const PRIORITIES = [0, 1, 2, 3];

interface Due {
  id: string;
  due_at: number;
}

type Statements = readonly [SqliteBound, ...SqliteBound[]];

export function sqliteStore({ select, selectAll, apply }: SqliteAccess): HotStore {
  const rowsOf = async <Row>(tx: Queryable, sql: string, lists: readonly (readonly unknown[])[]): Promise<Row[]> =>
    lists.length === 0 ? [] : (await select<Row>(tx, sql, lists)).flat();
  const applied = async (tx: Queryable, units: readonly Statements[]): Promise<boolean[]> =>
    units.length === 0 ? [] : apply(tx, units);

  /** What is due in each lane; all of them are of tenants, or none. */
  function dueIn(tx: Queryable, lanes: readonly (Lane | LaneOfTenant)[], limit: number, now: number): Promise<Due[][]> {
    const most = (lane: Lane): number => Math.min(lane.limit, limit);
    const ofTenants = lanes.filter((lane) => "tenant" in lane);
    if (ofTenants.length === 0) {
      return select<Due>(
        tx,
        FIND_DUE,
        lanes.map((lane) => [lane.mailer, lane.priority, now, most(lane)]),
      );
    }
    const asked = ofTenants.map((lane) => [lane.mailer, lane.priority, lane.tenant, now, most(lane)]);
    return select<Due>(tx, FIND_DUE_OF_TENANT, asked);
  }

  async function findDue(tx: Queryable, lanes: readonly Lane[], limit: number, now: number): Promise<string[]> {
    const open = lanes.filter((lane) => lane.limit > 0);
    const due = open.length === 0 ? [] : await dueIn(tx, open, limit, now);
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
    waiting: (tx, lanes, now, most) => {
      const asked = lanes.map(({ mailer, priority, from, limit }) => [mailer, priority, from, most, now, limit]);
      return rowsOf<Waiting>(tx, FIND_WAITING, asked);
    },
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
      const found = await selectAll(tx, [
        { sql: NEXT_DUE, lists: asked },
        { sql: NEXT_LEASE_END, lists: [[now]] },
      ]);
      const times = (found.flat(2) as { at: number | null }[]).flatMap(({ at }) => at ?? []);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    abandoned: (tx, now) => rowsOf<Abandoned>(tx, FIND_ABANDONED, [[now]]),
  };
}

/** The statement of the next tenant of whom something waits, be it due or not. */
function nextTenant(condition: string): string {
  return `select ${TENANT} from outbox_messages indexed by outbox_shares where mailer = ?1 and priority = ?2
      and due_at is not null and lease_owner is null and ${TENANT} ${condition} order by ${TENANT} limit 1`;
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
