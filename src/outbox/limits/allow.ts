/** How many messages of each mailer may be claimed: what its pauses, its windows and its concurrency leave. */
import type { Queryable } from "../../db/index.ts";
import type { Allowance, WaitReason } from "../seams.ts";
import type { LimitsContext } from "./context.ts";
import { concurrencyReason, pauseReason, quotaReason } from "./reasons.ts";
import { phaseOf } from "./pause.ts";
import { type LimitedScope, quotaOf } from "./scopes.ts";
import { listLeased, nameOf, type PauseRow, readWindows, type Windows } from "./store.ts";
import { withTaught } from "./taught.ts";
import { hasRoom, movedTo, opensAt, unused, usedIn } from "./window.ts";
import { windowKey } from "./window-key.ts";

/** What the database says of all that may matter to some mailers. */
export interface Standing {
  pauses: ReadonlyMap<string, PauseRow>;
  windows: Windows;
  /** Messages under way, by mailer. */
  leased: ReadonlyMap<string, number>;
  now: number;
}

/** A worker that finds no place free asks again after so long, in milliseconds. */
const BUSY_MS = 1_000;

/** A mailer of which nothing is limited and nothing rests costs no query; see `PauseNote`. */
export async function allow(
  context: LimitsContext,
  tx: Queryable,
  { mailers, wanted, now }: { mailers: readonly string[]; wanted: number; now: number },
): Promise<readonly Allowance[]> {
  const { note } = context;
  for (const mailer of mailers) context.mailers.add(mailer);
  const standing = await standingOfMailers(context, tx, { mailers, pauses: await note.pauses(tx, now), now });
  return mailers.map((mailer) => routed(context, standing, mailer, wanted));
}

/** What the database says of these mailers, and of those that they may spill over to. */
export async function standingOfMailers(
  context: LimitsContext,
  db: Queryable,
  { mailers, pauses, now }: { mailers: readonly string[]; pauses: ReadonlyMap<string, PauseRow>; now: number },
): Promise<Standing> {
  const ways = [...new Set(mailers.flatMap((mailer) => wayOf(context, mailer)))];
  const scopes = ways.flatMap((mailer) => laneScopes(context, pauses, mailer, now));
  return { pauses, ...(await standingOf(context, db, scopes, now)), now };
}

/** What limits all messages of a mailer, with what refusals taught. */
export function laneScopes(
  { book }: LimitsContext,
  pauses: ReadonlyMap<string, PauseRow>,
  mailer: string,
  now: number,
): readonly LimitedScope[] {
  return withTaught(book.ofMailer(mailer), [`mailer:${mailer}`, book.accountKey(mailer)], pauses, now);
}

/** A mailer and those its messages may spill over to, in order. */
export function wayOf({ book }: LimitsContext, mailer: string): string[] {
  const way: string[] = [];
  for (let at: string | undefined = mailer; at !== undefined && !way.includes(at);) {
    way.push(at);
    at = book.spillOf(at)?.to;
  }
  return way;
}

export async function standingOf(
  context: LimitsContext,
  db: Queryable,
  scopes: readonly LimitedScope[],
  now: number,
): Promise<Pick<Standing, "windows" | "leased">> {
  const keys = scopes.flatMap(({ key, windows }) => windows.map((window) => windowKey(key, window)));
  const windows = await readWindows(db, keys);
  const leased = new Map<string, number>();
  if (scopes.some(({ concurrency }) => concurrency !== undefined)) {
    for (const { mailer } of await listLeased(db, [...context.mailers], { now, leaseMs: context.leaseMs })) {
      leased.set(mailer, (leased.get(mailer) ?? 0) + 1);
    }
  }
  return { windows, leased };
}

/** A mailer's own allowance, or that of the one its messages go by while it stays closed. */
export function routed(context: LimitsContext, standing: Standing, mailer: string, wanted: number): Allowance {
  const own = ownAllowance(context, standing, mailer, wanted);
  let [at, closed] = [mailer, own];
  for (const via of wayOf(context, mailer).slice(1)) {
    const afterMs = context.book.spillOf(at)?.afterMs ?? 0;
    if (closed.others > 0 || (closed.opensAt ?? 0) - standing.now <= afterMs) return own;
    const other = ownAllowance(context, standing, via, wanted);
    if (other.others > 0) return { ...other, mailer, via, reason: own.reason };
    [at, closed] = [via, other];
  }
  return own;
}

function ownAllowance(context: LimitsContext, standing: Standing, mailer: string, wanted: number): Allowance {
  const { book } = context;
  const allowance: Allowance = { mailer, critical: wanted, others: wanted };
  const narrow = (critical: number, others: number, at: number, reason: WaitReason): void => {
    allowance.critical = Math.min(allowance.critical, critical);
    if (others <= 0 && at > (allowance.opensAt ?? 0)) [allowance.opensAt, allowance.reason] = [at, reason];
    allowance.others = Math.min(allowance.others, others, allowance.critical);
  };
  for (const key of new Set([`mailer:${mailer}`, book.accountKey(mailer)])) {
    const row = standing.pauses.get(key);
    const phase = row === undefined ? "open" : phaseOf(row, standing.now);
    if (row === undefined || phase === "open") continue;
    const places = phase === "closed" ? 0 : 1;
    narrow(places, places, row.until, pauseReason(row));
  }
  for (const scope of laneScopes(context, standing.pauses, mailer, standing.now)) {
    narrowByWindows(context, scope, standing, narrow);
    narrowByConcurrency(context, scope, standing, narrow);
  }
  return allowance;
}

type Narrow = (critical: number, others: number, at: number, reason: WaitReason) => void;

function narrowByWindows(
  { usedUpAt }: LimitsContext,
  scope: LimitedScope,
  { windows, now }: Standing,
  narrow: Narrow,
): void {
  for (const window of scope.windows) {
    const { seconds, count, isLearned } = window;
    const found = windows.get(nameOf({ key: windowKey(scope.key, window), seconds }));
    const use = movedTo(found?.use ?? unused, seconds, now);
    const quota = quotaOf(scope, window, false);
    if (isLearned === true && !hasRoom(use, quota, 1)) usedUpAt.set(scope.key, now);
    const room = (upTo: number): number => (hasRoom(use, upTo, 1) ? Math.max(1, upTo - usedIn(use)) : 0);
    narrow(room(count), room(quota), opensAt(use, { quota, seconds }, 1, now), quotaReason(scope.key, window));
  }
}

function narrowByConcurrency(context: LimitsContext, scope: LimitedScope, standing: Standing, narrow: Narrow): void {
  const { key, concurrency, isConcurrencyLearned } = scope;
  if (concurrency === undefined) return;
  const { now } = standing;
  const free = Math.max(0, concurrency - busyIn(context, standing, key));
  if (free === 0 && isConcurrencyLearned === true) context.filledAt.set(key, now);
  narrow(free, free, now + BUSY_MS, concurrencyReason(key, concurrency, isConcurrencyLearned));
}

/** How many messages a mailer or an account has under way. */
export function busyIn({ book }: LimitsContext, { leased }: Standing, key: string): number {
  let busy = 0;
  for (const [mailer, count] of leased) {
    if (key === `mailer:${mailer}` || key === book.accountKey(mailer)) busy += count;
  }
  return busy;
}
