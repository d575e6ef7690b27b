/** Lets claimed messages through, one by one in their order, and counts those that go. */
import type { Queryable } from "../../db/index.ts";
import { rankOf } from "../priority.ts";
import type { Admission, Candidate, WaitReason } from "../seams.ts";
import type { LimitsContext } from "./context.ts";
import { phaseOf, PROBE_MS, probed } from "./pause.ts";
import { concurrencyReason, pauseReason, quotaReason } from "./reasons.ts";
import { type LimitedScope, quotaOf, type Subject, weightIn } from "./scopes.ts";
import {
  addressesOf,
  isLeased,
  listLeased,
  lockPauses,
  lockWindows,
  nameOf,
  type PauseRow,
  type Windows,
  type WindowName,
  writePause,
  writeWindows,
} from "./store.ts";
import { withTaught } from "./taught.ts";
import { hasRoom, movedTo, opensAt, withMore } from "./window.ts";
import { windowKey } from "./window-key.ts";

/** Those who wait for a free place or for the end of a pause come back so far apart at the most, in milliseconds. */
const SPACING_MS = 50;
/** How long to wait for a place, in milliseconds: at the most, and at the least. */
const [BUSY_MS, SOON_MS] = [1_000, 50];

/** A candidate with all that it counts towards. */
interface Entrant {
  candidate: Candidate;
  subject: Subject;
  isCritical: boolean;
  scopes: readonly LimitedScope[];
}

/** The state that all admissions of one transaction read and change. */
interface Ledger {
  windows: Windows;
  /** Messages under way by scope, of those that limit it. */
  busy: Map<string, number>;
  pauses: Map<string, PauseRow>;
  /** Scopes that changed, to be written. */
  changed: { windows: Set<string>; pauses: Set<string> };
  now: number;
}

/** What holds a message up. */
interface Obstacle {
  /** When it may be gone. */
  until: number;
  spacingMs: number;
  reason: WaitReason;
  /** Whether all of the mailer's messages wait for it. */
  isOfLane: boolean;
}

export async function admit(
  context: LimitsContext,
  tx: Queryable,
  candidates: readonly Candidate[],
  now: number,
): Promise<readonly Admission[]> {
  const rest = await context.note.pauses(tx, now);
  const entrants = candidates.map((candidate) => entrantOf(context, candidate, rest, now));
  const resting = rest.size === 0 ? [] : entrants.flatMap(({ subject }) => context.book.keysOf(subject));
  const closed = [...new Set(resting)].filter((key) => {
    const row = rest.get(key);
    return row !== undefined && phaseOf(row, now) !== "open";
  });
  const scopes = entrants.flatMap((entrant) => entrant.scopes);
  if (closed.length === 0 && scopes.length === 0)
    return candidates.map(({ message: { id } }) => ({ id, admitted: true }));

  // Guarantee: pauses are locked before windows, here and where a transaction learns before it admits: no two wait in a ring.
  const pauses = closed.length === 0 ? new Map<string, PauseRow>() : await lockPauses(tx, closed);
  // What another worker changed since the note was read is asked for before more is claimed in vain.
  if (closed.some((key) => pauses.get(key)?.until !== rest.get(key)?.until)) context.note.expire();
  await keepLivingProbes(tx, pauses, now);
  const windows = await lockedWindows(tx, scopes, now);
  const busy = await busyScopes(context, tx, entrants, now);
  const ledger: Ledger = { windows, busy, pauses, changed: { windows: new Set(), pauses: new Set() }, now };
  const admissions = entrants.map((entrant) => admitOne(context, ledger, entrant));
  await writeDown(context, tx, ledger);
  return admissions;
}

function entrantOf(
  { book, mailers }: LimitsContext,
  candidate: Candidate,
  rows: ReadonlyMap<string, PauseRow>,
  now: number,
): Entrant {
  const { message, addresses, via = message.mailer } = candidate;
  mailers.add(via);
  const subject = { mailer: via, tenant: message.tenant, addresses };
  const keys = rows.size === 0 ? [] : book.keysOf(subject);
  const scopes = withTaught(book.ofMessage(subject), keys, rows, now);
  return { candidate, subject, isCritical: message.priority === rankOf("critical"), scopes };
}

async function lockedWindows(tx: Queryable, scopes: readonly LimitedScope[], now: number): Promise<Windows> {
  const names = scopes.flatMap((scope): WindowName[] => {
    const own = scope.windows.map((window) => ({ key: windowKey(scope.key, window), seconds: window.seconds }));
    // A row to lock, so that two workers do not count the same free place.
    return scope.concurrency === undefined ? own : [...own, { key: scope.key, seconds: 0 }];
  });
  if (names.length === 0) return new Map();
  const windows = await lockWindows(tx, names);
  for (const window of windows.values()) {
    if (window.seconds > 0) window.use = movedTo(window.use, window.seconds, now);
  }
  return windows;
}

/** How many messages each scope that limits it has under way, without the candidates themselves; read after the locks. */
async function busyScopes(
  context: LimitsContext,
  tx: Queryable,
  entrants: readonly Entrant[],
  now: number,
): Promise<Map<string, number>> {
  const { book, mailers, leaseMs } = context;
  const busy = new Map<string, number>();
  const limited = entrants.flatMap(({ scopes }) => scopes.filter(({ concurrency }) => concurrency !== undefined));
  if (limited.length === 0) return busy;
  const counted = new Set(limited.map(({ key }) => key));
  const own = new Set(entrants.map(({ candidate }) => candidate.message.id));
  const leased = (await listLeased(tx, [...mailers], { now, leaseMs })).filter(({ id }) => !own.has(id));
  const needsAddresses = book.rules.some(({ scope, concurrency }) => scope === "domain" && concurrency !== undefined);
  const addresses = needsAddresses
    ? await addressesOf(
        tx,
        leased.map(({ id }) => id),
      )
    : new Map<string, string[]>();
  for (const { id, mailer, tenant } of leased) {
    for (const key of book.keysOf({ mailer, tenant, addresses: addresses.get(id) ?? [] })) {
      if (counted.has(key)) busy.set(key, (busy.get(key) ?? 0) + 1);
    }
  }
  return busy;
}

/** A message that tries, and is still under way, goes on trying: no second one is sent after it. */
async function keepLivingProbes(tx: Queryable, pauses: Map<string, PauseRow>, now: number): Promise<void> {
  for (const [key, row] of pauses) {
    if (row.probe === null || phaseOf(row, now) !== "half-open" || !(await isLeased(tx, row.probe, now))) continue;
    const living = probed(row, row.probe, now);
    pauses.set(key, living);
    await writePause(tx, living);
  }
}

function admitOne(context: LimitsContext, ledger: Ledger, entrant: Entrant): Admission {
  const { message } = entrant.candidate;
  const { id } = message;
  const rests = context.book.keysOf(entrant.subject).flatMap((key) => ledger.pauses.get(key) ?? []);
  const obstacle = worst([
    ...rests.map((row) => (phaseOf(row, ledger.now) === "closed" ? pauseObstacle(row) : undefined)),
    ...entrant.scopes.map((scope) => scopeObstacle(context, ledger, entrant, scope)),
  ]);
  if (obstacle !== undefined) {
    const { reason } = obstacle;
    const otherWay = otherWayAt(context, ledger, entrant, obstacle);
    const until = Math.min(obstacle.until, otherWay);
    const at = until === otherWay ? until : context.putOff.next(reason.key, until, obstacle.spacingMs);
    // Where it waits for those before it alone, it is tried before its time is over.
    return {
      id,
      admitted: false,
      until: until > message.expires_at ? until : Math.min(at, message.expires_at),
      reason,
    };
  }
  for (const scope of entrant.scopes) count(context, ledger, entrant, scope);
  if (entrant.scopes.some(({ concurrency }) => concurrency !== undefined)) context.turnover.begin(id, ledger.now);
  for (const row of rests.filter((one) => phaseOf(one, ledger.now) === "half-open")) {
    ledger.pauses.set(row.key, probed(row, id, ledger.now));
    ledger.changed.pauses.add(row.key);
  }
  return { id, admitted: true };
}

/** When another mailer may take it. */
function otherWayAt(
  { book }: LimitsContext,
  { now }: Ledger,
  { candidate }: Entrant,
  { isOfLane: isShut }: Obstacle,
): number {
  const spill = isShut ? book.spillOf(candidate.message.mailer) : undefined;
  return spill === undefined ? Infinity : now + spill.afterMs;
}

/** The one that lasts longest. */
function worst(obstacles: readonly (Obstacle | undefined)[]): Obstacle | undefined {
  return obstacles.reduce(
    (worse, one) => (one !== undefined && one.until > (worse?.until ?? 0) ? one : worse),
    undefined,
  );
}

function isOfLane(key: string): boolean {
  return key.startsWith("mailer:") || key.startsWith("account:");
}

function pauseObstacle(row: PauseRow): Obstacle {
  return { until: row.until, spacingMs: SPACING_MS, reason: pauseReason(row), isOfLane: isOfLane(row.key) };
}

function scopeObstacle(
  { usedUpAt, turnover }: LimitsContext,
  { windows, busy, now }: Ledger,
  entrant: Entrant,
  scope: LimitedScope,
): Obstacle | undefined {
  const found = scope.windows.map((window): Obstacle | undefined => {
    const { seconds } = window;
    const use = windows.get(nameOf({ key: windowKey(scope.key, window), seconds }))?.use;
    const quota = quotaOf(scope, window, entrant.isCritical);
    const weight = weightIn(scope, window, entrant.subject);
    if (use === undefined || hasRoom(use, quota, weight)) return undefined;
    if (window.isLearned === true) usedUpAt.set(scope.key, now);
    const until = opensAt(use, { quota, seconds }, weight, now);
    const isFull = !hasRoom(use, quota, 1);
    const reason = quotaReason(scope.key, window);
    return { until, spacingMs: (seconds * 1000) / quota, reason, isOfLane: isFull && isOfLane(scope.key) };
  });
  if (scope.concurrency !== undefined && (busy.get(scope.key) ?? 0) >= scope.concurrency) {
    const reason = concurrencyReason(scope.key, scope.concurrency, scope.isConcurrencyLearned);
    // As fast as places become free: sooner would be asked in vain, later leaves them empty.
    const meanMs = turnover.meanMs() ?? BUSY_MS;
    const until = now + Math.max(SOON_MS, Math.min(BUSY_MS, meanMs));
    const spacingMs = Math.min(SPACING_MS, meanMs / scope.concurrency);
    found.push({ until, spacingMs, reason, isOfLane: isOfLane(scope.key) });
  }
  return worst(found);
}

function count(
  { filledAt }: LimitsContext,
  { windows, busy, changed, now }: Ledger,
  { subject }: Entrant,
  scope: LimitedScope,
): void {
  for (const window of scope.windows) {
    const name = nameOf({ key: windowKey(scope.key, window), seconds: window.seconds });
    const found = windows.get(name);
    if (found === undefined) continue;
    found.use = withMore(found.use, weightIn(scope, window, subject));
    changed.windows.add(name);
  }
  const places = (busy.get(scope.key) ?? 0) + 1;
  busy.set(scope.key, places);
  if (scope.isConcurrencyLearned === true && places >= (scope.concurrency ?? Infinity)) filledAt.set(scope.key, now);
}

async function writeDown({ note, logger }: LimitsContext, tx: Queryable, ledger: Ledger): Promise<void> {
  const { windows, pauses, changed } = ledger;
  if (changed.windows.size > 0) {
    await writeWindows(tx, new Map([...windows].filter(([name]) => changed.windows.has(name))));
  }
  for (const key of changed.pauses) {
    const row = pauses.get(key);
    if (row === undefined) continue;
    await writePause(tx, row);
    logger.log("info", "outbox.scope-probed", { key, id: row.probe, reason: row.reason, waitMs: PROBE_MS });
  }
  if (changed.pauses.size > 0) note.expire();
}
