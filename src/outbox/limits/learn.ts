/** Draws the lessons of an attempt: closes the scopes that must rest, and opens those that are well again. */
import type { Queryable } from "../../db/index.ts";
import { reachedMail } from "../knowledge.ts";
import type { AttemptResult } from "../policy.ts";
import type { Candidate } from "../seams.ts";
import type { LimitsContext } from "./context.ts";
import { lessonsOf } from "./lessons.ts";
import { type Counted, isAboutPace, isToBeReviewed, lowered, type Pace, paceOf, reviewed } from "./pace.ts";
import { improved, type Lesson, phaseOf, settled, worsened } from "./pause.ts";
import { deletePause, lockPauses, nameOf, type PauseRow, readWindows, writePause } from "./store.ts";
import { fastestIn, movedTo, usedIn } from "./window.ts";

/** While all is well, and was before, it costs no query; see `PauseNote`. */
export async function learn(
  context: LimitsContext,
  tx: Queryable,
  { message, addresses, via = message.mailer }: Candidate,
  { result, now }: { result: AttemptResult; now: number },
): Promise<void> {
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
    if (lesson !== undefined) await worsen(context, tx, row, { lesson, message: message.id, now });
    else if (row !== undefined) await improve(context, tx, row, { message: message.id, now });
  }
  note.expire();
}

/** What is open and goes at its pace is looked at once in a window, not after each message. */
function mayChange(row: PauseRow | undefined, now: number): boolean {
  if (row === undefined) return false;
  if (row.until !== 0 || row.failures > 0) return true;
  const pace = paceOf(row, now);
  return pace === undefined || isToBeReviewed(pace, now);
}

async function worsen(
  { logger }: LimitsContext,
  tx: Queryable,
  row: PauseRow | undefined,
  { lesson, message, now }: { lesson: Lesson; message: string; now: number },
): Promise<void> {
  const next = worsened(row, lesson, message, now);
  if (next === undefined) return;
  // What fails while the scope rests was under way before, or tries: neither says how fast is too fast.
  const isNews = row === undefined || phaseOf(row, now) === "open";
  const pace = isNews && isAboutPace(lesson) ? await lower(tx, row, lesson, now) : undefined;
  await writePause(tx, pace === undefined ? next : { ...next, pace: JSON.stringify(pace) });
  if (phaseOf(next, now) !== "closed") return;
  const { key, reason, detail, failures, until } = next;
  const paced = pace?.count === undefined ? {} : { pace: `${pace.count} in ${pace.seconds} s` };
  logger.log("warn", "outbox.scope-paused", {
    key,
    reason,
    detail,
    failures,
    until: new Date(until).toISOString(),
    ...paced,
  });
}

async function lower(tx: Queryable, row: PauseRow | undefined, lesson: Lesson, now: number): Promise<Pace> {
  const pace = row === undefined ? undefined : paceOf(row, now);
  return lowered(pace, lesson, await countedIn(tx, lesson.key, pace, now), now);
}

async function countedIn(tx: Queryable, key: string, pace: Pace | undefined, now: number): Promise<Counted> {
  const { seconds = 0 } = pace ?? {};
  const found = pace === undefined ? undefined : (await readWindows(tx, [key])).get(nameOf({ key, seconds }));
  if (found === undefined) return { used: 0, perSecond: 0 };
  const use = movedTo(found.use, seconds, now);
  return { used: usedIn(use), perSecond: fastestIn(use, seconds) };
}

async function improve(
  { logger, usedUpAt }: LimitsContext,
  tx: Queryable,
  row: PauseRow,
  { message, now }: { message: string; now: number },
): Promise<void> {
  const pace = nextPace(row, usedUpAt.get(row.key), now);
  const next = improved({ ...row, pace }, message, now);
  if (next === undefined && pace === row.pace) return;
  await keep(tx, next === undefined ? settled({ ...row, pace }) : next, row.key);
  if (next === undefined || row.until === 0) return;
  logger.log("info", "outbox.scope-opened", { key: row.key, reason: row.reason, after: row.failures });
}

async function keep(tx: Queryable, row: PauseRow | "gone", key: string): Promise<void> {
  return row === "gone" ? deletePause(tx, key) : writePause(tx, row);
}

/** The pace as the row keeps it from now on: raised once in a window, forgotten in the end. */
function nextPace(row: PauseRow, usedUpAt: number | undefined, now: number): string | null {
  const pace = paceOf(row, now);
  if (pace === undefined) return null;
  if (!isToBeReviewed(pace, now)) return row.pace;
  return JSON.stringify(reviewed(pace, usedUpAt, now));
}
