/** The rows that one message becomes. */
import { newId } from "../base/index.ts";
import type { Composed, Envelope } from "../mail/index.ts";
import { contentHash } from "./content-hash.ts";
import { checkEnqueueOptions, type EnqueueOptions, timesOf } from "./enqueue-options.ts";
import { OutboxError } from "./errors.ts";
import { rankOf } from "./priority.ts";
import type { WaitReason } from "./wait-reason.ts";
import type { MessageRow } from "./rows.ts";

/** A message that is about to be inserted. */
export interface Entry {
  message: MessageRow;
  /** The mailboxes of its envelope, each once. */
  addresses: readonly string[];
  /** Undefined for one that is rendered at delivery. */
  bytes: Uint8Array | undefined;
}

/**
 * @param now Milliseconds since 1970.
 * @param lifetimeMs How long it may wait once it is due.
 * @throws OutboxError `WX_OUTBOX_NOT_COMPOSED`, `WX_OUTBOX_NO_RECIPIENT`, `WX_OUTBOX_OPTIONS`
 */
export function entryOf(message: Composed, options: EnqueueOptions, now: number, lifetimeMs: number): Entry {
  checkEnqueueOptions(options);
  requireComposed(message);
  const addresses = recipientsOf(message.envelope);
  const row = rowOf(message, options, now, lifetimeMs);
  if (row.idempotency_key !== null) row.content_hash = contentHash(row, addresses, message.bytes);
  return { message: row, addresses, bytes: message.bytes };
}

/** Whether a worker holds it from its insert on. */
export function isLeased({ message }: Entry): boolean {
  return message.lease_owner !== null;
}

/** The message under the lease of a worker. */
export function leased(entry: Entry, { owner, until }: { owner: string; until: number }): Entry {
  return { ...entry, message: { ...entry.message, lease_owner: owner, due_at: until } };
}

function rowOf(message: Composed, options: EnqueueOptions, now: number, lifetimeMs: number): MessageRow {
  const { sendAt, expiresAt } = timesOf(options);
  const dueAt = Math.max(now, sendAt ?? 0);
  return {
    id: newId(now),
    mailer: options.using ?? "default",
    envelope_from: message.envelope.from,
    envelope_extras: extrasOf(message.envelope, options),
    subject: stored(message.subject),
    message_id: message.messageId,
    size: message.bytes.length,
    state: "queued",
    priority: rankOf(options.priority ?? "normal"),
    on_unknown: options.onUnknown ?? "resend",
    sensitive: options.sensitive === true ? 1 : 0,
    group_name: options.group ?? null,
    tenant: options.tenant ?? null,
    // As the link in its header has it.
    stream: options.stream ?? message.envelope.metadata?.["stream"] ?? null,
    idempotency_key: options.idempotencyKey ?? null,
    content_hash: null,
    bulk_id: null,
    variables: null,
    trace: options.trace ?? null,
    attempts: 0,
    created_at: now,
    send_at: sendAt ?? null,
    expires_at: expiresAt ?? dueAt + lifetimeMs,
    due_at: dueAt,
    wait: dueAt > now ? SCHEDULED : null,
    lease_owner: null,
    finished_at: null,
    takeovers: 0,
    forgiven: 0,
    unreached: 0,
  };
}

const SCHEDULED = JSON.stringify({
  kind: "scheduled",
  key: "",
  detail: "it is scheduled for a later time",
} satisfies WaitReason);

/** A message that was not composed has no envelope yet; only a program without types gets this far with one. */
function requireComposed(message: Partial<Composed> | null | undefined): void {
  if (Array.isArray(message?.envelope?.to) && message.bytes instanceof Uint8Array) return;
  throw new OutboxError(
    "WX_OUTBOX_NOT_COMPOSED",
    "The message is not composed. Give what mail.compose(message) returns: outbox.enqueue(await mail.compose(message)).",
  );
}

function recipientsOf({ to }: Envelope): readonly string[] {
  if (to.length > 0) return to.length === 1 ? to : [...new Set(to)];
  throw new OutboxError("WX_OUTBOX_NO_RECIPIENT", "The message has no recipient. Give an address in to, cc or bcc.");
}

/** All of an envelope but its addresses, with the tags and metadata of the options, as JSON: null where there is nothing. */
function extrasOf({ from: _from, to: _to, ...extras }: Envelope, { tags, metadata }: EnqueueOptions): string | null {
  const json = JSON.stringify({
    ...extras,
    ...(tags !== undefined && { tags: [...new Set([...(extras.tags ?? []), ...tags])] }),
    ...(metadata !== undefined && { metadata: { ...extras.metadata, ...metadata } }),
  });
  return json === "{}" ? null : json;
}

/** Text as every database stores it: Postgres takes no NUL, and nobody half a character. */
function stored(text: string): string {
  return UNSTORABLE.test(text) ? text.replaceAll("\0", "").replace(/\p{Surrogate}/gu, "\uFFFD") : text;
}

const UNSTORABLE = /\0|\p{Surrogate}/u;
