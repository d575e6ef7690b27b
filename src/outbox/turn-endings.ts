/** What ends in a turn: outcomes are settled, leases given back or prolonged. */
import type { Queryable } from "../db/index.ts";
import { type DueMessage, dueMessage } from "./engine.ts";
import type { OutboxEvent } from "./events.ts";
import type { Job } from "./job.ts";
import type { Outcome } from "./outcome.ts";
import type { Gate, SuppressionGate } from "./seams.ts";
import type { HotStore, Lease, Settlement } from "./store/hot.ts";
import type { Teller } from "./teller.ts";
import { type Item, only, type Release, type Renew, type Settle } from "./turn-items.ts";

/** Whom the endings are written to, and who is told of them. */
export interface EndingOptions {
  store: HotStore;
  gate: Gate | undefined;
  suppression: SuppressionGate | undefined;
  teller: Teller;
  /** The name of this worker on its leases. */
  owner: string;
}

/** What a transaction has done so far, and what is to be said once it has committed. */
export interface Progress {
  tx: Queryable;
  lease: Lease;
  events: OutboxEvent[];
  jobs: Job[];
  due: DueMessage[];
  answers: (() => void)[];
  /** Its last statement has been given to the database, which commits with it. */
  isOver: boolean;
  /** To be called when nothing more is asked of it: the next turn may begin, with so many places less. */
  leave(jobs: number): void;
}

/** The endings of one outbox; each works within the transaction of a turn. */
export interface Endings {
  settleAll(made: Progress, items: readonly Settle[]): Promise<void>;
  /** What follows where outcomes were written together with something else. */
  settled(made: Progress, items: readonly Settle[], written: readonly boolean[]): Promise<void>;
  tellOutcomes(made: Progress, outcomes: readonly Outcome[], written: readonly boolean[]): Promise<void>;
  releaseAll(made: Progress, items: readonly Release[]): Promise<void>;
  renewAll(made: Progress, items: readonly Renew[]): Promise<void>;
}

export function createEndings(options: EndingOptions): Endings {
  const { store, teller, owner } = options;

  return { settleAll, settled, tellOutcomes, releaseAll, renewAll };

  async function settleAll(made: Progress, items: readonly Settle[]): Promise<void> {
    if (items.length === 0) return;
    const outcomes = items.map(({ outcome }) => outcome);
    await settled(made, items, await store.settle(made.tx, settlementsOf(outcomes)));
  }

  async function settled(made: Progress, items: readonly Settle[], written: readonly boolean[]): Promise<void> {
    const outcomes = items.map(({ outcome }) => outcome);
    await tellOutcomes(made, outcomes, written);
    items.forEach((item, index) => made.answers.push(() => item.done(written[index] ?? false)));
  }

  /** Tells the neighbours of what was written of messages that were still ours. */
  async function tellOutcomes(
    { tx, lease, events, due }: Progress,
    outcomes: readonly Outcome[],
    written: readonly boolean[],
  ): Promise<void> {
    const failed = outcomes.filter(({ result }, index) => written[index] === true && result?.kind === "failed");
    const beside = failed.map(({ job }) => job);
    for (const [index, outcome] of outcomes.entries()) {
      if (written[index] !== true) continue;
      const { job, result, settlement } = outcome;
      await learn(tx, outcome, beside, lease.now);
      if (teller.listens) events.push(...outcome.events);
      if (settlement.dueAt !== null && result !== undefined) due.push(dueMessage(job, settlement.dueAt));
    }
  }

  async function learn(
    tx: Queryable,
    { job, result, suppress }: Outcome,
    beside: readonly Job[],
    at: number,
  ): Promise<void> {
    const { message, addresses, via } = job;
    if (result !== undefined) await options.gate?.learn(tx, { message, addresses, via, beside }, result, at);
    for (const { address, detail } of suppress) {
      await options.suppression?.suppress(tx, { address, reason: "bounce", detail, messageId: message.id }, at);
    }
  }

  async function releaseAll({ tx, lease, due, answers }: Progress, items: readonly Release[]): Promise<void> {
    if (items.length === 0) return;
    const ids = items.map(({ job }) => job.message.id);
    // A moment later, so that this very turn does not claim it while its delivery still ends.
    const dueAt = lease.now + 1;
    await store.release(tx, ids, owner, dueAt);
    for (const { job, done } of items) {
      due.push(dueMessage(job, dueAt));
      answers.push(() => done());
    }
  }

  async function renewAll({ tx, lease, answers }: Progress, items: readonly Renew[]): Promise<void> {
    for (const item of items) {
      const kept = new Set(await store.renew(tx, item.ids, lease));
      answers.push(() => item.done(kept));
    }
  }
}

/** The jobs that are over with this turn. */
export function endingIn(items: readonly Item[]): Job[] {
  return [...only(items, "settle").map(({ outcome }) => outcome.job), ...only(items, "release").map(({ job }) => job)];
}

export function settlementsOf(outcomes: readonly Outcome[]): Settlement[] {
  return outcomes.map(({ settlement }) => settlement);
}

/** Whether what the limits learn of these outcomes, or their places, decides what else may leave; else all is written in one go. */
export function decideMore(gate: Gate | undefined, settles: readonly Settle[]): boolean {
  if (gate === undefined) return false;
  return gate.countsPlaces?.() !== false || settles.some(({ outcome: { result } }) => result?.kind !== "accepted");
}
