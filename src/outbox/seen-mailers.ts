/** For which mailers something may be due; asked of the database when the engine looks, and remembered for the turns between. */
import type { Queryable } from "../db/index.ts";
import type { HotStore } from "./store/hot.ts";

/** How long what was seen is good, in milliseconds: messages for another mailer are announced, and then the engine looks. */
const GOOD_FOR_MS = 1_000;

/** @returns The mailers; a look asks the database in any case. */
export function seenMailers(
  store: HotStore,
): (tx: Queryable, now: number, isLook: boolean) => Promise<readonly string[]> {
  let mailers: readonly string[] = [];
  let seenAt = -Infinity;
  return async (tx, now, isLook) => {
    if (!isLook && now >= seenAt && now - seenAt < GOOD_FOR_MS) return mailers;
    mailers = await store.mailers(tx);
    seenAt = now;
    return mailers;
  };
}
