/** Shows the outbox: each message with its recipients and the state that follows from theirs, and its history. */
import { hintFor } from "../base/index.ts";
import type { Database } from "../db/index.ts";
import { refuseUnknownOptions } from "./enqueue-options.ts";
import { OutboxError } from "./errors.ts";
import { isWaiting } from "./job.ts";
import { pageSize } from "./page-size.ts";
import { priorityOf } from "./priority.ts";
import type { Candidate, Gate, WaitReason } from "./seams.ts";
import { byMessage } from "./by-message.ts";
import {
  type AttemptRow,
  findMessage,
  listAttempts,
  listRecipients,
  type MessageRow,
  type RecipientRow,
} from "./store.ts";
import { listMessages, walkToRecipient } from "./store/lists.ts";
import type { DeliveryState, ListOptions, OutboxAttempt, OutboxReader, OutboxSummary } from "./types.ts";

const listOptions = {
  state: true,
  mailer: true,
  group: true,
  recipient: true,
  before: true,
  limit: true,
} satisfies Record<keyof ListOptions, true>;
const listOptionNames = Object.keys(listOptions);

const states = {
  queued: true,
  sending: true,
  deferred: true,
  sent: true,
  failed: true,
  unknown: true,
  held: true,
  cancelled: true,
  suppressed: true,
} satisfies Record<DeliveryState, true>;

/** A mistyped state would be an empty list. */
function requireState(state: DeliveryState | undefined): void {
  if (state === undefined || Object.hasOwn(states, state)) return;
  const hint = hintFor(String(state), Object.keys(states));
  throw new OutboxError("WX_OUTBOX_OPTIONS", `list: there is no state ${JSON.stringify(state)}. ${hint}`);
}

/**
 * @param now Milliseconds since 1970: what was leased until then is being sent.
 * @param gate Knows when what waits will leave.
 */
export function outboxReader({ kysely, dialect }: Database, now: () => number, gate?: Gate): OutboxReader {
  /** With the time at which each that waits will leave, and why not sooner; one truth for all who show it. */
  async function foretold(heads: readonly MessageRow[], summaries: readonly OutboxSummary[]): Promise<OutboxSummary[]> {
    const at = now();
    const waiting = heads.flatMap((message, index): Candidate[] => {
      const recipients = summaries[index]?.recipients.filter(isWaiting) ?? [];
      const isIdle = message.due_at !== null && !(message.lease_owner !== null && message.due_at > at);
      return isIdle ? [{ message, addresses: recipients.map(({ address }) => address) }] : [];
    });
    const departures = waiting.length === 0 ? undefined : await gate?.departures?.(kysely, waiting, at);
    return summaries.map((one) => {
      const departure = departures?.get(one.id);
      if (departure === undefined) return one;
      // What may go now keeps the time since when it may.
      const nextAttemptAt = departure.at > at ? departure.at : one.nextAttemptAt;
      return { ...one, nextAttemptAt, wait: departure.reason };
    });
  }

  return {
    list: async (options = {}) => {
      refuseUnknownOptions("list", options, listOptionNames);
      requireState(options.state);
      const asked = { ...options, limit: pageSize(options.limit) };
      const { recipient } = asked;
      const heads =
        recipient === undefined || dialect !== "sqlite"
          ? await listMessages(kysely, asked)
          : await walkToRecipient(kysely, { ...asked, recipient });
      const ids = heads.map(({ id }) => id);
      const rows = byMessage(await listRecipients(kysely, ids));
      const summaries = heads.map((head) => summary(head, rows.get(head.id) ?? [], now()));
      return foretold(heads, summaries);
    },
    get: async (id) => {
      const head = await findMessage(kysely, id);
      if (head === undefined) return undefined;
      const history = (await listAttempts(kysely, id)).map(attempt);
      const own = summary(head, await listRecipients(kysely, [id]), now());
      const [foreseen = own] = await foretold([head], [own]);
      return { ...foreseen, history };
    },
  };
}

function summary(head: MessageRow, rows: readonly RecipientRow[], now: number): OutboxSummary {
  const recipients = rows.map(({ address, state, detail }) => ({ address, state: state as DeliveryState, detail }));
  const leased = head.lease_owner !== null && head.due_at !== null && head.due_at > now;
  const { tags = [], metadata = {} } = parsed<Extras>(head.envelope_extras) ?? {};
  return {
    id: head.id,
    // The head's own, not its recipients', who are read a moment later.
    state: leased && isWaiting(head) ? "sending" : (head.state as DeliveryState),
    subject: head.subject,
    from: head.envelope_from,
    recipients,
    messageId: head.message_id,
    mailer: head.mailer,
    attempts: head.attempts,
    createdAt: head.created_at,
    nextAttemptAt: head.due_at ?? undefined,
    priority: priorityOf(head.priority),
    group: head.group_name ?? undefined,
    tenant: head.tenant ?? undefined,
    stream: head.stream ?? undefined,
    tags,
    metadata,
    size: head.size,
    sendAt: head.send_at ?? undefined,
    expiresAt: head.expires_at,
    wait: parsed<WaitReason>(head.wait),
    finishedAt: head.finished_at ?? undefined,
  };
}

interface Extras {
  tags?: readonly string[];
  metadata?: Readonly<Record<string, string>>;
}

/** What a column holds as JSON; undefined where it holds nothing, or something that cannot be read. */
function parsed<T>(json: string | null): T | undefined {
  if (json === null) return undefined;
  try {
    return JSON.parse(json) as T;
  } catch {
    return undefined;
  }
}

function attempt(row: AttemptRow): OutboxAttempt {
  const { at, server, stage, code, enhanced_code: enhancedCode, text } = row;
  const diagnosis = parsed<NonNullable<OutboxAttempt["diagnosis"]>>(row.diagnosis);
  return { at, outcome: row.outcome as OutboxAttempt["outcome"], server, stage, code, enhancedCode, text, diagnosis };
}
