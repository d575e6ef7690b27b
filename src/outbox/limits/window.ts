/**
 * How much of a quota is used in the last so many seconds, never counted as less than it is.
 *
 * A window is kept as its parts, each a twentieth of its length. Whatever part the window touches counts whole, so that in
 * no stretch of the window's length more than the quota is let through; the price is that what was used is free again up
 * to a twentieth of the length later than it might be.
 */

/** How finely a window is kept. */
const PARTS = 20;
/** The clocks of several workers may differ by so much, in milliseconds, before one of them is thought to have been set back. */
const MAX_SKEW_MS = 60_000;

/** What was used, part by part. */
export interface WindowUse {
  /** When the newest part began, in milliseconds since 1970. */
  startedAt: number;
  /** The newest first; a part that is missing is empty. */
  parts: readonly number[];
}

/** A window in which nothing was used. */
export const unused: WindowUse = { startedAt: 0, parts: [] };

export function usedIn({ parts }: WindowUse): number {
  return parts.reduce((sum, part) => sum + part, 0);
}

/** How much went in a second at the most, seen by parts of the window, and no finer than by the second. */
export function fastestIn({ parts }: WindowUse, seconds: number): number {
  return Math.max(0, ...parts) / Math.max(1, partMsOf(seconds) / 1000);
}

/**
 * The same window as it stands at `now`.
 *
 * A clock that was set back finds the newest part in the time to come: as long as that is within the window (or a minute,
 * by which workers' clocks may differ), it stands still; from further on, its parts are taken to be as old now as
 * they were then. Either way nothing is forgotten sooner than by the time that has passed.
 */
export function movedTo(use: WindowUse, seconds: number, now: number): WindowUse {
  const partMs = partMsOf(seconds);
  const startedAt = Math.floor(now / partMs) * partMs;
  if (use.startedAt - now > Math.max(seconds * 1000, MAX_SKEW_MS)) return { startedAt, parts: use.parts };
  const steps = Math.round((startedAt - use.startedAt) / partMs);
  if (steps <= 0) return use;
  if (steps > PARTS) return { startedAt, parts: [] };
  return { startedAt, parts: [...Array<number>(steps).fill(0), ...use.parts].slice(0, PARTS + 1) };
}

/** The same window with `count` more. */
export function withMore(use: WindowUse, count: number): WindowUse {
  const [newest = 0, ...older] = use.parts;
  return { startedAt: use.startedAt, parts: [newest + count, ...older] };
}

/** Whether `count` more may go. What is larger than the whole quota goes when nothing else was used, rather than never. */
export function hasRoom(use: WindowUse, quota: number, count: number): boolean {
  const used = usedIn(use);
  return used + count <= quota || used === 0;
}

/** When `count` more may go, if nothing goes before: a time, in milliseconds since 1970, after which there is room. */
export function opensAt(
  use: WindowUse,
  window: { quota: number; seconds: number },
  count: number,
  now: number,
): number {
  if (hasRoom(use, window.quota, count)) return now;
  const partMs = partMsOf(window.seconds);
  let left = usedIn(use);
  for (let age = use.parts.length - 1; age >= 0; age--) {
    left -= use.parts[age] ?? 0;
    if (left + count <= window.quota || left === 0) return use.startedAt + (PARTS + 1 - age) * partMs;
  }
  return now;
}

/**
 * When the last of `count` will have gone, if they go as soon as they may and nothing else goes: as many as are free now,
 * and then a whole quota in each window.
 */
export function goneAt(use: WindowUse, window: { quota: number; seconds: number }, count: number, now: number): number {
  const rounds = Math.floor((count - 1) / window.quota);
  return (
    opensAt(use, window, count - rounds * window.quota, now) +
    rounds * (window.seconds * 1000 + partMsOf(window.seconds))
  );
}

function partMsOf(seconds: number): number {
  return (seconds * 1000) / PARTS;
}
