/** Events as they are told, from the rows they are about. */
import type { OutboxEvent, OutboxEventType } from "./events.ts";
import { priorityOf } from "./priority.ts";
import type { MessageRow } from "./rows.ts";
import type { OutboxAttempt } from "./types.ts";

/** What is to be said beside the message. */
export interface Happening {
  type: OutboxEventType;
  at: number;
  recipients: readonly string[];
  /** What came of an attempt; none for what was decided here. */
  attempt?: Omit<OutboxAttempt, "at" | "outcome"> | undefined;
  text?: string | undefined;
  attempts?: number | undefined;
  nextAttemptAt?: number | undefined;
}

export function eventOf(message: MessageRow, happening: Happening): OutboxEvent {
  const { type, at, recipients, attempt, text, attempts, nextAttemptAt } = happening;
  const { tags, metadata } = extrasOf(message);
  return {
    type,
    at,
    id: message.id,
    messageId: message.message_id,
    mailer: message.mailer,
    recipients,
    priority: priorityOf(message.priority),
    group: message.group_name ?? undefined,
    tenant: message.tenant ?? undefined,
    stream: message.stream ?? undefined,
    tags,
    metadata,
    createdAt: message.created_at,
    attempts: attempts ?? message.attempts,
    server: attempt?.server ?? "",
    code: attempt?.code ?? 0,
    enhancedCode: attempt?.enhancedCode ?? "",
    text: text ?? attempt?.text ?? "",
    diagnosis: attempt?.diagnosis,
    nextAttemptAt,
    trace: message.trace ?? undefined,
  };
}

function extrasOf({ envelope_extras: json }: MessageRow): Pick<OutboxEvent, "tags" | "metadata"> {
  if (json === null) return {};
  try {
    return JSON.parse(json) as Pick<OutboxEvent, "tags" | "metadata">;
  } catch {
    return {};
  }
}
