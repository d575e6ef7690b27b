/** Shows the outbox: each message with its recipients and the state that follows from theirs, and its history. */
import type { Clock } from "../base/index.ts";
import type { Database } from "../db/index.ts";
import { deriveState } from "./policy.ts";
import {
  type AttemptRow,
  findMessage,
  listAttempts,
  listMessages,
  listRecipients,
  type MessageRow,
  type RecipientRow,
} from "./store.ts";
import type { DeliveryState, OutboxAttempt, OutboxReader, OutboxSummary } from "./types.ts";

export function outboxReader({ kysely }: Database, clock: Clock): OutboxReader {
  return {
    list: async ({ limit = 100 } = {}) => {
      const heads = await listMessages(kysely, limit);
      const ids = heads.map((head) => head.id);
      const rows = await listRecipients(kysely, ids);
      const now = clock.now();
      const rowsOf = (id: string): RecipientRow[] => rows.filter((row) => row.message_id === id);
      return heads.map((head) => summary(head, rowsOf(head.id), now));
    },
    get: async (id) => {
      const head = await findMessage(kysely, id);
      if (head === undefined) return undefined;
      const history = (await listAttempts(kysely, id)).map(attempt);
      return { ...summary(head, await listRecipients(kysely, [id]), clock.now()), history };
    },
  };
}

function summary(head: MessageRow, rows: readonly RecipientRow[], now: number): OutboxSummary {
  const recipients = rows.map(({ address, state, detail }) => ({ address, state: state as DeliveryState, detail }));
  const states = recipients.map(({ state }) => state);
  const leased = head.lease_owner !== null && head.due_at !== null && head.due_at > now;
  return {
    id: head.id,
    state: deriveState(states, leased),
    subject: head.subject,
    from: head.envelope_from,
    recipients,
    messageId: head.message_id,
    mailer: head.mailer,
    attempts: head.attempts,
    createdAt: head.created_at,
    nextAttemptAt: head.due_at ?? undefined,
  };
}

function attempt(row: AttemptRow): OutboxAttempt {
  const { at, server, stage, code, enhanced_code: enhancedCode, text } = row;
  const diagnosis = row.diagnosis === null ? undefined : (JSON.parse(row.diagnosis) as OutboxAttempt["diagnosis"]);
  return { at, outcome: row.outcome as OutboxAttempt["outcome"], server, stage, code, enhancedCode, text, diagnosis };
}
