/** Notices that the wall clock was set back, and sees to it that nothing waits for the time that was lost. */
import type { Logger } from "../base/index.ts";
import type { Database, Queryable } from "../db/index.ts";
import { findMark } from "./store/marks.ts";

/** How often the latest time is written down, in milliseconds. */
const MARK_EVERY_MS = 10_000;
/** Clocks that are kept by NTP go back by less, in milliseconds. */
const TOLERATED_MS = 5_000;
const MARK = "clock";

/**
 * Compares the time with the latest that was seen here, and moves what waits when it has gone back.
 *
 * @returns Whether something was moved.
 */
export function clockMark(
  { kysely }: Database,
  options: { now: () => number; monotonic: () => number; logger: Logger },
): () => Promise<boolean> {
  const { now, monotonic, logger } = options;
  let lastLook = -Infinity;
  let latest = 0;

  return async () => {
    const wentBack = now() < latest - TOLERATED_MS;
    latest = wentBack ? now() : Math.max(latest, now());
    if (!wentBack && monotonic() - lastLook < MARK_EVERY_MS) return false;
    lastLook = monotonic();
    const moved = await kysely.transaction().execute((tx) => moveMark(tx, now()));
    if (moved > 0) logger.log("warn", "outbox.clock-went-back", { ms: moved });
    return moved > 0;
  };
}

/** By how much the clock went back, in milliseconds; 0 where it did not. */
async function moveMark(tx: Queryable, now: number): Promise<number> {
  const mark = await findMark(tx, MARK);
  if (mark === undefined) {
    await tx
      .insertInto("outbox_marks")
      .values({ name: MARK, value: String(now) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return 0;
  }
  const latest = Number(mark);
  const lost = latest - now;
  if (lost <= TOLERATED_MS && lost > -MARK_EVERY_MS) return 0;
  const { numUpdatedRows } = await tx
    .updateTable("outbox_marks")
    .set({ value: String(now) })
    .where("name", "=", MARK)
    .where("value", "=", mark)
    .executeTakeFirst();
  if (lost <= 0 || numUpdatedRows === 0n) return 0; // another worker does it
  await pullBack(tx, now, lost);
  return lost;
}

/** Retries and leases are measured from the clock that was wrong; a time that the caller asked for is not. */
async function pullBack(tx: Queryable, now: number, lost: number): Promise<void> {
  await tx
    .updateTable("outbox_messages")
    .set((old) => ({ due_at: old("due_at", "-", lost) }))
    .where("due_at", ">", now)
    .where((where) => where.or([where("send_at", "is", null), where("due_at", "<>", where.ref("send_at"))]))
    .execute();
}
