/** How long messages are under way, as this worker sees it: so soon a place may be free for those who wait for one. */

/** How much the last message counts for in the mean. */
const WEIGHT = 0.1;
/** More are not followed; what never ends (its worker lost the lease) goes first. */
const MAX_UNDER_WAY = 10_000;

export interface Turnover {
  /** A message that counts towards a limit of places goes now. */
  begin(id: string, now: number): void;
  /** It is done with. */
  end(id: string, now: number): void;
  /** How long one is under way, in milliseconds; undefined where none has ended yet. */
  meanMs(): number | undefined;
}

export function createTurnover(): Turnover {
  const began = new Map<string, number>();
  let mean: number | undefined;
  return {
    begin: (id, now) => {
      began.delete(id);
      began.set(id, now);
      const [oldest] = began.keys();
      if (began.size > MAX_UNDER_WAY && oldest !== undefined) began.delete(oldest);
    },
    end: (id, now) => {
      const at = began.get(id);
      if (at === undefined) return;
      began.delete(id);
      const ms = Math.max(0, now - at);
      mean = mean === undefined ? ms : mean + WEIGHT * (ms - mean);
    },
    meanMs: () => mean,
  };
}
