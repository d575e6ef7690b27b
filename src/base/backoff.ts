/** How long to wait before trying again: doubling, capped, and spread by chance so that retries do not arrive together. */

/** How waits grow. */
export interface BackoffOptions {
  /** The wait after the first failure, in milliseconds. */
  baseMs: number;
  /** No wait is longer than this, in milliseconds. */
  capMs: number;
  /** The share of the wait that chance may take away, 0 to 1. Default 0.2. */
  jitter?: number;
}

/**
 * The wait before attempt `failures + 1`, in milliseconds.
 *
 * @param failures How many attempts have failed so far, 1 or more.
 * @param random A number in [0, 1), for tests.
 */
export function backoffMs(failures: number, options: BackoffOptions, random: () => number = Math.random): number {
  const full = Math.min(options.capMs, options.baseMs * 2 ** Math.min(failures - 1, 52));
  return Math.round(full * (1 - (options.jitter ?? 0.2) * random()));
}
