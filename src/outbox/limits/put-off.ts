/** Spreads those who must wait, so that they do not all come back in the instant in which there is room for one. */

/** More scopes than that are not remembered; the oldest go first. */
const MAX_KEYS = 10_000;

export interface PutOff {
  /** The next time for one more that waits for `key`: from `earliest` on, each `spacingMs` after the one before. */
  next(key: string, earliest: number, spacingMs: number): number;
}

export function createPutOff(): PutOff {
  const lastOf = new Map<string, number>();
  return {
    next: (key, earliest, spacingMs) => {
      const at = Math.max(earliest, Math.ceil((lastOf.get(key) ?? Number.NEGATIVE_INFINITY) + spacingMs));
      lastOf.delete(key);
      lastOf.set(key, at);
      const [oldest] = lastOf.keys();
      if (lastOf.size > MAX_KEYS && oldest !== undefined) lastOf.delete(oldest);
      return at;
    },
  };
}
