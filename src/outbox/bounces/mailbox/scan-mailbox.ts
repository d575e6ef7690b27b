/** One look through a mailbox: the new mails' headers first, then whole only what may be a report. */
import type { FetchMessageObject, ImapFlow } from "imapflow";
import { type Clock, systemClock } from "../../../base/index.ts";
import { READ_BYTES, takeApart } from "../mail-parts.ts";
import { mayBeReport } from "../read-report.ts";
import type { OpenMailbox } from "./connect-imap.ts";
import { type Cursor, cursorName, readCursor, writeCursor } from "./cursor.ts";
import type { AfterReading, BounceMailboxOptions } from "./mailbox-options.ts";

/** What a look found. */
export interface Scan {
  /** Mails that were looked at. */
  looked: number;
  /** Those that were reports, on whichever message. */
  reports: number;
  /** True when it stopped at a report whose message is still being sent: look again soon. */
  early: boolean;
}

/** As many headers are fetched at once. */
const BATCH = 100;
const HEADERS = ["from", "subject", "content-type", "x-failed-recipients"];
const DAY_MS = 86_400_000;

/**
 * Reads what is new, and keeps how far it came.
 *
 * Guarantee: the cursor moves past a mail only after what it reports was committed. A stop between the two reads the
 * mail again, which changes nothing: the same report twice is one.
 */
export async function scanMailbox(
  open: OpenMailbox,
  options: BounceMailboxOptions,
  signal: AbortSignal,
): Promise<Scan> {
  const { database, clock = systemClock } = options;
  const name = cursorName(options);
  const uidValidity = String(open.mailbox.uidValidity);
  const known = await readCursor(database, name, uidValidity);
  const cursor = known ?? { uidValidity, lastUid: await firstUid(open, options.sinceDays ?? 7, clock) };
  const save = (): Promise<void> => writeCursor(database, name, cursor);
  if (known === undefined) await save();
  const scan: Scan = { looked: 0, reports: 0, early: false };
  const uids = await newUids(open.client, cursor.lastUid);
  for (let from = 0; from < uids.length && !signal.aborted && !scan.early; from += BATCH) {
    await readBatch(open.client, uids.slice(from, from + BATCH), { cursor, scan, options, signal });
    await save();
  }
  return scan;
}

/** The UID before the first that is read: mails older than `days` are left alone. */
async function firstUid({ client, mailbox }: OpenMailbox, days: number, clock: Clock): Promise<number> {
  const found = await client.search({ since: new Date(clock.now() - days * DAY_MS) }, { uid: true });
  const uids = found || [];
  return uids.reduce((least, uid) => Math.min(least, uid), mailbox.uidNext) - 1;
}

async function newUids(client: ImapFlow, lastUid: number): Promise<number[]> {
  const found = await client.search({ uid: `${lastUid + 1}:*` }, { uid: true });
  // `n:*` always means the last mail at least (RFC 3501, section 9, seq-range).
  return (found || []).filter((uid) => uid > lastUid).toSorted((one, other) => one - other);
}

interface Batch {
  cursor: Cursor;
  scan: Scan;
  options: BounceMailboxOptions;
  signal: AbortSignal;
}

async function readBatch(
  client: ImapFlow,
  uids: readonly number[],
  { cursor, scan, options, signal }: Batch,
): Promise<void> {
  const heads = await client.fetchAll(uids.join(","), { uid: true, headers: HEADERS }, { uid: true });
  const headOf = new Map(heads.map((head) => [head.uid, head]));
  const done: number[] = [];
  for (const uid of uids) {
    if (signal.aborted) break;
    const outcome = (await isCandidate(headOf.get(uid))) ? await takeMail(client, uid, options) : undefined;
    scan.early = outcome === "too-soon";
    if (scan.early) break;
    scan.looked++;
    if (outcome === "recorded" || outcome === "repeated") done.push(uid);
    if (outcome === "recorded" || outcome === "repeated" || outcome === "unmatched") scan.reports++;
    cursor.lastUid = uid;
  }
  if (done.length > 0) await tidy(client, done, options.after ?? "keep");
}

async function isCandidate(head: FetchMessageObject | undefined): Promise<boolean> {
  const mail = head?.headers === undefined ? undefined : await takeApart(head.headers);
  return mail !== undefined && mayBeReport(mail);
}

async function takeMail(
  client: ImapFlow,
  uid: number,
  { bounces, mailbox = "INBOX" }: BounceMailboxOptions,
): Promise<Awaited<ReturnType<BounceMailboxOptions["bounces"]["take"]>>["outcome"] | undefined> {
  const mail = await client.fetchOne(String(uid), { source: { maxLength: READ_BYTES } }, { uid: true });
  if (mail === false || mail.source === undefined) return undefined; // Somebody removed it meanwhile.
  return (await bounces.take(mail.source, { source: `imap:${mailbox}` })).outcome;
}

async function tidy(client: ImapFlow, uids: readonly number[], after: AfterReading): Promise<void> {
  const range = uids.join(",");
  if (after === "seen") await client.messageFlagsAdd(range, [String.raw`\Seen`], { uid: true });
  if (after === "delete") await client.messageDelete(range, { uid: true });
  if (typeof after === "object") await client.messageMove(range, after.moveTo, { uid: true });
}
