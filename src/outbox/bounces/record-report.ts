/** Writes down a report: finds its message, marks its recipients, and keeps those addresses from being written to again. */
import { createHash } from "node:crypto";
import { newId } from "../../base/index.ts";
import type { Queryable } from "../../db/index.ts";
import { eventOf, type Happening } from "../event-of.ts";
import type { OutboxEvent, OutboxEventType } from "../events.ts";
import { deriveState } from "../policy.ts";
import type { EventSink, SuppressionGate } from "../seams.ts";
import type { MessageRow } from "../store.ts";
import { addressKeyOf } from "../suppression/address-key.ts";
import type { DeliveryState } from "../types.ts";
import type { BounceAddresses, BounceTarget } from "./bounce-addresses.ts";
import type { Report, ReportedRecipient, ReportKind } from "./report.ts";
import { replyCodeIn } from "./severity.ts";
import {
  findByMessageIds,
  findByProviderId,
  insertBounce,
  listStanding,
  lockMessage,
  setMessageState,
  setRecipientState,
  type StandingRow,
} from "./store.ts";

/** What a report is written down with. */
export interface RecordContext {
  /** Where it came from, such as `imap:INBOX` or `webhook:resend`; at most 100 characters are kept. */
  source: string;
  /** Milliseconds since 1970. */
  now: number;
  /** Reads our own bounce addresses. */
  addresses?: BounceAddresses | undefined;
  suppression?: Pick<SuppressionGate, "suppress"> | undefined;
  sinks?: readonly EventSink[] | undefined;
}

/** One recipient of whom something new was written down. */
export interface RecordedRecipient {
  /** The message's id in the outbox; undefined where it is none of ours, and nothing else was done. */
  messageId: string | undefined;
  address: string;
  kind: ReportKind;
}

/** What came of a report. */
export interface Recorded {
  /**
   * `recorded` something new; `repeated` all of it was known; `unmatched` it is about no recipient of ours;
   * `too-soon` the delivery it is about has not been written down yet: bring it again in a minute.
   */
  outcome: "recorded" | "repeated" | "unmatched" | "too-soon";
  recipients: readonly RecordedRecipient[];
  /** To be announced after the commit. */
  events: readonly OutboxEvent[];
}

/** A provider may report before its own answer to the message was written down; later than this, it never will be. */
const SOON_MS = 60_000;
/** A delivery that has not ended by then has been given up with its process. */
const LONGEST_DELIVERY_MS = 15 * 60_000;

/**
 * Writes down a report in the caller's transaction.
 *
 * The message is found by a signed bounce address, else by Message-ID, else by the provider's id. Only addresses that
 * are recipients of that message are touched, so a forged report reaches nobody else. The same report twice is one.
 *
 * @returns Its `events` are to be given to `announce` of the sinks once the transaction has committed.
 * @example
 * const { events } = await database.kysely
 *   .transaction()
 *   .execute((tx) => recordReport(tx, report, { source: "file", now: Date.now(), sinks }));
 * for (const sink of sinks) sink.announce?.(events);
 */
export async function recordReport(tx: Queryable, report: Report, context: RecordContext): Promise<Recorded> {
  const target = await findTarget(tx, report, context.addresses);
  if (target === undefined) return recordUnmatched(tx, report, context);
  const message = await lockMessage(tx, target.id);
  if (message === undefined) return recordUnmatched(tx, report, context);
  const age = context.now - (report.at ?? context.now);
  // The delivery writes its outcome when it ends, and would overwrite ours.
  if (message.lease_owner !== null && age < LONGEST_DELIVERY_MS) return tooSoon;
  const rows = await listStanding(tx, message.id);
  const matches = matchRecipients(report.recipients, rows, positionOf(target, rows));
  if (matches.length === 0) return recordUnmatched(tx, report, context);
  return recordMatches(tx, { message, rows, matches, report, context });
}

/** A signed address of a message with one recipient can only mean that one, whatever mailbox a forward led to. */
function positionOf({ position, signed }: Target, rows: readonly StandingRow[]): number | undefined {
  return position ?? (signed && rows.length === 1 ? rows[0]?.position : undefined);
}

const tooSoon: Recorded = { outcome: "too-soon", recipients: [], events: [] };

/** The message that a report is about. */
interface Target extends BounceTarget {
  /** Whether one of our bounce addresses says so. */
  signed: boolean;
}

async function findTarget(
  tx: Queryable,
  report: Report,
  addresses: BounceAddresses | undefined,
): Promise<Target | undefined> {
  for (const address of report.sentTo) {
    const target = addresses?.read(address);
    if (target !== undefined) return { ...target, signed: true };
  }
  const found = await findByMessageIds(tx, report.messageIds);
  if (found.length === 0 && report.providerId !== undefined)
    found.push(...(await findByProviderId(tx, report.providerId)));
  // One Message-ID may stand for several envelopes: the one that has the recipient is meant.
  for (const id of found.length > 1 ? found : []) {
    if (matchRecipients(report.recipients, await listStanding(tx, id), undefined).length > 0)
      return { id, position: undefined, signed: false };
  }
  const [id] = found;
  return id === undefined ? undefined : { id, position: undefined, signed: false };
}

interface Match {
  row: StandingRow;
  said: ReportedRecipient;
}

/** Each recipient of ours that the report speaks of, once. */
function matchRecipients(
  reported: readonly ReportedRecipient[],
  rows: readonly StandingRow[],
  position: number | undefined,
): Match[] {
  if (position !== undefined) {
    // A bounce address for one recipient says who it is, whatever mailbox a forward led to.
    const row = rows.find((candidate) => candidate.position === position);
    const said = reported.find(({ kind }) => kind.endsWith("bounce")) ?? reported[0];
    return row === undefined || said === undefined ? [] : [{ row, said }];
  }
  const byKey = new Map(rows.map((row) => [addressKeyOf(row.address), row]));
  const matches = new Map<number, Match>();
  for (const said of reported) {
    const row = rowOf(said, byKey, rows);
    if (row !== undefined && !matches.has(row.position)) matches.set(row.position, { row, said });
  }
  return [...matches.values()];
}

function rowOf(
  { address, aliases = [] }: ReportedRecipient,
  byKey: ReadonlyMap<string, StandingRow>,
  rows: readonly StandingRow[],
): StandingRow | undefined {
  // A report that names nobody can only mean the one there is.
  if (address === "") return rows.length === 1 ? rows[0] : undefined;
  for (const name of [address, ...aliases]) {
    const row = byKey.get(addressKeyOf(name));
    if (row !== undefined) return row;
  }
  return undefined;
}

interface Matched {
  message: MessageRow;
  rows: readonly StandingRow[];
  matches: readonly Match[];
  report: Report;
  context: RecordContext;
}

async function recordMatches(tx: Queryable, { message, rows, matches, report, context }: Matched): Promise<Recorded> {
  const recipients: RecordedRecipient[] = [];
  const events: OutboxEvent[] = [];
  const states = new Map(rows.map(({ position, state }) => [position, state as DeliveryState]));
  const at = Math.min(report.at ?? context.now, context.now);
  for (const { row, said } of matches) {
    const fingerprint = fingerprintOf(message.id, String(row.position), said.kind);
    const bounce = { fingerprint, message_id: message.id, address: row.address, at };
    if (!(await insertBounce(tx, bounceRow(bounce, said, context)))) continue;
    recipients.push({ messageId: message.id, address: row.address, kind: said.kind });
    if (said.kind.endsWith("bounce") && canStillFail(row.state)) {
      states.set(row.position, "failed");
      await setRecipientState(
        tx,
        { id: message.id, position: row.position },
        { state: "failed", detail: bounced(said) },
      );
    }
    await suppress(tx, message, row.address, said, context);
    const type = EVENT_TYPES[said.kind];
    if (type !== undefined) events.push(eventOf(message, { type, at: context.now, ...happened(row.address, said) }));
  }
  const state = deriveState([...states.values()], false);
  if (state !== message.state && recipients.length > 0) await setMessageState(tx, message.id, state);
  if (events.length > 0) for (const sink of context.sinks ?? []) await sink.record?.(tx, events);
  return { outcome: recipients.length > 0 ? "recorded" : "repeated", recipients, events };
}

/** What waits, or was failed or stopped before, is not settled by what comes back of an earlier attempt. */
function canStillFail(state: string): boolean {
  return state === "sent" || state === "unknown";
}

function bounced({ status, detail }: ReportedRecipient): string {
  return `bounced: ${detail.includes(status) ? detail : `${status} ${detail}`}`.trim();
}

const SUPPRESSION_REASONS: Readonly<Partial<Record<ReportKind, string>>> = {
  "hard-bounce": "bounce",
  complaint: "complaint",
  unsubscribe: "unsubscribe",
};

async function suppress(
  tx: Queryable,
  message: MessageRow,
  address: string,
  { kind, detail }: ReportedRecipient,
  { suppression, now }: RecordContext,
): Promise<void> {
  const reason = SUPPRESSION_REASONS[kind];
  if (reason !== undefined) await suppression?.suppress(tx, { address, reason, detail, messageId: message.id }, now);
}

/** One line for a report that is about nobody of ours, so that a person can see it; nothing follows from it. */
async function recordUnmatched(tx: Queryable, report: Report, context: RecordContext): Promise<Recorded> {
  const [said] = report.recipients;
  if (said === undefined) return { outcome: "unmatched", recipients: [], events: [] };
  if (report.providerId !== undefined && context.now - (report.at ?? 0) < SOON_MS) return tooSoon;
  const at = Math.min(report.at ?? context.now, context.now);
  const bounce = { fingerprint: fingerprintOf("", report.id, said.kind), message_id: null, address: said.address, at };
  const isNew = await insertBounce(tx, bounceRow(bounce, said, context));
  const recipients = isNew ? [{ messageId: undefined, address: said.address, kind: said.kind }] : [];
  return { outcome: "unmatched", recipients, events: [] };
}

function bounceRow(
  bounce: { fingerprint: string; message_id: string | null; address: string; at: number },
  { kind, status, detail }: ReportedRecipient,
  { source, now }: RecordContext,
): Parameters<typeof insertBounce>[1] {
  return { id: newId(now), ...bounce, kind, status, detail, source: source.slice(0, 100) };
}

/** The same recipient of the same message in the same way, whoever says it. */
function fingerprintOf(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

const EVENT_TYPES: Readonly<Partial<Record<ReportKind, OutboxEventType>>> = {
  "hard-bounce": "bounced",
  "soft-bounce": "bounced",
  complaint: "complained",
  unsubscribe: "unsubscribed",
};

/** As of an attempt: what the server said of this recipient. */
function happened(
  address: string,
  { server = "", status, detail: text }: ReportedRecipient,
): Omit<Happening, "type" | "at"> {
  const attempt = { server, stage: "", code: replyCodeIn(text), enhancedCode: status, text };
  return { recipients: [address], attempt };
}
