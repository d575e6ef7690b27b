/** What can be asked of a turn, and how each is answered. */
import type { Entry } from "./entry.ts";
import type { Job } from "./job.ts";
import type { Outcome } from "./outcome.ts";

/** Something to be done in a turn. Exactly one of its two answers is called, after the commit or after it failed. */
export type Item = Insert | Settle | Renew | Release | ClaimDue | ClaimOne;

interface Answers<T> {
  done(value: T): void;
  failed(error: unknown): void;
}
export interface Insert extends Answers<string> {
  kind: "insert";
  entry: Entry;
}
/** Answers whether the lease was still ours. */
export interface Settle extends Answers<boolean> {
  kind: "settle";
  outcome: Outcome;
}
/** Answers which of them are still ours. */
export interface Renew extends Answers<ReadonlySet<string>> {
  kind: "renew";
  ids: readonly string[];
}
export interface Release extends Answers<void> {
  kind: "release";
  job: Job;
}
/** Answers when to look again. */
export interface ClaimDue extends Answers<number | undefined> {
  kind: "claim";
}
/** Answers with the job, or undefined where there is none to be had. */
export interface ClaimOne extends Answers<Job | undefined> {
  kind: "claimOne";
  id: string;
}

/** A new message that overtakes all others. */
export function isCritical(item: Item): boolean {
  return item.kind === "insert" && item.entry.message.priority === 0;
}

/** Those of one kind. */
export function only<Kind extends Item["kind"]>(items: readonly Item[], kind: Kind): Extract<Item, { kind: Kind }>[] {
  return items.filter((item): item is Extract<Item, { kind: Kind }> => item.kind === kind);
}
