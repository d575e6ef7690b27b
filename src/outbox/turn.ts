/** One turn of the outbox: all that was asked for meanwhile, in one transaction. */
import type { Database } from "../db/index.ts";
import type { Channel } from "./channel.ts";
import { claim, type Claim, claimOf, type ClaimOptions } from "./claim.ts";
import { dueMessage } from "./engine.ts";
import { type Entry, isLeased, leased } from "./entry.ts";
import { eventOf } from "./event-of.ts";
import type { OutboxEvent } from "./events.ts";
import type { Job } from "./job.ts";
import { pickDirect } from "./pick-direct.ts";
import type { Allowance } from "./seams.ts";
import { seenMailers } from "./seen-mailers.ts";
import {
  createEndings,
  decideMore,
  endingIn,
  type EndingOptions,
  type Progress,
  settlementsOf,
} from "./turn-endings.ts";
import { createInsertAnswers, type InsertAnswerOptions } from "./turn-inserts.ts";
import { type ClaimDue, type ClaimOne, type Insert, isCritical, type Item, only, type Settle } from "./turn-items.ts";

/** What a turn works with. */
export interface TurnOptions extends ClaimOptions, EndingOptions, InsertAnswerOptions {
  database: Database;
  channel: Channel;
  leaseMs: number;
  now: () => number;
  /** How many messages this worker could take now; 0 while it does not deliver. */
  room: (settling: number) => number;
  /** The same, of critical messages. */
  urgentRoom: (settling: number) => number;
  /** The outcomes of these are on the disk. */
  written: (jobs: readonly Job[]) => void;
  /** Delivers these from now on. */
  begin: (jobs: readonly Job[]) => void;
  /** Messages became due. */
  wake: () => void;
}

/** How new messages are written. */
interface Writing {
  /** Those that this worker delivers itself. */
  direct: ReadonlySet<Entry>;
  allowances: ReadonlyMap<string, Allowance> | undefined;
  /** The transaction goes on after it. */
  wantsMore: boolean;
}

/** The turns of one outbox. */
export interface Turn {
  /** Commits these; what it gives answers them and begins what was claimed. */
  commit(items: readonly Item[], isRetry: boolean, left: () => void): Promise<readonly (() => void)[]>;
  /** More messages may be due than the last turn took. */
  hasBacklog(): boolean;
}

export function createTurn(options: TurnOptions): Turn {
  const { database, store, engine, teller, owner, leaseMs, now, room, begin, wake } = options;
  const { settleAll, settled, tellOutcomes, releaseAll, renewAll } = createEndings(options);
  /** The last claim took all there was room for, so more may be due. */
  let backlog = true;
  /** When a limit opens, as the last look was told. */
  let toldOpening = Infinity;
  const answerInserts = createInsertAnswers(options);
  const mailersNow = seenMailers(store);
  /** Places that turns take whose commit is under way, less those that they give back. */
  let taken = 0;

  return { commit, hasBacklog: () => backlog };

  async function commit(items: readonly Item[], isRetry: boolean, left: () => void): Promise<readonly (() => void)[]> {
    let own = 0;
    const leave = (jobs: number): void => {
      own = jobs - endingIn(items).length;
      taken += own;
      left();
    };
    try {
      const progress = await transact(items, isRetry, leave);
      // Guarantee: the commit is on the disk before anybody is answered and before a byte goes to a server.
      options.written(endingIn(items));
      begin(progress.jobs);
      const { answers, events, due } = progress;
      answers.push(() => teller.announce(events));
      if (due.length > 0) answers.push(wake);
      return answers;
    } finally {
      taken -= own;
    }
  }

  function transact(items: readonly Item[], isRetry: boolean, leave: (jobs: number) => void): Promise<Progress> {
    return database.kysely.transaction().execute(async (tx) => {
      const at = now();
      const lease = { owner, now: at, until: at + leaseMs };
      const made: Progress = { tx, lease, events: [], jobs: [], due: [], answers: [], isOver: false, leave };
      const settles = only(items, "settle");
      const isFirst = decideMore(options.gate, settles);
      if (isFirst) await settleAll(made, settles);
      await releaseAll(made, only(items, "release"));
      await renewAll(made, only(items, "renew"));
      await insertAndClaim(made, items, isFirst ? [] : settles, isRetry);
      if (made.isOver) return made;
      if (made.due.length > 0) {
        await engine.add(tx, made.due);
        await options.channel.tell(tx);
      }
      await teller.record(tx, made.events);
      leave(made.jobs.length);
      return made;
    });
  }

  /**
   * Inserts what is new, under the lease of this worker where it can deliver it at once: then it is neither claimed nor
   * read again. Only what is due, goes by this engine and overtakes nothing gets that, or is critical.
   */
  async function insertAndClaim(
    made: Progress,
    items: readonly Item[],
    settles: readonly Settle[],
    isRetry: boolean,
  ): Promise<void> {
    const inserts = only(items, "insert");
    const claims = only(items, "claim");
    const ids = only(items, "claimOne");
    // Guarantee: what fails in a claim (a limit, a list, a renderer) keeps no message from being accepted.
    const claimsToo = engine.direct === true && (!isRetry || claims.length > 0);
    const settling = endingIn(items).length;
    const wanted = claimsToo ? room(settling - taken) : 0;
    backlog ||= claims.length > 0;
    // Critical mail alone is not made to wait for a claim; the next turn is one for all.
    const asks = wanted > 0 && backlog && !(items.length > 0 && items.every(isCritical));
    const isUrgent = inserts.some(({ entry }) => entry.message.priority === 0);
    const goesNow = asks || (inserts.length > 0 && (wanted > 0 || (claimsToo && isUrgent)));
    const isLook = claims.length > 0;
    const asksWhose = isLook || asks || (goesNow && options.gate !== undefined);
    const mailers = asksWhose ? await mailersNow(made.tx, made.lease.now, isLook) : [];
    const allowances = goesNow
      ? await allowedNow(made, mailers, inserts, Math.max(wanted, options.urgentRoom(settling - taken)))
      : undefined;
    // What waits goes first: where that leaves places, nothing is overtaken by what is new.
    if (asks) backlog = await claimAnd(made, { lease: made.lease, wanted, allowances, mailers });
    const left = backlog ? 0 : wanted - made.jobs.length;
    // Behind what waits still, or without a free place, only critical messages go at once: some places are theirs.
    const isOpen = left > 0;
    const hasty = !claimsToo ? [] : isOpen ? inserts : inserts.filter(({ entry }) => entry.message.priority === 0);
    const places = hasty.length === 0 ? 0 : isOpen ? left : options.urgentRoom(settling - taken) - made.jobs.length;
    const direct = pickDirect(hasty, places, made.lease.now, allowances, made.jobs);
    const wantsMore = claims.length + ids.length > 0 || isRetry;
    await writeAndBegin(made, settles, inserts, { direct, allowances, wantsMore });
    await claimOnes(made, ids, settling);
    const opening = openingOf(allowances);
    // The limit has closed since the last look, which was not told of it.
    if (claims.length === 0 && opening < toldOpening) made.answers.push(wake);
    if (claims.length > 0) toldOpening = opening;
    await answerClaims(made, claims, mailers, opening);
  }

  async function allowedNow(
    { tx, lease }: Progress,
    waiting: readonly string[],
    inserts: readonly Insert[],
    wanted: number,
  ): Promise<ReadonlyMap<string, Allowance> | undefined> {
    if (options.gate === undefined) return undefined;
    const mailers = new Set(waiting);
    for (const { entry } of inserts) mailers.add(entry.message.mailer);
    const answers = await options.gate.allow(tx, [...mailers], wanted, lease.now);
    return new Map(answers.map((allowance) => [allowance.mailer, allowance]));
  }

  /** Writes outcomes and new messages, and begins with those that this worker delivers itself. */
  async function writeAndBegin(
    made: Progress,
    settles: readonly Settle[],
    items: readonly Insert[],
    { direct, allowances, wantsMore }: Writing,
  ): Promise<void> {
    if (items.length === 0) return settleAll(made, settles);
    const { tx, lease } = made;
    const entries = items.map(({ entry }) => (direct.has(entry) ? leased(entry, lease) : entry));
    const settlements = settlementsOf(settles.map(({ outcome }) => outcome));
    const ready = entries.filter(isLeased);
    // Without limits nothing is put back, so all that is asked before a delivery can be asked before the insert.
    const early = options.gate === undefined && ready.length > 0 ? await look(made, ready, undefined) : undefined;
    const isLast = !wantsMore && isWholeWith(settles, items) && (early?.outcomes.length ?? 0) === 0;
    const writing = store.write(tx, settlements, entries, isLast);
    made.isOver = isLast;
    if (isLast) made.leave(ready.length);
    const written = await writing;
    await settled(made, settles, written.settled);
    const fresh = await answerInserts(made, items, entries, written.inserted);
    if (fresh.length === 0) return;
    await take(made, early === undefined ? await look(made, fresh, allowances) : claimOf(early, fresh));
  }

  /** Whether the transaction holds nothing more than these: nobody is told in it, nothing is read for an answer. */
  function isWholeWith(settles: readonly Settle[], items: readonly Insert[]): boolean {
    return (
      database.dialect === "sqlite" &&
      options.gate === undefined &&
      !teller.listens &&
      engine.direct === true &&
      settles.every(({ outcome }) => outcome.suppress.length === 0) &&
      items.every(({ entry }) => entry.message.idempotency_key === null)
    );
  }

  /** Claims, and writes down what gets no attempt. True where more may be due. */
  async function claimAnd(made: Progress, ask: Parameters<typeof claim>[1]): Promise<boolean> {
    return take(made, await claim(made.tx, ask, options));
  }

  /** What there is to say of new messages before they are delivered. */
  function look(
    { tx, lease }: Progress,
    fresh: readonly Entry[],
    allowances: ReadonlyMap<string, Allowance> | undefined,
  ): Promise<Claim> {
    return claim(tx, { lease, wanted: fresh.length, fresh, allowances }, options);
  }

  async function take(made: Progress, claimed: Claim): Promise<boolean> {
    const { outcomes } = claimed;
    if (outcomes.length > 0) {
      await tellOutcomes(made, outcomes, await store.settle(made.tx, settlementsOf(outcomes)));
    }
    made.jobs.push(...claimed.jobs);
    for (const { job, dueAt } of claimed.putOff) made.due.push(dueMessage(job, dueAt));
    if (teller.listens) for (const job of claimed.jobs) made.events.push(sending(job, made.lease.now));
    return claimed.more;
  }

  /** For an engine of another kind, which names what it wants delivered. */
  async function claimOnes(made: Progress, items: readonly ClaimOne[], settling: number): Promise<void> {
    const ids = items.slice(0, room(settling - taken)).map(({ id }) => id);
    for (const { done } of items.slice(ids.length)) made.answers.push(() => done(undefined));
    if (ids.length === 0) return;
    const before = made.jobs.length;
    const mailers = options.gate === undefined ? [] : await mailersNow(made.tx, made.lease.now, true);
    const allowances = await allowedNow(made, mailers, [], ids.length);
    await claimAnd(made, { lease: made.lease, wanted: ids.length, ids, allowances });
    const jobs = new Map(made.jobs.slice(before).map((job) => [job.message.id, job]));
    for (const { id, done } of items.slice(0, ids.length)) made.answers.push(() => done(jobs.get(id)));
  }

  async function answerClaims(
    { tx, lease, answers }: Progress,
    items: readonly ClaimDue[],
    mailers: readonly string[],
    opening: number,
  ): Promise<void> {
    if (items.length === 0) return;
    const due = await store.nextDue(tx, mailers, lease.now);
    const next = Math.min(due ?? Infinity, opening);
    for (const item of items) answers.push(() => item.done(next === Infinity ? undefined : next));
  }
}

/** When the first of the limits opens that are closed. */
function openingOf(allowances: ReadonlyMap<string, Allowance> | undefined): number {
  return Math.min(Infinity, ...[...(allowances?.values() ?? [])].flatMap(({ opensAt }) => opensAt ?? []));
}

function sending({ message, addresses, via }: Job, at: number): OutboxEvent {
  return { ...eventOf(message, { type: "sending", at, recipients: addresses }), mailer: via ?? message.mailer };
}
