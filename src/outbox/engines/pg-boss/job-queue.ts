/** The queue of pg-boss in which each waiting message has one job. */
import { randomUUID } from "node:crypto";
import type { ConstructorOptions, Job, JobAttempt, PgBoss } from "pg-boss";
import { describeError, type Logger } from "../../../base/index.ts";
import { type Database, lockName, type Queryable } from "../../../db/index.ts";
import type { DueMessage } from "../../engine.ts";
import { priorities } from "../../priority.ts";
import { bossDatabase, bossTransaction } from "./boss-database.ts";
import { loadPgBoss } from "./load-pg-boss.ts";

/** Where the jobs are. */
export const QUEUE = "waxseal";
/** Where a job is copied to that failed again and again; pg-boss deletes it there after its retention. */
const DEAD_LETTERS = "waxseal-dead";

const DAY_SECONDS = 86_400;
/** A handler that fails (the database did, or a neighbour of the outbox) is called again after a second, doubling up to 15 min. */
const RETRIES = { retryLimit: 12, retryDelay: 1, retryBackoff: true, retryDelayMax: 900 } as const;
/** Longer than any conversation with a mail server; a process that died is found by its heart. */
const EXPIRE_SECONDS = 4 * 3600;

/** Names the message; whatever else a job needs is read at its claim. */
export interface MessageJob {
  id: string;
}

export type HandedJob = Job<MessageJob> & JobAttempt;

/** How the queue is opened. */
export interface JobQueueOptions {
  database: Database;
  schema: string;
  heartbeatSeconds: number;
  /** Whether pg-boss makes and changes its tables. */
  migrate: boolean;
  logger: Logger;
}

export interface JobQueue {
  /** Gives each of these messages a job at its time; one that waits already is moved to it. */
  add(tx: Queryable, messages: readonly DueMessage[]): Promise<void>;
  /** Takes jobs whose time has come, the most urgent first. */
  fetch(limit: number, perGroup: number | undefined): Promise<HandedJob[]>;
  /** Ends jobs, unless they were handed on meanwhile. */
  end(jobs: readonly HandedJob[]): Promise<void>;
  /** Gives jobs back to be tried again later, or to the dead letters. */
  fail(job: HandedJob, reason: string): Promise<void>;
  /** Says that these are still in living hands. */
  touch(jobs: readonly HandedJob[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts pg-boss on this database, makes its tables where they are missing, and the two queues.
 *
 * @throws OutboxError `WX_OUTBOX_PEER`, `WX_OUTBOX_OPTIONS`; what Postgres says to a role that may not make tables
 */
export async function openJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const boss = await startBoss(options);
  try {
    await makeQueues(boss, options.heartbeatSeconds);
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }
  return {
    add: (tx, messages) => addJobs(boss, tx, messages),
    fetch: (limit, perGroup) => {
      if (perGroup === undefined) return boss.fetch<MessageJob>(QUEUE, { batchSize: limit });
      // pg-boss counts a group's jobs and then takes some; two workers that do so at once would each count none.
      return options.database.kysely.transaction().execute(async (tx) => {
        await lockName(tx, `groups of ${options.schema}`);
        return boss.fetch<MessageJob>(QUEUE, { batchSize: limit, groupConcurrency: perGroup, db: bossTransaction(tx) });
      });
    },
    // Deleted, not completed: the history of a message stands in the outbox.
    end: async (jobs) => void (await boss.deleteJob(QUEUE, attemptsOf(jobs))),
    fail: async (job, reason) => void (await boss.fail(QUEUE, attemptsOf([job]), { reason })),
    touch: async (jobs) => void (await boss.touch(QUEUE, attemptsOf(jobs))),
    close: () => boss.stop({ graceful: false }),
  };
}

async function startBoss({ database, schema, migrate, logger }: JobQueueOptions): Promise<PgBoss> {
  const settings: ConstructorOptions = {
    db: bossDatabase(database),
    schema,
    migrate,
    schedule: false,
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
  };
  const { PgBoss } = await loadPgBoss();
  const boss = new PgBoss(settings);
  boss.on("error", (error) => logger.log("error", "pg-boss.error", { error: describeError(error) }));
  boss.on("warning", ({ message, data }) => logger.log("warn", "pg-boss.warning", { message, data }));
  try {
    return await boss.start();
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }
}

async function makeQueues(boss: PgBoss, heartbeatSeconds: number): Promise<void> {
  const kept = { retentionSeconds: 30 * DAY_SECONDS, deleteAfterSeconds: DAY_SECONDS };
  await boss.createQueue(DEAD_LETTERS, kept);
  // "short" is one job per key that is yet to begin: the next attempt may be added while this one ends.
  await boss.createQueue(QUEUE, {
    policy: "short",
    deadLetter: DEAD_LETTERS,
    heartbeatSeconds,
    ...kept,
    ...RETRIES,
    expireInSeconds: EXPIRE_SECONDS,
  });
  await boss.updateQueue(QUEUE, { heartbeatSeconds });
}

async function addJobs(boss: PgBoss, tx: Queryable, messages: readonly DueMessage[]): Promise<void> {
  const db = bossTransaction(tx);
  let left: readonly DueMessage[] = messages;
  // A job that was about to be moved may be fetched at that moment; then there is room for a new one.
  for (let round = 0; left.length > 0 && round < 3; round++) {
    const jobs = left.map((message) => ({ message, id: randomUUID() }));
    const inserted = await boss.insert(
      QUEUE,
      jobs.map(({ message, id }) => ({ id, data: { id: message.id }, ...placeOf(message) })),
      { db, returnId: true },
    );
    const added = new Set(inserted);
    const missed: DueMessage[] = [];
    for (const { message, id } of jobs) {
      if (added.has(id)) continue;
      const { updated } = await boss.update(QUEUE, undefined, { ...placeOf(message), db });
      if (updated === 0) missed.push(message);
    }
    left = missed;
  }
}

/** Where a message's job stands in the queue. */
function placeOf({ id, dueAt, priority, group }: DueMessage): {
  singletonKey: string;
  priority: number;
  startAfter: string;
  group?: { id: string };
} {
  return {
    singletonKey: id,
    priority: priorities.length - 1 - priority, // with pg-boss the highest is first
    startAfter: new Date(dueAt).toISOString(),
    ...(group !== null && group !== "" && { group: { id: group } }),
  };
}

/** Guarantee: whoever lost a job to another worker changes nothing of it any more. */
function attemptsOf(jobs: readonly HandedJob[]): JobAttempt[] {
  return jobs.map(({ id, retryCount }) => ({ id, retryCount }));
}
