/**
 * How many messages a scope may deliver at once since it was refused for too many connections: half of what was under way then,
 * one more after each quiet window in which all of the places were taken, and nothing of it after a quiet day.
 */
import { REVIEW_SECONDS } from "./pace.ts";
import { DEFAULT_RESERVE } from "./rules.ts";
import type { LimitedScope } from "./scopes.ts";

export interface LearnedConcurrency {
  /** Messages at once; 1 at the least. */
  count: number;
  /** The last refusal that taught it, in milliseconds since 1970. */
  refusedAt: number;
  /** When it was halved, raised or left as it is. */
  reviewedAt: number;
}

/**
 * After a refusal for too many connections.
 *
 * @param underWay Messages that were under way when it came, the refused one among them.
 */
export function halved(known: LearnedConcurrency | undefined, underWay: number, now: number): LearnedConcurrency {
  const most = Math.min(underWay, known?.count ?? underWay);
  return { count: Math.max(1, Math.floor(most / 2)), refusedAt: now, reviewedAt: now };
}

/** Whether five minutes have passed since the last look. */
export function mayRise({ reviewedAt }: LearnedConcurrency, now: number): boolean {
  return now - reviewedAt >= REVIEW_SECONDS * 1000;
}

/**
 * After that without a refusal: one more, where all of its places were taken.
 *
 * @param filledAt When they were taken last; undefined for never.
 */
export function raised(known: LearnedConcurrency, filledAt: number | undefined, now: number): LearnedConcurrency {
  const isWanted = filledAt !== undefined && filledAt >= known.reviewedAt && filledAt <= now;
  return { ...known, reviewedAt: now, count: known.count + (isWanted ? 1 : 0) };
}

/** The scopes with what the one of that key learned; a rule that is as narrow holds. */
export function withConcurrency(
  scopes: readonly LimitedScope[],
  key: string,
  { count }: LearnedConcurrency,
): readonly LimitedScope[] {
  const learned = { concurrency: count, isConcurrencyLearned: true };
  const own = scopes.find((scope) => scope.key === key);
  if (own === undefined) return [...scopes, { key, windows: [], reserve: DEFAULT_RESERVE, ...learned }];
  if (own.concurrency !== undefined && own.concurrency <= count) return scopes;
  return scopes.map((scope) => (scope === own ? { ...own, ...learned } : scope));
}
