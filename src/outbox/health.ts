/** How the outbox is: how much is due, for how long, and the alarm when that is too long. */
import type { Logger } from "../base/index.ts";
import type { Database } from "../db/index.ts";
import type { HotStore } from "./store/hot.ts";
import { priorities } from "./priority.ts";
import { laneDepth } from "./store/depths.ts";
import type { Teller } from "./teller.ts";
import type { OutboxHealth } from "./types.ts";

export interface HealthOptions {
  database: Database;
  store: HotStore;
  teller: Teller;
  logger: Logger;
  now: () => number;
  sending: () => number;
  alertAfterMs: number;
}

export function healthWatch(options: HealthOptions): { health(): Promise<OutboxHealth>; watch(): Promise<void> } {
  const { database, store, teller, logger, now, sending, alertAfterMs } = options;
  let isStuck = false;

  async function health(): Promise<OutboxHealth> {
    const at = now();
    let due = 0;
    let oldest = at;
    for (const mailer of await store.mailers(database.kysely)) {
      for (const priority of priorities.keys()) {
        const lane = await laneDepth(database.kysely, { mailer, priority, now: at });
        due += lane.count;
        oldest = Math.min(oldest, lane.oldest ?? at);
      }
    }
    const oldestDueMs = at - oldest;
    return { ok: oldestDueMs <= alertAfterMs, due, oldestDueMs, sending: sending() };
  }

  /** Raises the alarm once, until all is well again. */
  async function watch(): Promise<void> {
    const found = await health();
    if (!found.ok && !isStuck) {
      logger.log("error", "outbox.stuck", { due: found.due, oldestDueMs: found.oldestDueMs });
      teller.alert(found);
    }
    if (found.ok && isStuck) logger.log("info", "outbox.unstuck", { due: found.due });
    isStuck = !found.ok;
  }

  return { health, watch };
}
