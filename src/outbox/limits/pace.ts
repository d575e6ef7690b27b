/**
 * How fast a scope may go since it went too fast: the first refusal makes us count, each further one lowers the pace to less
 * than what was let through, a window that was used up without one raises it a little, and a quiet day forgets it.
 *
 * A quota is so many in a window of its length. A server that throttles names no window: the fastest second (or twentieth of
 * what was counted) before its refusal is what was too fast.
 */
import { DEFAULT_RESERVE } from "./rules.ts";
import type { Lesson } from "./pause.ts";
import type { LimitedScope, ScopeWindow } from "./scopes.ts";

export interface Pace {
  /** Messages in a window; undefined as long as it is only counted. */
  count?: number | undefined;
  /** The window: of a quota as long as the server asked to be left alone for; of a rate so long that it holds a few. */
  seconds: number;
  /** The last refusal, in milliseconds since 1970. */
  refusedAt: number;
  /** When it was lowered, raised or left as it is. */
  reviewedAt: number;
}

/** How much of what was let through is kept: a quota was measured by it, a server that throttles wants to see less. */
const KEPT = { quota: 0.9, rate: 0.5 } as const;
/** Windows that are worth counting in, in seconds. A day's quota is over before its second refusal, which would teach it. */
const [SHORTEST, LONGEST] = [20, 3_600];
/** A rate is kept in windows for so many messages: in longer ones it would go in bursts, which are too fast again. */
const IN_A_WINDOW = 10;
/** How often what was learned may climb, in seconds; a pace not within its window. */
export const REVIEW_SECONDS = 300;
/** Of what is still only counted: more than anybody sends. */
const COUNTED_ONLY = Number.MAX_SAFE_INTEGER;

/** What was admitted in the window of a pace before a refusal, the refused one too. */
export interface Counted {
  used: number;
  /** How many of them went in a second, at the most. */
  perSecond: number;
}

/** Whether a refusal says something about the pace. */
export function isAboutPace({
  reason,
  forMs,
  isOfConnections,
}: Pick<Lesson, "reason" | "forMs" | "isOfConnections">): boolean {
  return Object.hasOwn(KEPT, reason) && forMs > 0 && forMs <= LONGEST * 1000 && isOfConnections !== true;
}

/** After a refusal that is about the pace. */
export function lowered(pace: Pace | undefined, { reason, forMs }: Lesson, counted: Counted, now: number): Pace {
  const asked = Math.max(SHORTEST, Math.ceil(forMs / 1000));
  const [refusedAt, reviewedAt] = [now, now];
  // A quota is counted in a window of its own length.
  if (pace === undefined || (reason === "quota" && pace.seconds !== asked))
    return { seconds: asked, refusedAt, reviewedAt };
  const passed = counted.used - 1;
  // Too few to tell from: it was refused for what went before, or elsewhere.
  if (passed < 1) return { ...pace, refusedAt, reviewedAt };
  const learned = reason === "quota" ? quotaOf(pace, passed) : rateOf(pace, counted.perSecond);
  return { ...learned, refusedAt, reviewedAt };
}

function quotaOf({ count, seconds }: Pace, passed: number): Pick<Pace, "count" | "seconds"> {
  return { count: Math.max(1, Math.floor(Math.min(passed, count ?? passed) * KEPT.quota)), seconds };
}

function rateOf({ count, seconds }: Pace, seen: number): Pick<Pace, "count" | "seconds"> {
  const perSecond = KEPT.rate * Math.min(seen, (count ?? Infinity) / seconds);
  const length = Math.min(LONGEST, Math.max(1, Math.ceil(IN_A_WINDOW / perSecond)));
  return { count: Math.max(1, Math.floor(perSecond * length)), seconds: length };
}

/** Whether a window has passed since the last look, and five minutes. */
export function isToBeReviewed({ count, seconds, reviewedAt }: Pace, now: number): boolean {
  return count !== undefined && now - reviewedAt >= Math.max(seconds, REVIEW_SECONDS) * 1000;
}

/**
 * After that without a refusal: a hundredth more, and one at the least, where the window was used up.
 *
 * @param usedUpAt When it was used up last; undefined for never.
 */
export function reviewed(pace: Pace, usedUpAt: number | undefined, now: number): Pace {
  const { count, reviewedAt } = pace;
  const isWanted = count !== undefined && usedUpAt !== undefined && usedUpAt >= reviewedAt && usedUpAt <= now;
  return { ...pace, reviewedAt: now, count: isWanted ? count + Math.max(1, Math.round(count / 100)) : count };
}

/** The scopes with the pace of the one of that key. */
export function withPace(scopes: readonly LimitedScope[], key: string, { count, seconds }: Pace): LimitedScope[] {
  const learned: ScopeWindow = { count: count ?? COUNTED_ONLY, seconds, isLearned: true };
  const own = scopes.find((scope) => scope.key === key);
  if (own === undefined)
    return [...scopes, { key, windows: [learned], concurrency: undefined, reserve: DEFAULT_RESERVE }];
  return scopes.map((scope) => (scope === own ? { ...own, windows: merged(own.windows, learned) } : scope));
}

/** Two windows of one length are one row: the narrower one holds. */
function merged(windows: readonly ScopeWindow[], learned: ScopeWindow): ScopeWindow[] {
  const isSame = ({ seconds, counts }: ScopeWindow): boolean => seconds === learned.seconds && counts !== "recipients";
  if (!windows.some(isSame)) return [...windows, learned];
  return windows.map((window) => (isSame(window) && window.count > learned.count ? learned : window));
}

/** Whether it limits already; what is only counted is shown to nobody. */
export function isLimiting({ count }: ScopeWindow): boolean {
  return count !== COUNTED_ONLY;
}
