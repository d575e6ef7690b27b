/** What refusals taught a scope, as its row keeps it: a pace, a concurrency, or both; each is forgotten after a quiet day. */
import { type LearnedConcurrency, mayRise, raised, withConcurrency } from "./learned-concurrency.ts";
import { isToBeReviewed, type Pace, reviewed, withPace } from "./pace.ts";
import type { LimitedScope } from "./scopes.ts";
import type { PauseRow } from "./store.ts";

export interface Taught {
  pace?: Pace | undefined;
  concurrency?: LearnedConcurrency | undefined;
}

/** When a worker last found used up what was taught, in milliseconds since 1970; undefined for never. */
export interface UsedUp {
  /** The window of the pace. */
  paceAt: number | undefined;
  /** The places. */
  placesAt: number | undefined;
}

/** A quiet day after the last refusal, in milliseconds. */
const REMEMBERED_MS = 86_400_000;

/** What a row holds, as far as it still counts; what cannot be read teaches nothing. */
export function taughtBy({ pace: column }: Pick<PauseRow, "pace">, now: number): Taught {
  const { concurrency, ...pace } = fieldsOf(parsed(column));
  return {
    pace: isPace(pace) && isFresh(pace, now) ? pace : undefined,
    concurrency: isConcurrency(concurrency) && isFresh(concurrency, now) ? concurrency : undefined,
  };
}

/** As the row keeps it: the pace's own fields, and the concurrency beside them. */
export function columnOf({ pace, concurrency }: Taught): string | null {
  return pace === undefined && concurrency === undefined ? null : JSON.stringify({ ...pace, concurrency });
}

/** Whether there is something to be raised, or nothing left to keep. */
export function isToBeChanged({ pace, concurrency }: Taught, now: number): boolean {
  if (pace === undefined && concurrency === undefined) return true;
  return (pace !== undefined && isToBeReviewed(pace, now)) || (concurrency !== undefined && mayRise(concurrency, now));
}

/** After a message that got through: whatever has waited for its review gets it. */
export function reviewedAll({ pace, concurrency }: Taught, { paceAt, placesAt }: UsedUp, now: number): Taught {
  return {
    pace: pace !== undefined && isToBeReviewed(pace, now) ? reviewed(pace, paceAt, now) : pace,
    concurrency:
      concurrency !== undefined && mayRise(concurrency, now) ? raised(concurrency, placesAt, now) : concurrency,
  };
}

/** The scopes of a message, with what was taught those of these keys. */
export function withTaught(
  scopes: readonly LimitedScope[],
  keys: readonly string[],
  rows: ReadonlyMap<string, PauseRow>,
  now: number,
): readonly LimitedScope[] {
  if (rows.size === 0) return scopes;
  let all = scopes;
  for (const key of keys) {
    const row = rows.get(key);
    if (row === undefined) continue;
    const { pace, concurrency } = taughtBy(row, now);
    if (pace !== undefined) all = withPace(all, key, pace);
    if (concurrency !== undefined) all = withConcurrency(all, key, concurrency);
  }
  return all;
}

function parsed(json: string | null): unknown {
  if (json === null) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function isPace(value: object): value is Pace {
  const { count, seconds, refusedAt, reviewedAt } = fieldsOf(value);
  return (count === undefined || isCount(count)) && isCount(seconds) && isTime(refusedAt) && isTime(reviewedAt);
}

function isConcurrency(value: unknown): value is LearnedConcurrency {
  const { count, refusedAt, reviewedAt } = fieldsOf(value);
  return isCount(count) && isTime(refusedAt) && isTime(reviewedAt);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function isTime(value: unknown): boolean {
  return Number.isFinite(value);
}

function isFresh({ refusedAt }: { refusedAt: number }, now: number): boolean {
  return Math.abs(now - refusedAt) <= REMEMBERED_MS;
}
