/** An event as a webhook carries it: JSON of a fixed form, which docs/reference/events.md describes field by field. */
import type { SmtpDiagnosis } from "../../mail/index.ts";
import type { OutboxEvent } from "../events.ts";

/** A call's body: the envelope that Standard Webhooks asks for, and the event in it. */
export interface WebhookPayload {
  /** `mail.` and the event's type, such as "mail.sent". */
  type: `mail.${OutboxEvent["type"]}`;
  /** The form of `data`; a field that is added does not change it. */
  version: 1;
  /** When it happened, ISO 8601. */
  timestamp: string;
  data: WebhookData;
}

/** What happened; a field that has no value is left out. */
export interface WebhookData {
  id: string;
  messageId: string;
  mailer: string;
  recipients: readonly string[];
  priority: OutboxEvent["priority"];
  group?: string;
  tenant?: string;
  stream?: string;
  tags?: readonly string[];
  metadata?: Readonly<Record<string, string>>;
  /** ISO 8601. */
  createdAt: string;
  attempts: number;
  server?: string;
  code?: number;
  enhancedCode?: string;
  text?: string;
  diagnosis?: Pick<SmtpDiagnosis, "id" | "about" | "meaning" | "advice">;
  /** ISO 8601. */
  nextAttemptAt?: string;
}

/** A server may write 64 KB; the reason stands at the beginning. */
const MAX_TEXT = 1_000;

export function payloadOf(event: OutboxEvent): WebhookPayload {
  return {
    type: `mail.${event.type}`,
    version: 1,
    timestamp: isoTime(event.at),
    data: {
      id: event.id,
      messageId: event.messageId,
      mailer: event.mailer,
      recipients: event.recipients,
      priority: event.priority,
      ...given("group", event.group),
      ...given("tenant", event.tenant),
      ...given("stream", event.stream),
      ...given("tags", event.tags),
      ...given("metadata", event.metadata),
      createdAt: isoTime(event.createdAt),
      attempts: event.attempts,
      ...given("server", event.server || undefined),
      ...given("code", event.code || undefined),
      ...given("enhancedCode", event.enhancedCode || undefined),
      ...given("text", event.text.slice(0, MAX_TEXT) || undefined),
      ...given("diagnosis", event.diagnosis && told(event.diagnosis)),
      ...given("nextAttemptAt", event.nextAttemptAt === undefined ? undefined : isoTime(event.nextAttemptAt)),
    },
  };
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

function given<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}

function told({ id, about, meaning, advice }: SmtpDiagnosis): WebhookData["diagnosis"] & object {
  return { id, about, meaning, advice };
}
