/** When a message will leave, and why it waits: an estimate from its place in its lane and what the limits leave. */
import type { Queryable } from "../../db/index.ts";
import { rankOf } from "../priority.ts";
import type { WaitReason } from "../seams.ts";
import { type Standing, standingOf } from "./allow.ts";
import type { LimitsContext } from "./context.ts";
import { type BilingualText, forecastText } from "./forecast-text.ts";
import { phaseOf } from "./pause.ts";
import { pauseReason, quotaReason } from "./reasons.ts";
import { type LimitedScope, quotaOf, type Subject } from "./scopes.ts";
import { addressesOf, countAhead, listPauses, nameOf } from "./store.ts";
import { goneAt, movedTo, unused } from "./window.ts";
import { windowKey } from "./window-key.ts";

/** What is to be expected of a message. */
export interface Forecast {
  id: string;
  /** `waiting`, `under-way` while a worker has it, `never` when nothing more will be tried by itself. */
  kind: "waiting" | "under-way" | "never";
  /** Messages of its mailer that go before it. */
  ahead: number;
  /** There are more before it than were counted. */
  isAtLeast: boolean;
  /** When it will leave, in milliseconds since 1970: not before this, and about then if nothing else comes between; of `waiting`. */
  leavesAt?: number | undefined;
  /** It will not leave in time, and fail. */
  isTooLate: boolean;
  /** What holds it up; undefined where only those before it do. */
  reason?: WaitReason | undefined;
  /** All of it for a person. */
  text: BilingualText;
}

/** No more than that many are counted. */
const MAX_COUNTED = 10_000;

export async function forecast(context: LimitsContext, db: Queryable, id: string): Promise<Forecast | undefined> {
  const message = await db
    .selectFrom("outbox_messages")
    .select(["id", "mailer", "tenant", "priority", "due_at", "lease_owner", "wait", "attempts", "expires_at"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (message === undefined) return undefined;
  const now = context.clock.now();
  const { due_at: dueAt, mailer, tenant, priority } = message;
  if (dueAt === null) return simple(id, "never");
  if (message.lease_owner !== null && dueAt > now) return simple(id, "under-way");

  const addresses = (await addressesOf(db, [id])).get(id) ?? [];
  const subject = { mailer, tenant, addresses };
  const ahead = await countAhead(db, { mailer, priority, dueAt, now }, MAX_COUNTED);
  const own = ownReason(message, now);
  const scopes = context.book.ofMessage(subject);
  const rows = new Map((await listPauses(db)).map((row) => [row.key, row]));
  const standing = { pauses: rows, ...(await standingOf(context, db, scopes, now)), now };
  const place = { subject, isCritical: priority === rankOf("critical"), ahead, from: Math.max(now, dueAt) };
  const { at, reason } = latest([
    { at: place.from, reason: own },
    ...heldByPauses(context, standing, subject),
    ...scopes.flatMap((scope) => heldByWindows(standing, scope, place)),
  ]);
  const isTooLate = at > message.expires_at;
  const isAtLeast = ahead >= MAX_COUNTED;
  const text = forecastText({ kind: "waiting", ahead, isAtLeast, leavesAt: at, isTooLate, reason, now });
  return { id, kind: "waiting", ahead, isAtLeast, leavesAt: at, isTooLate, reason, text };
}

function simple(id: string, kind: "never" | "under-way"): Forecast {
  const rest = { ahead: 0, isAtLeast: false, isTooLate: false };
  return { id, kind, ...rest, text: forecastText({ kind, ...rest, now: 0 }) };
}

interface Held {
  at: number;
  reason: WaitReason | undefined;
}

/** Why its own time is still to come. */
function ownReason(
  { wait, due_at, attempts }: { wait: string | null; due_at: number | null; attempts: number },
  now: number,
): WaitReason | undefined {
  if (due_at === null || due_at <= now) return undefined;
  if (wait !== null) return JSON.parse(wait) as WaitReason;
  const kind = attempts > 0 ? "retry" : "scheduled";
  const detail = attempts > 0 ? "the last attempt failed" : "it was enqueued for a later time";
  return { kind, key: "", detail };
}

function latest(all: readonly Held[]): Held {
  return all.reduce((one, other) => (other.at > one.at ? other : one));
}

function heldByPauses({ book }: LimitsContext, { pauses, now }: Standing, subject: Subject): Held[] {
  return book.keysOf(subject).flatMap((key) => {
    const row = pauses.get(key);
    return row === undefined || phaseOf(row, now) !== "closed" ? [] : [{ at: row.until, reason: pauseReason(row) }];
  });
}

/** A mailer's window must let those before it through first; of a domain or a tenant, nobody knows how many there are. */
function heldByWindows(
  { windows, now }: Standing,
  scope: LimitedScope,
  { isCritical, ahead, from }: { isCritical: boolean; ahead: number; from: number },
): Held[] {
  const isOfAll = scope.key.startsWith("mailer:") || scope.key.startsWith("account:");
  return scope.windows.flatMap((window) => {
    const { seconds } = window;
    const use = movedTo(
      windows.get(nameOf({ key: windowKey(scope.key, window), seconds }))?.use ?? unused,
      seconds,
      now,
    );
    const quota = quotaOf(scope, window, isCritical);
    const at = goneAt(use, { quota, seconds }, (isOfAll ? ahead : 0) + 1, now);
    return at > from ? [{ at, reason: quotaReason(scope.key, window) }] : [];
  });
}
