/** Draws the lessons of an attempt: closes the scopes that must rest, and opens those that are well again. */
import type { Queryable } from "../../db/index.ts";
import { reachedMail } from "../knowledge.ts";
import type { AttemptResult } from "../policy.ts";
import type { Candidate } from "../seams.ts";
import type { LimitsContext } from "./context.ts";
import { lessonsOf } from "./lessons.ts";
import { improved, type Lesson, phaseOf, worsened } from "./pause.ts";
import { deletePause, lockPauses, type PauseRow, writePause } from "./store.ts";

/** While all is well, and was before, it costs no query; see `PauseNote`. */
export async function learn(
  context: LimitsContext,
  tx: Queryable,
  { message, addresses, via = message.mailer }: Candidate,
  { result, now }: { result: AttemptResult; now: number },
): Promise<void> {
  const { book, note } = context;
  const lessons = lessonsOf(result, addresses, { mailer: `mailer:${via}`, account: book.accountKey(via) });
  const known = await note.pauses(tx, now);
  if (lessons.length === 0 && known.size === 0) return;
  const mayImprove = result.kind === "accepted" || reachedMail(result.attempt);
  const keys = mayImprove
    ? book.keysOf({ mailer: via, tenant: message.tenant, addresses }).filter((key) => known.has(key))
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

async function worsen(
  { logger }: LimitsContext,
  tx: Queryable,
  row: PauseRow | undefined,
  { lesson, message, now }: { lesson: Lesson; message: string; now: number },
): Promise<void> {
  const next = worsened(row, lesson, message, now);
  if (next === undefined) return;
  await writePause(tx, next);
  if (phaseOf(next, now) !== "closed") return;
  const { key, reason, detail, failures, until } = next;
  logger.log("warn", "outbox.scope-paused", { key, reason, detail, failures, until: new Date(until).toISOString() });
}

async function improve(
  { logger }: LimitsContext,
  tx: Queryable,
  row: PauseRow,
  { message, now }: { message: string; now: number },
): Promise<void> {
  const next = improved(row, message, now);
  if (next === undefined) return;
  if (next === "gone") return deletePause(tx, row.key);
  await writePause(tx, next);
  logger.log("info", "outbox.scope-opened", { key: row.key, reason: row.reason, after: row.failures });
}
