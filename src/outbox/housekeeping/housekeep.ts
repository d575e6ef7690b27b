/** Deletes what the outbox need not keep any longer: a little at a time, so that nobody waits for it. */
import { type Clock, type Logger, silentLogger, systemClock } from "../../base/index.ts";
import type { Database, Queryable } from "../../db/index.ts";
import { findMark, setMark } from "../store/marks.ts";
import { cutoffOf, type Retention, retentionOf } from "./retention.ts";
import {
  type Batch,
  deleteBodies,
  deleteBounces,
  deleteBulk,
  deleteBulkRecipients,
  deleteEndedSuppressions,
  deleteMessages,
  deleteWebhookCalls,
  type Finished,
  findOldBulk,
  selectBounces,
  selectBulkRecipients,
  selectEndedSuppressions,
  selectFinished,
  selectMessages,
  selectWebhookCalls,
  wipeVariables,
} from "./store.ts";

/** How housekeeping is done. */
export interface HousekeepingOptions {
  /** Default: `defaultRetention`. */
  retention?: Partial<Retention> | undefined;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
  /** What else is to be swept, such as `limits.sweep`. */
  sweep?: ((db: Queryable) => Promise<void>) | undefined;
  /** Ends it after the batch under way; what is left is left to the next run. */
  signal?: AbortSignal | undefined;
  /** Rows that one statement deletes at the most. Default 500. */
  batch?: number | undefined;
  /** How long others get the database between two batches, in milliseconds. Default 20. */
  pauseMs?: number | undefined;
}

/** What was deleted. */
export interface HousekeepingReport {
  messages: number;
  /** Bodies, and the variables of bulk messages. */
  bodies: number;
  bounces: number;
  webhookCalls: number;
  /** Suppressions that had ended. */
  suppressions: number;
  bulkRecipients: number;
  tookMs: number;
}

/** The retention that each state falls under. */
const RETENTION_OF = {
  sent: "sentDays",
  failed: "failedDays",
  unknown: "failedDays",
  cancelled: "cancelledDays",
  suppressed: "cancelledDays",
} satisfies Record<string, keyof Retention>;

/** Nobody sends these again, so the variables of a bulk message go with the bodies; those of the others go with the message. */
const ENDED: ReadonlySet<string> = new Set(["sent", "cancelled"]);

/** Deletes a batch that is from before a time, and says how many it were. */
type Step = (batch: Batch) => Promise<number>;

/**
 * Deletes what is older than its retention.
 *
 * Each batch is a commit of its own, so a run that is cut off has done what it has done.
 *
 * @throws OutboxError WX_OUTBOX_OPTIONS for a retention that cannot be
 * @example
 * const report = await housekeep(database, { retention: { sentDays: 14 } });
 */
export async function housekeep(database: Database, options: HousekeepingOptions = {}): Promise<HousekeepingReport> {
  const { clock = systemClock, logger = silentLogger, signal, batch = 500, pauseMs = 20 } = options;
  const { kysely } = database;
  const retention = retentionOf(options.retention);
  const started = clock.now();

  async function inBatches(cutoff: number | undefined, step: Step): Promise<number> {
    if (cutoff === undefined) return 0;
    let total = 0;
    for (let count = batch; count >= batch && !isStopped(signal);) {
      count = await step({ before: cutoff, limit: batch, locks: database.dialect === "postgres" });
      total += count;
      if (count >= batch) await clock.sleep(pauseMs, signal);
    }
    return total;
  }
  const olderThan = (days: number | null, step: Step): Promise<number> => inBatches(cutoffOf(days, started), step);

  const report: HousekeepingReport = {
    messages: 0,
    bodies: 0,
    bounces: 0,
    webhookCalls: 0,
    suppressions: 0,
    bulkRecipients: 0,
    tookMs: 0,
  };
  for (const [state, days] of Object.entries(RETENTION_OF)) {
    report.messages += await olderThan(retention[days], (wanted) =>
      // Guarantee: what a person sends again is not deleted: who sends it locks it first, or finds it gone.
      kysely
        .transaction()
        .execute(async (tx) => each(await selectMessages(tx, state, wanted), (ids) => deleteMessages(tx, ids))),
    );
    await olderThan(retention.bodyDays, async (wanted) => {
      const { passed, wiped } = await wipeBodies(database, state, wanted);
      report.bodies += wiped;
      return passed;
    });
  }
  report.bounces = await olderThan(retention.bounceDays, async (wanted) =>
    each(await selectBounces(kysely, wanted), (ids) => deleteBounces(kysely, ids)),
  );
  report.webhookCalls = await olderThan(retention.webhookDays, async (wanted) =>
    each(await selectWebhookCalls(kysely, wanted), (ids) => deleteWebhookCalls(kysely, ids)),
  );
  report.suppressions = await inBatches(started, async (wanted) =>
    each(await selectEndedSuppressions(kysely, wanted), (keys) => deleteEndedSuppressions(kysely, keys, wanted.before)),
  );
  report.bulkRecipients = await olderThan(retention.bulkDays, (wanted) => deleteOldBulk(database, wanted));
  if (!isStopped(signal)) await options.sweep?.(kysely);
  report.tookMs = clock.now() - started;
  logger.log("info", "outbox.housekeeping", { ...report });
  return report;
}

/** Deletes what was found, if anything was. */
async function each(found: readonly string[], remove: (keys: readonly string[]) => Promise<void>): Promise<number> {
  if (found.length > 0) await remove(found);
  return found.length;
}

function isStopped(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/**
 * Wipes the bodies of the messages behind the place where the last run stopped, which is kept as a mark: those before it
 * have none any more, and are not looked at again.
 */
async function wipeBodies(
  database: Database,
  state: string,
  wanted: Batch,
): Promise<{ passed: number; wiped: number }> {
  const mark = `housekeeping.bodies.${state}`;
  return database.kysely.transaction().execute(async (tx) => {
    const found = await selectFinished(tx, state, placeOf(await findMark(tx, mark)), wanted);
    const last = found.at(-1);
    if (last === undefined) return { passed: 0, wiped: 0 };
    const ids = found.map(({ id }) => id);
    const variables = ENDED.has(state) ? await wipeVariables(tx, ids) : 0;
    const wiped = (await deleteBodies(tx, ids)) + variables;
    await setMark(tx, mark, `${last.finished_at} ${last.id}`);
    return { passed: found.length, wiped };
  });
}

function placeOf(mark: string | undefined): Finished {
  const [time = "0", id = ""] = (mark ?? "").split(" ");
  return { finished_at: Number(time), id };
}

/** Those whom the oldest bulk was sent to, a batch at a time; with the last of them the bulk itself. */
async function deleteOldBulk(database: Database, { before, limit }: Batch): Promise<number> {
  const { kysely } = database;
  let deleted = 0;
  while (deleted < limit) {
    const bulk = await findOldBulk(kysely, before);
    if (bulk === undefined) break;
    const keys = await selectBulkRecipients(kysely, bulk, limit - deleted);
    deleted += await each(keys, (some) => deleteBulkRecipients(kysely, bulk, some));
    if (deleted < limit) await deleteBulk(kysely, bulk);
  }
  return deleted;
}
