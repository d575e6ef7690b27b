/**
 * How a scope comes to rest and wakes again: failures in a row close it, one message tries when the time is over, and what
 * becomes of that one opens it or closes it for longer.
 *
 * A row is closed (`until` to come), half-open (`until` passed: one message may try), or remembered (`until` 0: open, with the
 * failures so far).
 */
import { backoffMs } from "../../base/index.ts";
import type { PauseRow } from "./store.ts";
import type { Words } from "./words.ts";

/**
 * Why a scope rests: log-ins were refused, a quota is used up, mail came too fast, the account is barred, the server is not to be
 * reached, or an operator said so.
 */
export type PauseReason = "auth" | "quota" | "rate" | "barred" | "connection" | "operator";

/** What an attempt says about a scope. */
export interface Lesson {
  key: string;
  reason: Exclude<PauseReason, "operator">;
  /** How long the server wants to be left alone, in milliseconds; 0 where it does not say. */
  forMs: number;
  /** It is closed already by its provider, or by the pool: one such failure is enough. */
  atOnce?: boolean;
  /** It is about how many connections there are, not how many messages they carry. */
  isOfConnections?: boolean;
  /** For a person. */
  detail: Words;
}

/** Whether a scope rests because something is broken, and not because it has sent what it may. */
export function isFault(reason: string): boolean {
  return reason === "auth" || reason === "barred" || reason === "connection";
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** After how many failures in a row a scope is closed, for how long first (it doubles), and how long at the most. */
const circuits: Readonly<Record<Lesson["reason"], { after: number; baseMs: number; capMs: number }>> = {
  // Providers lock an account after some wrong log-ins; three are what the pool of one worker makes too.
  auth: { after: 3, baseMs: 5 * MINUTE, capMs: 6 * HOUR },
  quota: { after: 1, baseMs: 15 * MINUTE, capMs: 6 * HOUR },
  rate: { after: 1, baseMs: MINUTE, capMs: 6 * HOUR },
  barred: { after: 1, baseMs: HOUR, capMs: 6 * HOUR },
  connection: { after: 3, baseMs: 30_000, capMs: 15 * MINUTE },
};

/** How long others wait for the message that tries, before it is asked whether it is still under way. */
export const PROBE_MS = 30_000;

/** A server may write 64 KB; the reason stands at the beginning. */
const MAX_DETAIL = 500;

/** A server's words as every database takes them: Postgres has no NUL, and half a character is none. */
function storable(detail: string): string {
  return detail.slice(0, MAX_DETAIL).replace(/\0|\p{Surrogate}/gu, "\uFFFD");
}

function stored({ en, zh }: Words): Pick<PauseRow, "detail" | "detail_zh"> {
  return { detail: storable(en), detail_zh: zh === undefined ? null : storable(zh) };
}

export type Phase = "open" | "closed" | "half-open";

export function phaseOf({ until, reason }: Pick<PauseRow, "until" | "reason">, now: number): Phase {
  if (until > now) return "closed";
  return until === 0 || reason === "operator" ? "open" : "half-open";
}

/** The scope after one more failure; undefined where nothing changes. */
export function worsened(
  row: PauseRow | undefined,
  lesson: Lesson,
  message: string,
  now: number,
): PauseRow | undefined {
  if (row !== undefined && phaseOf(row, now) === "closed" && row.probe !== message) return extended(row, lesson, now);
  const { after, baseMs, capMs } = circuits[lesson.reason];
  const base = Math.max(baseMs, lesson.forMs);
  const lengthOf = (failures: number): number =>
    backoffMs(Math.max(1, failures - after + 1), { baseMs: base, capMs: Math.max(capMs, base), jitter: 0 });
  const before = row !== undefined && isInARow(row, lesson, lengthOf, now) ? row.failures : 0;
  const failures = Math.max(before + 1, lesson.atOnce === true ? after : 0);
  const until = failures < after ? 0 : now + lengthOf(failures);
  const { key, reason } = lesson;
  const pace = row?.pace ?? null;
  return { key, until, reason, ...stored(lesson.detail), failures, probe: null, pace, updated_at: now };
}

/** While a scope is closed, what was under way before fails too: that is no new failure, but may say that it takes longer. */
function extended(row: PauseRow, { forMs, detail }: Lesson, now: number): PauseRow | undefined {
  if (row.reason === "operator" || row.probe !== null || row.until >= now + forMs) return undefined;
  return { ...row, until: now + forMs, ...stored(detail), updated_at: now };
}

/** Failures count on until all was well for as long as the last pause took. */
function isInARow(row: PauseRow, { reason }: Lesson, lengthOf: (failures: number) => number, now: number): boolean {
  if (row.reason !== reason) return false;
  return row.until !== 0 || isCounting(row) || now - row.updated_at <= lengthOf(row.failures);
}

/** Failures that have not closed the scope yet. */
function isCounting({ until, reason, failures }: PauseRow): boolean {
  return until === 0 && reason !== "operator" && failures > 0 && failures < circuits[reason as Lesson["reason"]].after;
}

/**
 * The scope after a message got through: "gone" where nothing need be remembered, undefined where nothing changes.
 *
 * A log-in that works is right from now on. Elsewhere two failures are forgotten with each success: a quota that is used up
 * again and again rests as long each time, and only what is refused at once, again and again, for longer.
 */
export function improved(row: PauseRow, message: string, now: number): PauseRow | "gone" | undefined {
  const open = { ...row, until: 0, probe: null, updated_at: now };
  if (isCounting(row)) return settled({ ...open, failures: 0 });
  if (row.probe !== message) return undefined;
  return settled({ ...open, failures: row.reason === "auth" ? 0 : Math.max(0, row.failures - 2) });
}

/** An open scope that nothing is remembered of need not be kept. */
export function settled(row: PauseRow): PauseRow | "gone" {
  return row.until === 0 && row.failures === 0 && row.pace === null ? "gone" : row;
}

/** The scope while one message tries. */
export function probed(row: PauseRow, message: string, now: number): PauseRow {
  return { ...row, until: now + PROBE_MS, probe: message };
}
