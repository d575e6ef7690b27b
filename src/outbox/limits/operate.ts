/** What an operator sees of the limits, and may do to them. */
import type { Queryable } from "../../db/index.ts";
import { OutboxError } from "../errors.ts";
import type { LimitsContext } from "./context.ts";
import type { BilingualText } from "./forecast-text.ts";
import type { LearnedConcurrency } from "./learned-concurrency.ts";
import { isLimiting, type Pace } from "./pace.ts";
import { type PauseReason, phaseOf } from "./pause.ts";
import { concurrencyText, restText, windowText } from "./reasons.ts";
import type { LimitScope } from "./rules.ts";
import { type LimitedScope, quotaOf } from "./scopes.ts";
import {
  deletePause,
  listPauses,
  listWindows,
  lockPauses,
  nameOf,
  type PauseRow,
  type Windows,
  writePause,
} from "./store.ts";
import { taughtBy, withTaught } from "./taught.ts";
import { movedTo, opensAt, unused, usedIn } from "./window.ts";
import { readWindowKey, windowKey } from "./window-key.ts";

/** One window of a scope as it stands. */
export interface WindowState {
  seconds: number;
  counts: "messages" | "recipients";
  limit: number;
  /** Refusals taught it; false where a rule or the provider says it. */
  isLearned: boolean;
  used: number;
  /** When there is room again for mail that is not critical, in milliseconds since 1970; undefined while there is. */
  opensAt?: number | undefined;
}

/** One scope as it stands. */
export interface ScopeState {
  /** Such as `mailer:default`. */
  key: string;
  windows: readonly WindowState[];
  /** Messages at once, by a rule or since refusals taught it. */
  concurrency?: number | undefined;
  /** `half-open`: its pause is over, and the next message tries. */
  phase: "open" | "closed" | "half-open";
  /** Of a scope that rests, in milliseconds since 1970. */
  pausedUntil?: number | undefined;
  /** Why it rests, or did. */
  reason?: PauseReason | undefined;
  /** The server's words, or the operator's. */
  detail?: string | undefined;
  /** `reason` and `detail` for a person, in English and Chinese. */
  text?: BilingualText | undefined;
  /** In a row; 0 where all is well. */
  failures: number;
  /** What its refusals taught: the window of `windows` that `isLearned`, since when, and that in words. */
  pace?: { limit: number; seconds: number; refusedAt: number; text: BilingualText } | undefined;
  /** What refusals for too many connections taught: that `concurrency`, since when, and it in words; undefined where a rule is as narrow. */
  learnedConcurrency?: { limit: number; refusedAt: number; text: BilingualText } | undefined;
  /** The id of the message that tries whether all is well. */
  probe?: string | undefined;
}

/** As many as a page shows. */
const MAX_LISTED = 1_000;

export async function listScopes(context: LimitsContext, db: Queryable): Promise<ScopeState[]> {
  const { book, clock } = context;
  const now = clock.now();
  const windows = await listWindows(db, MAX_LISTED);
  const pauses = new Map((await listPauses(db)).slice(0, MAX_LISTED).map((row) => [row.key, row]));
  const scopes = new Map<string, LimitedScope>();
  for (const mailer of context.mailers) for (const scope of book.ofMailer(mailer)) scopes.set(scope.key, scope);
  for (const { key } of windows.values()) {
    const scope = limitedBy(context, readWindowKey(key).scope);
    if (scope !== undefined) scopes.set(scope.key, scope);
  }
  const keys = [...new Set([...scopes.keys(), ...pauses.keys()])].toSorted().slice(0, MAX_LISTED);
  return keys.map((key) => {
    const declared = scopes.get(key);
    const [scope] = withTaught(declared === undefined ? [] : [declared], [key], pauses, now);
    const row = pauses.get(key);
    return {
      ...stateOf(key, scope, { windows, row, now }),
      ...(row === undefined ? {} : learnedStateOf(row, scope, now)),
    };
  });
}

/** What limits the scope of a key that was counted before; domains and tenants are known by nothing else. */
function limitedBy({ book }: LimitsContext, key: string): LimitedScope | undefined {
  const name = key.slice(key.indexOf(":") + 1);
  const subject = key.startsWith("domain:")
    ? { mailer: "", tenant: null, addresses: [`@${name}`] }
    : { mailer: "", tenant: key.startsWith("tenant:") ? name : null, addresses: [] };
  return book.ofMessage(subject).find((scope) => scope.key === key);
}

function stateOf(
  key: string,
  scope: LimitedScope | undefined,
  { windows, row, now }: { windows: Windows; row: PauseRow | undefined; now: number },
): ScopeState {
  const phase = row === undefined ? "open" : phaseOf(row, now);
  return {
    key,
    windows: scope === undefined ? [] : windowStates(scope, windows, now),
    concurrency: scope?.concurrency,
    phase,
    pausedUntil: phase === "closed" ? row?.until : undefined,
    reason: row?.reason as PauseReason | undefined,
    detail: row?.detail,
    text: row === undefined ? undefined : restText(row),
    failures: row?.failures ?? 0,
    probe: row?.probe ?? undefined,
  };
}

function learnedStateOf(
  row: PauseRow,
  scope: LimitedScope | undefined,
  now: number,
): Pick<ScopeState, "pace" | "learnedConcurrency"> {
  const { pace, concurrency } = taughtBy(row, now);
  return {
    pace: pace === undefined ? undefined : paceStateOf(pace),
    learnedConcurrency:
      concurrency === undefined || scope?.isConcurrencyLearned !== true ? undefined : concurrencyStateOf(concurrency),
  };
}

function paceStateOf({ count, seconds, refusedAt }: Pace): ScopeState["pace"] {
  if (count === undefined) return undefined;
  return { limit: count, seconds, refusedAt, text: windowText({ count, seconds, isLearned: true }) };
}

function concurrencyStateOf({ count, refusedAt }: LearnedConcurrency): ScopeState["learnedConcurrency"] {
  return { limit: count, refusedAt, text: concurrencyText(count, true) };
}

function windowStates(scope: LimitedScope, windows: Windows, now: number): WindowState[] {
  return scope.windows.filter(isLimiting).map((window) => {
    const { count, seconds, counts = "messages", isLearned = false } = window;
    const use = movedTo(
      windows.get(nameOf({ key: windowKey(scope.key, window), seconds }))?.use ?? unused,
      seconds,
      now,
    );
    const quota = quotaOf(scope, window, false);
    const at = opensAt(use, { quota, seconds }, 1, now);
    return { seconds, counts, limit: count, isLearned, used: usedIn(use), opensAt: at > now ? at : undefined };
  });
}

const SCOPES = { mailer: true, account: true, domain: true, tenant: true } satisfies Record<LimitScope, true>;

/** The last millisecond that a Date can be. */
const LATEST = 8.64e15;

/** As messages are counted: names of accounts and domains in small letters. Undefined for a key of no scope. */
function storedKey(key: string): string | undefined {
  const [scope = "", ...name] = key.split(":");
  if (!Object.hasOwn(SCOPES, scope) || name.join(":") === "") return undefined;
  return scope === "domain" || scope === "account" ? key.toLowerCase() : key;
}

/** @param tx A transaction: the scope's row is read for what it keeps beside the pause. */
export async function pauseScope(
  { note, clock, logger }: LimitsContext,
  tx: Queryable,
  { key: given, until, detail }: { key: string; until: number; detail: string },
): Promise<void> {
  const key = storedKey(given);
  if (key === undefined) {
    throw new OutboxError(
      "WX_OUTBOX_OPTIONS",
      `${JSON.stringify(given)} is the key of no scope. Give mailer:NAME, account:NAME, domain:NAME or tenant:NAME.`,
    );
  }
  if (!Number.isInteger(until) || until < 0 || until > LATEST) {
    throw new OutboxError("WX_OUTBOX_OPTIONS", `until is ${until}; give milliseconds since 1970, as a whole number.`);
  }
  const pace = (await lockPauses(tx, [key])).get(key)?.pace ?? null;
  const kept = { detail_zh: null, failures: 0, probe: null, pace, updated_at: clock.now() };
  await writePause(tx, { key, until, reason: "operator", detail, ...kept });
  note.expire();
  logger.log("warn", "outbox.scope-paused", { key, reason: "operator", detail, until: new Date(until).toISOString() });
}

/** @param tx A transaction. */
export async function resumeScope({ note, logger }: LimitsContext, tx: Queryable, given: string): Promise<boolean> {
  const key = storedKey(given) ?? given;
  const row = (await lockPauses(tx, [key])).get(key);
  if (row === undefined) return false;
  await deletePause(tx, key);
  note.expire();
  logger.log("info", "outbox.scope-opened", { key, reason: row.reason, after: row.failures });
  return true;
}
