/** What this process enqueued a moment ago and has not delivered yet: it need not be read again when it is claimed. */
import type { Entry } from "./entry.ts";
import type { MessageRow } from "./rows.ts";

export interface Recent {
  /** Keeps a message that was committed, as long as there is room. */
  keep(entry: Entry): void;
  /** The message as it was enqueued, if it was kept. */
  find(id: string): Entry | undefined;
  /** Forgets it. */
  drop(id: string): void;
}

const MOST_MESSAGES = 4096;
const MOST_BYTES = 8 * 1024 * 1024;
/** What was not claimed by then went to another worker, in milliseconds. */
const KEPT_MS = 30_000;

export function createRecent(monotonic: () => number): Recent {
  /** Oldest first, which is the order of the claims. */
  const kept = new Map<string, { entry: Entry; at: number }>();
  let bytes = 0;

  function drop(id: string): void {
    const found = kept.get(id);
    if (found === undefined) return;
    kept.delete(id);
    bytes -= found.entry.message.size;
  }

  return {
    keep: (entry) => {
      const at = monotonic();
      const { id, size } = entry.message;
      if (kept.size >= MOST_MESSAGES || bytes + size > MOST_BYTES) {
        for (const [old, { at: since }] of kept) {
          if (at - since < KEPT_MS) return;
          drop(old);
        }
      }
      if (bytes + size > MOST_BYTES) return;
      kept.set(id, { entry, at });
      bytes += size;
    },
    find: (id) => kept.get(id)?.entry,
    drop,
  };
}

/** Whether nothing has happened to a message since it was enqueued, so that its recipients stand as they did. */
export function isUntouched(row: MessageRow): boolean {
  const { state, attempts, unreached, takeovers, forgiven, wait } = row;
  return state === "queued" && wait === null && attempts + unreached + takeovers + forgiven === 0;
}
