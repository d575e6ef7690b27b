/** When messages that wait will leave: the latest of their own time, the pauses they meet, and the windows before them. */
import type { Queryable } from "../../db/index.ts";
import { rankOf } from "../priority.ts";
import type { Candidate, Departure, WaitReason } from "../seams.ts";
import { busyIn, laneScopes, type Standing, standingOf, wayOf } from "./allow.ts";
import type { LimitsContext } from "./context.ts";
import { Lanes } from "./lanes.ts";
import { phaseOf } from "./pause.ts";
import { concurrencyReason, pauseReason, putOffReason, quotaReason } from "./reasons.ts";
import { type LimitedScope, quotaOf, type Subject } from "./scopes.ts";
import { listPauses, nameOf, type PauseRow } from "./store.ts";
import { withTaught } from "./taught.ts";
import { goneAt, movedTo, unused } from "./window.ts";
import { windowKey } from "./window-key.ts";

/** A message that waits, and how many go before it. */
export interface InLine {
  subject: Subject;
  message: Pick<Candidate["message"], "priority" | "due_at" | "wait" | "attempts">;
  ahead: number;
}

/** For a page of messages: one look at the pauses and windows of them all, and one at each lane that a window limits. */
export async function departures(
  context: LimitsContext,
  db: Queryable,
  waiting: readonly Candidate[],
  now: number,
): Promise<ReadonlyMap<string, Departure>> {
  if (waiting.length === 0) return new Map();
  const subjects = waiting.map(({ message: { mailer, tenant }, addresses }) => ({ mailer, tenant, addresses }));
  const standing = await standingOfSubjects(context, db, subjects, now);
  const lanes = new Lanes(db, now);
  const found = new Map<string, Departure>();
  for (const [index, { message }] of waiting.entries()) {
    const subject = subjects[index];
    if (subject === undefined) continue;
    const { mailer } = subject;
    const isCounted = laneScopes(context, standing.pauses, mailer, now).some(({ windows }) => windows.length > 0);
    const ahead = isCounted ? await lanes.ahead(message) : 0;
    found.set(message.id, departureOf(context, standing, { subject, message, ahead }));
  }
  return found;
}

/** What the database says of all that may hold these up. */
export async function standingOfSubjects(
  context: LimitsContext,
  db: Queryable,
  subjects: readonly Subject[],
  now: number,
): Promise<Standing> {
  const pauses = new Map((await listPauses(db)).map((row) => [row.key, row]));
  const scopes = subjects.flatMap((subject) => [
    ...scopesOf(context, pauses, subject, now),
    ...wayOf(context, subject.mailer).flatMap((mailer) => laneScopes(context, pauses, mailer, now)),
  ]);
  const byKey = new Map(scopes.map((scope) => [scope.key, scope]));
  return { pauses, ...(await standingOf(context, db, [...byKey.values()], now)), now };
}

function scopesOf(
  { book }: LimitsContext,
  pauses: ReadonlyMap<string, PauseRow>,
  subject: Subject,
  now: number,
): readonly LimitedScope[] {
  return withTaught(book.ofMessage(subject), pauses.size === 0 ? [] : book.keysOf(subject), pauses, now);
}

/** What holds a message up, and until when. */
interface Held {
  at: number;
  key: string;
  reason: WaitReason | undefined;
}

export function departureOf(context: LimitsContext, standing: Standing, inLine: InLine): Departure {
  const { subject, message } = inLine;
  const { now } = standing;
  const from = Math.max(now, message.due_at ?? now);
  const [lane, others] = [laneHeld(context, standing, inLine), ownHeld(context, standing, inLine)];
  const worst = latest([lane, ...others].filter((held) => held !== undefined));
  if (worst !== undefined && worst.at > from) return { at: worst.at, reason: worst.reason };
  const closed = new Set([lane, ...others].flatMap((held) => (held === undefined ? [] : [held.key])));
  const own = ownReason(message, openKeys(context, standing, subject, closed), now);
  return { at: from, reason: own ?? crowdReason(context, standing, subject) };
}

/** Of a mailer whose places are all taken; it goes as soon as one is free. */
function crowdReason(context: LimitsContext, standing: Standing, { mailer }: Subject): WaitReason | undefined {
  const lane = laneScopes(context, standing.pauses, mailer, standing.now);
  for (const { key, concurrency = Infinity, isConcurrencyLearned } of lane) {
    if (busyIn(context, standing, key) >= concurrency) return concurrencyReason(key, concurrency, isConcurrencyLearned);
  }
  return undefined;
}

/** The scopes of a message that hold nothing up; of those that limit how many go at once, nobody can tell. */
function openKeys(
  context: LimitsContext,
  { pauses, now }: Standing,
  subject: Subject,
  closed: ReadonlySet<string>,
): string[] {
  const limited = scopesOf(context, pauses, subject, now);
  const crowded = limited.flatMap(({ key, concurrency }) => (concurrency === undefined ? [] : [key]));
  return context.book.keysOf(subject).filter((key) => !closed.has(key) && !crowded.includes(key));
}

function latest(all: readonly Held[]): Held | undefined {
  return all.reduce<Held | undefined>(
    (one, other) => (one === undefined || other.at > one.at ? other : one),
    undefined,
  );
}

/** What holds all of the mailer's messages up, unless they go by another one meanwhile. */
function laneHeld(context: LimitsContext, standing: Standing, inLine: InLine): Held | undefined {
  const { book } = context;
  const heldBy = (mailer: string): Held | undefined =>
    latest([
      ...heldByPauses([`mailer:${mailer}`, book.accountKey(mailer)], standing),
      ...laneScopes(context, standing.pauses, mailer, standing.now).flatMap((scope) =>
        heldByWindows(standing, scope, inLine, inLine.ahead),
      ),
    ]);
  let closed: Held | undefined;
  for (const mailer of wayOf(context, inLine.subject.mailer)) {
    const held = heldBy(mailer);
    if (held === undefined || held.at <= standing.now) return undefined;
    closed ??= held;
    if (held.at - standing.now <= (book.spillOf(mailer)?.afterMs ?? Infinity)) break;
  }
  return closed;
}

/** What holds this message up and others of its mailer not: its tenant, and the domains of its recipients. */
function ownHeld(context: LimitsContext, standing: Standing, inLine: InLine): Held[] {
  const { subject } = inLine;
  const isOwn = (key: string): boolean => key.startsWith("tenant:") || key.startsWith("domain:");
  const scopes = scopesOf(context, standing.pauses, subject, standing.now).filter(({ key }) => isOwn(key));
  return [
    ...heldByPauses(context.book.keysOf(subject).filter(isOwn), standing),
    // Of a domain or a tenant, nobody knows how many go before.
    ...scopes.flatMap((scope) => heldByWindows(standing, scope, inLine, 0)),
  ];
}

function heldByPauses(keys: readonly string[], { pauses, now }: Standing): Held[] {
  return keys.flatMap((key) => {
    const row = pauses.get(key);
    return row === undefined || phaseOf(row, now) !== "closed"
      ? []
      : [{ at: row.until, key, reason: pauseReason(row) }];
  });
}

function heldByWindows({ windows, now }: Standing, scope: LimitedScope, inLine: InLine, ahead: number): Held[] {
  const isCritical = inLine.message.priority === rankOf("critical");
  return scope.windows.flatMap((window) => {
    const { seconds } = window;
    const found = windows.get(nameOf({ key: windowKey(scope.key, window), seconds }));
    const use = movedTo(found?.use ?? unused, seconds, now);
    const quota = quotaOf(scope, window, isCritical);
    const at = goneAt(use, { quota, seconds }, ahead + 1, now);
    return at > now ? [{ at, key: scope.key, reason: quotaReason(scope.key, window) }] : [];
  });
}

/** Why its own time is still to come. */
function ownReason(
  { wait, due_at, attempts }: InLine["message"],
  open: readonly string[],
  now: number,
): WaitReason | undefined {
  if (due_at === null || due_at <= now) return undefined;
  const kept = wait === null ? undefined : (JSON.parse(wait) as WaitReason);
  if (kept !== undefined) return open.includes(kept.key) ? putOffReason(kept.key) : kept;
  return attempts > 0
    ? { kind: "retry", key: "", detail: "the last attempt failed", zh: "上次发送失败，等待重试" }
    : { kind: "scheduled", key: "", detail: "it was enqueued for a later time", zh: "设定了稍后发送" };
}
