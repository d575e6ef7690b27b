/** Draws the lessons of an attempt: closes the scopes that must rest, slows them, and opens those that are well again. */
import type { Queryable } from "../../db/index.ts";
import { reachedMail } from "../knowledge.ts";
import type { AttemptResult } from "../policy.ts";
import type { Ended } from "../seams.ts";
import type { LimitsContext } from "./context.ts";
import { halved } from "./learned-concurrency.ts";
import { lessonsOf } from "./lessons.ts";
import { type Counted, isAboutPace, lowered, type Pace } from "./pace.ts";
import { improved, type Lesson, phaseOf, settled, worsened } from "./pause.ts";
import { deletePause, listLeased, lockPauses, nameOf, type PauseRow, readWindows, writePause } from "./store.ts";
import { columnOf, isToBeChanged, reviewedAll, type Taught, taughtBy } from "./taught.ts";
import { fastestIn, movedTo, usedIn } from "./window.ts";

/** While all is well, and was before, it costs no query; see `PauseNote`. */
export async function learn(
  context: LimitsContext,
  tx: Queryable,
  ended: Ended,
  { result, now }: { result: AttemptResult; now: number },
): Promise<void> {
  const { message, addresses, via = message.mailer } = ended;
  const { book, note } = context;
  context.turnover.end(message.id, now);
  const lessons = lessonsOf(result, addresses, { mailer: `mailer:${via}`, account: book.accountKey(via) });
  const known = await note.pauses(tx, now);
  if (lessons.length === 0 && known.size === 0) return;
  const mayImprove = result.kind === "accepted" || reachedMail(result.attempt);
  const keys = mayImprove
    ? book.keysOf({ mailer: via, tenant: message.tenant, addresses }).filter((key) => mayChange(known.get(key), now))
    : [];
  const touched = [...new Set([...lessons.map(({ key }) => key), ...keys])];
  if (touched.length === 0) return;

  const rows = await lockPauses(tx, touched);
  for (const key of touched) {
    const lesson = lessons.find((one) => one.key === key);
    const row = rows.get(key);
    if (lesson !== undefined) await worsen(context, tx, row, { lesson, ended, now });
    else if (row !== undefined) await improve(context, tx, row, { message: message.id, now });
  }
  note.expire();
}

/** What is open and keeps to what it was taught is looked at once in a window, not after each message. */
function mayChange(row: PauseRow | undefined, now: number): boolean {
  if (row === undefined) return false;
  if (row.until !== 0 || row.failures > 0) return true;
  return isToBeChanged(taughtBy(row, now), now);
}

/** A lesson of an attempt that is over. */
interface Refusal {
  lesson: Lesson;
  ended: Ended;
  now: number;
}

async function worsen(
  context: LimitsContext,
  tx: Queryable,
  row: PauseRow | undefined,
  refusal: Refusal,
): Promise<void> {
  const { lesson, ended, now } = refusal;
  const next = worsened(row, lesson, ended.message.id, now);
  if (next === undefined) return;
  // What fails while the scope rests was under way before, or tries: neither says how fast is too fast, or how many too many.
  const isNews = row === undefined || phaseOf(row, now) === "open";
  const before = row === undefined ? {} : taughtBy(row, now);
  const taught = isNews ? await teach(context, tx, before, refusal) : undefined;
  await writePause(tx, taught === undefined ? next : { ...next, pace: columnOf(taught) });
  if (phaseOf(next, now) === "closed") tellPause(context, next, taught);
}

function tellPause({ logger }: LimitsContext, row: PauseRow, taught: Taught = {}): void {
  const { key, reason, detail, failures, until } = row;
  const { pace, concurrency } = taught;
  logger.log("warn", "outbox.scope-paused", {
    key,
    reason,
    detail,
    failures,
    until: new Date(until).toISOString(),
    ...(pace?.count === undefined ? {} : { pace: `${pace.count} in ${pace.seconds} s` }),
    ...(concurrency === undefined ? {} : { concurrency: concurrency.count }),
  });
}

/** What is known after a refusal; undefined where it says nothing of the speed. */
async function teach(
  context: LimitsContext,
  tx: Queryable,
  taught: Taught,
  { lesson, ended, now }: Refusal,
): Promise<Taught | undefined> {
  if (lesson.isOfConnections === true) {
    return { ...taught, concurrency: halved(taught.concurrency, await underWay(context, tx, ended, now), now) };
  }
  if (!isAboutPace(lesson)) return undefined;
  const { pace } = taught;
  return { ...taught, pace: lowered(pace, lesson, await countedIn(tx, lesson.key, pace, now), now) };
}

/** How many messages of its mailer were under way with it: by all workers, those that failed with it among them. */
async function underWay({ leaseMs }: LimitsContext, tx: Queryable, ended: Ended, now: number): Promise<number> {
  const { message, via = message.mailer, beside = [] } = ended;
  const failed = beside.filter((one) => (one.via ?? one.message.mailer) === via);
  const leased = await listLeased(tx, [via], { now, leaseMs });
  return new Set([message.id, ...failed.map((one) => one.message.id), ...leased.map(({ id }) => id)]).size;
}

async function countedIn(tx: Queryable, key: string, pace: Pace | undefined, now: number): Promise<Counted> {
  const { seconds = 0 } = pace ?? {};
  const found = pace === undefined ? undefined : (await readWindows(tx, [key])).get(nameOf({ key, seconds }));
  if (found === undefined) return { used: 0, perSecond: 0 };
  const use = movedTo(found.use, seconds, now);
  return { used: usedIn(use), perSecond: fastestIn(use, seconds) };
}

async function improve(
  context: LimitsContext,
  tx: Queryable,
  row: PauseRow,
  { message, now }: { message: string; now: number },
): Promise<void> {
  const pace = nextTaught(context, row, now);
  const next = improved({ ...row, pace }, message, now);
  if (next === undefined && pace === row.pace) return;
  await keep(tx, next === undefined ? settled({ ...row, pace }) : next, row.key);
  if (next === undefined || row.until === 0) return;
  context.logger.log("info", "outbox.scope-opened", { key: row.key, reason: row.reason, after: row.failures });
}

async function keep(tx: Queryable, row: PauseRow | "gone", key: string): Promise<void> {
  return row === "gone" ? deletePause(tx, key) : writePause(tx, row);
}

/** What was taught, as the row keeps it from now on: raised once in a window, forgotten in the end. */
function nextTaught({ usedUpAt, filledAt }: LimitsContext, row: PauseRow, now: number): string | null {
  const taught = taughtBy(row, now);
  if (!isToBeChanged(taught, now)) return row.pace;
  return columnOf(reviewedAll(taught, { paceAt: usedUpAt.get(row.key), placesAt: filledAt.get(row.key) }, now));
}
