/** Remembers for a second that the list is empty, so that those who suppress nobody pay nothing. */
import type { Queryable } from "../../db/index.ts";

/**
 * How long an entry that another process added to an empty list may go unseen, in milliseconds. Once the list has
 * entries, every one of them is seen at once.
 */
const KNOWN_MS = 1000;

export interface Emptiness {
  /** Whether the list is empty, as it was at most a second ago. */
  holds(db: Queryable, now: number): Promise<boolean>;
  /** This process adds an entry: from here on the list is always asked. */
  end(): void;
}

export function createEmptiness(hasEntries: (db: Queryable) => Promise<boolean>): Emptiness {
  let wasAdded = false;
  let seenEmptyAt = Number.NEGATIVE_INFINITY;
  let seenFullAt = Number.NEGATIVE_INFINITY;
  const isRecent = (at: number, now: number): boolean => Math.abs(now - at) < KNOWN_MS;
  return {
    holds: async (db, now) => {
      if (wasAdded || isRecent(seenFullAt, now)) return false;
      if (isRecent(seenEmptyAt, now)) return true;
      if (await hasEntries(db)) seenFullAt = now;
      else seenEmptyAt = now;
      // Guarantee: what was added meanwhile, in a transaction that this statement could not see, counts.
      return seenEmptyAt === now && !wasAdded;
    },
    end: () => {
      wasAdded = true;
    },
  };
}
