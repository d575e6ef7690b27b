/** How often the property tests run: the same cases each time, and more of them on request (WAXSEAL_TEST_RUNS). */
import type { Parameters } from "fast-check";

const SEED = 20_260_102;

/** Settings of a property: `WAXSEAL_TEST_RUNS` runs, else `usual`; `WAXSEAL_TEST_SEED` gives other cases. */
export function runs(usual: number): Parameters<unknown> {
  const { WAXSEAL_TEST_RUNS: wanted, WAXSEAL_TEST_SEED: seed } = process.env;
  return { numRuns: wanted === undefined ? usual : Number(wanted), seed: seed === undefined ? SEED : Number(seed) };
}
