/** How the outbox is: how much could go and does not, what waits by a rule, and the alarm when mail is late. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../base/index.ts";
import type { Database } from "../db/index.ts";
import { priorities } from "./priority.ts";
import type { Gate, Room } from "./seams.ts";
import { laneDepth, MOST_COUNTED } from "./store/depths.ts";
import type { HotStore } from "./store/hot.ts";
import type { Teller } from "./teller.ts";
import type { ClosedMailer, OutboxHealth } from "./types.ts";

export interface HealthOptions {
  database: Database;
  store: HotStore;
  teller: Teller;
  logger: Logger;
  now: () => number;
  sending: () => number;
  alertAfterMs: number;
  /** Tells what waits by a rule; without it nothing does. */
  gate?: Gate | undefined;
}

/** Within that, a worker takes the room that a limit has just given; longer than that, nobody does. */
const SECOND_LOOK_MS = 150;

/** What is due of one mailer. */
interface MailerDepth {
  /** By priority: how many, and since when the oldest of them. */
  lanes: readonly { count: number; oldest: number | undefined }[];
  room: Room;
}

export function healthWatch(options: HealthOptions): { health(): Promise<OutboxHealth>; watch(): Promise<void> } {
  const { database, store, teller, logger, now, sending, alertAfterMs, gate } = options;
  let isAlarmed = false;

  async function health(): Promise<OutboxHealth> {
    const found = await look();
    // A limit gives room for an instant, again and again; only what nobody takes is late.
    if (!found.isStuck || found.limited === 0) return found;
    await sleep(SECOND_LOOK_MS);
    return look();
  }

  async function look(): Promise<OutboxHealth> {
    const at = now();
    const depths = await depthsOf(at);
    const free = depths.map((depth) => freeOf(depth, at));
    const due = sum(free.map((one) => one.due));
    const oldestDueMs = Math.max(0, ...free.map((one) => one.oldestDueMs));
    const closed = free.flatMap((one) => one.closed ?? []);
    const isStuck = oldestDueMs > alertAfterMs;
    const limited = sum(closed.map((one) => one.limited));
    const ok = !isStuck && !closed.some(({ isLate }) => isLate);
    return { ok, isStuck, due, oldestDueMs, limited, closed, sending: sending() };
  }

  async function depthsOf(at: number): Promise<MailerDepth[]> {
    const mailers = await store.mailers(database.kysely);
    const rooms = (await gate?.room?.(database.kysely, mailers, MOST_COUNTED * priorities.length, at)) ?? [];
    const depths: MailerDepth[] = [];
    for (const mailer of mailers) {
      const lanes: MailerDepth["lanes"][number][] = [];
      for (const priority of priorities.keys()) {
        lanes.push(await laneDepth(database.kysely, { mailer, priority, now: at }));
      }
      depths.push({ lanes, room: rooms.find((room) => room.mailer === mailer) ?? endless(mailer) });
    }
    return depths;
  }

  /** What of a mailer could go, and what is kept back. */
  function freeOf(
    { lanes, room }: MailerDepth,
    at: number,
  ): { due: number; oldestDueMs: number; closed: ClosedMailer | undefined } {
    const { mailer, reason, isFault } = room;
    let [due, oldestDueMs, limited, oldestMs] = [0, 0, 0, 0];
    for (const [rank, { count, oldest = at }] of lanes.entries()) {
      const goes = Math.min(count, Math.max(0, (rank === 0 ? room.critical : room.others) - due));
      due += goes;
      limited += count - goes;
      if (goes > 0) oldestDueMs = Math.max(oldestDueMs, at - oldest);
      if (count > goes) oldestMs = Math.max(oldestMs, at - oldest);
    }
    const isLate = isFault && oldestMs > alertAfterMs;
    return { due, oldestDueMs, closed: limited === 0 ? undefined : { mailer, limited, oldestMs, reason, isLate } };
  }

  /** Raises the alarm once, until all is well again. */
  async function watch(): Promise<void> {
    const found = await health();
    const { ok, due, oldestDueMs, closed } = found;
    if (!ok && !isAlarmed) {
      const behind = closed.flatMap(({ isLate, mailer, reason }) => (isLate ? [reason?.detail ?? mailer] : []));
      logger.log("error", "outbox.stuck", { due, oldestDueMs, ...(behind.length > 0 && { behind }) });
      teller.alert(found);
    }
    if (ok && isAlarmed) logger.log("info", "outbox.unstuck", { due });
    isAlarmed = !ok;
  }

  return { health, watch };
}

/** Nothing limits it. */
function endless(mailer: string): Room {
  return { mailer, critical: Infinity, others: Infinity, reason: undefined, isFault: false };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
