/** The hot statements on SQLite: prepared once, run one after the other on the connection that holds the transaction. */
import type { SqliteStatements } from "../../db/index.ts";
import type { MessageRow, RecipientRow } from "../rows.ts";
import { messageColumns } from "./columns.ts";
import type { Abandoned, HotStore, Lane, Settlement } from "./hot.ts";

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
const NEXT_MAILER = "select min(mailer) as mailer from outbox_messages where due_at is not null and mailer > ?";
const NEXT_DUE = "select min(due_at) as at from outbox_messages where mailer = ? and priority = ? and due_at > ?";
const FIND_ABANDONED = `select id, lease_owner, due_at from outbox_messages
  where lease_owner is not null and due_at <= ? order by due_at limit 1000`;
const PRIORITIES = [0, 1, 2, 3];

export function sqliteStore(statements: SqliteStatements): HotStore {
  const run = (sql: string, ...values: unknown[]): boolean =>
    Number(statements.prepare(sql).run(...values).changes) > 0;
  const all = <Row>(sql: string, ...values: unknown[]): Row[] => statements.prepare(sql).all(...values) as Row[];
  const get = <Row>(sql: string, ...values: unknown[]): Row | undefined =>
    statements.prepare(sql).get(...values) as Row | undefined;

  function findDue(lanes: readonly Lane[], limit: number, now: number): string[] {
    const found: string[] = [];
    for (const priority of PRIORITIES) {
      const due = lanes
        .filter((lane) => lane.priority === priority)
        .flatMap((lane) => {
          const most = Math.min(lane.limit, limit - found.length);
          return most <= 0 ? [] : all<{ id: string; due_at: number }>(FIND_DUE, lane.mailer, priority, now, most);
        });
      if (lanes.length > 4) due.sort((a, b) => a.due_at - b.due_at);
      for (const { id } of due.slice(0, limit - found.length)) found.push(id);
    }
    return found;
  }

  function settle(settlement: Settlement): boolean {
    const { id, owner, attempts, unreached, state, dueAt, wait, finishedAt, takeovers, attempt } = settlement;
    if (!run(SETTLE, attempts, unreached, state, dueAt, wait, finishedAt, takeovers, id, owner)) return false;
    for (const { position, state: now, detail } of settlement.recipients)
      run(UPDATE_RECIPIENT, now, detail, id, position);
    if (settlement.wipesBody) run(DELETE_BODY, id);
    if (attempt === undefined) return true;
    const { at, outcome, server, stage, code, enhancedCode, text, diagnosis } = attempt;
    const explained = diagnosis === undefined ? null : JSON.stringify(diagnosis);
    run(INSERT_ATTEMPT, id, attempts, at, outcome, server, stage, code, enhancedCode, text, explained);
    return true;
  }

  return {
    insert: (_tx, entries) =>
      entries.map(({ message, bytes, addresses }) => {
        if (!run(INSERT_MESSAGE, ...messageColumns.map((column) => message[column]))) return false;
        if (bytes !== undefined) run(INSERT_BODY, message.id, bytes);
        for (let position = 0; position < addresses.length; position++) {
          run(INSERT_RECIPIENT, message.id, position, addresses[position]);
        }
        return true;
      }),
    claim: (_tx, lanes, limit, { owner, now, until }, recent) =>
      findDue(lanes, limit, now).flatMap((id) => {
        const known = recent.find(id)?.message;
        if (known !== undefined && run(LEASE_KNOWN, owner, until, id, now)) {
          return { ...known, lease_owner: owner, due_at: until };
        }
        return get<MessageRow>(LEASE, owner, until, id, now) ?? [];
      }),
    claimByIds: (_tx, ids, { owner, now, until }) =>
      ids.flatMap((id) => get<MessageRow>(LEASE, owner, until, id, now) ?? []),
    recipients: (_tx, ids) => ids.flatMap((id) => all<RecipientRow>(FIND_RECIPIENTS, id)),
    bodies: (_tx, ids) => ids.flatMap((id) => get<{ message_id: string; bytes: Uint8Array }>(FIND_BODY, id) ?? []),
    renew: (_tx, ids, { owner, until }) => ids.filter((id) => run(RENEW, until, id, owner)),
    release: (_tx, ids, owner, dueAt) => {
      for (const id of ids) run(RELEASE, dueAt, id, owner);
    },
    settle: (_tx, settlements) => settlements.map(settle),
    mailers: () => {
      const mailers: string[] = [];
      for (let last: string | null | undefined = ""; ; mailers.push(last)) {
        last = get<{ mailer: string | null }>(NEXT_MAILER, last)?.mailer;
        if (last === null || last === undefined) return mailers;
      }
    },
    nextDue: (_tx, mailers, now) => {
      const times = mailers.flatMap((mailer) =>
        PRIORITIES.flatMap((priority) => get<{ at: number | null }>(NEXT_DUE, mailer, priority, now)?.at ?? []),
      );
      return times.length === 0 ? undefined : Math.min(...times);
    },
    abandoned: (_tx, now) => all<Abandoned>(FIND_ABANDONED, now),
  };
}
