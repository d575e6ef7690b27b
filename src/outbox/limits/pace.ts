/**
 * How fast a scope may go since it went too fast: the first refusal makes us count, each further one lowers the pace to less
 * than what was let through, a window that was used up without one raises it a little, and a quiet day forgets it.
 */
import { DEFAULT_RESERVE } from "./rules.ts";
import type { Lesson } from "./pause.ts";
import type { LimitedScope, ScopeWindow } from "./scopes.ts";
import type { PauseRow } from "./store.ts";

export interface Pace {
  /** Messages in a window; undefined as long as it is only counted. */
  count?: number | undefined;
  /** The window: as long as the server asked to be left alone for when it refused first. */
  seconds: number;
  /** The last refusal, in milliseconds since 1970. */
  refusedAt: number;
  /** When it was lowered, raised or left as it is. */
  reviewedAt: number;
}

/** How much of what was let through is kept: a quota was measured by it, a server that throttles wants to see less. */
const KEPT: Readonly<Partial<Record<Lesson["reason"], number>>> = { quota: 0.9, rate: 0.5 };
/** Windows that are worth counting in, in seconds. A day's quota is over before its second refusal, which would teach it. */
const [SHORTEST, LONGEST] = [60, 3_600];
/** A quiet day after the last refusal, in milliseconds. */
const REMEMBERED_MS = 86_400_000;
/** Of what is still only counted: more than anybody sends. */
const COUNTED_ONLY = Number.MAX_SAFE_INTEGER;

/** The pace of a row, while it holds. */
export function paceOf({ pace }: Pick<PauseRow, "pace">, now: number): Pace | undefined {
  if (pace === null) return undefined;
  const found = JSON.parse(pace) as Pace;
  return Math.abs(now - found.refusedAt) <= REMEMBERED_MS ? found : undefined;
}

/** Whether a refusal says something about the pace. */
export function isAboutPace({
  reason,
  forMs,
  isOfConnections,
}: Pick<Lesson, "reason" | "forMs" | "isOfConnections">): boolean {
  return KEPT[reason] !== undefined && forMs > 0 && forMs <= LONGEST * 1000 && isOfConnections !== true;
}

/** After a refusal. @param used What was admitted in the pace's window, the refused one too. */
export function lowered(pace: Pace | undefined, { reason, forMs }: Lesson, used: number, now: number): Pace {
  const seconds = pace?.seconds ?? Math.max(SHORTEST, Math.ceil(forMs / 1000));
  const passed = Math.min(used - 1, pace?.count ?? used);
  // Too few to tell from: it was refused for what went before, or elsewhere.
  const count = pace === undefined || passed < 1 ? pace?.count : Math.max(1, Math.floor(passed * (KEPT[reason] ?? 1)));
  return { count, seconds, refusedAt: now, reviewedAt: now };
}

/** Whether a window has passed since the last look. */
export function isToBeReviewed({ count, seconds, reviewedAt }: Pace, now: number): boolean {
  return count !== undefined && now - reviewedAt >= seconds * 1000;
}

/**
 * After a window without a refusal: a hundredth more, and one at the least, where the window was used up.
 *
 * @param usedUpAt When it was used up last; undefined for never.
 */
export function reviewed(pace: Pace, usedUpAt: number | undefined, now: number): Pace {
  const { count, reviewedAt } = pace;
  const isWanted = count !== undefined && usedUpAt !== undefined && usedUpAt >= reviewedAt && usedUpAt <= now;
  return { ...pace, reviewedAt: now, count: isWanted ? count + Math.max(1, Math.round(count / 100)) : count };
}

/** The scopes of a message with the paces of those keys that have one. */
export function withPaces(
  scopes: readonly LimitedScope[],
  keys: readonly string[],
  rows: ReadonlyMap<string, PauseRow>,
  now: number,
): readonly LimitedScope[] {
  if (rows.size === 0) return scopes;
  let all = scopes;
  for (const key of keys) {
    const row = rows.get(key);
    const pace = row === undefined ? undefined : paceOf(row, now);
    if (pace !== undefined) all = withPace(all, key, pace);
  }
  return all;
}

function withPace(scopes: readonly LimitedScope[], key: string, { count, seconds }: Pace): LimitedScope[] {
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
