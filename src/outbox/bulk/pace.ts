/** When each message of a bulk becomes due: at once, or so many a minute. */

/** Gives the times one after the other. */
export interface Pace {
  /** In milliseconds since 1970. */
  next(): number;
}

/** @param from The first time, in milliseconds since 1970. */
export function paceOf(perMinute: number | undefined, from: number): Pace {
  if (perMinute === undefined) return { next: () => from };
  const interval = 60_000 / perMinute;
  let count = 0;
  return { next: () => Math.floor(from + interval * count++) };
}
