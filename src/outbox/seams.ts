/**
 * What the heart of the outbox (enqueue, claim, deliver, settle) asks of its neighbours: limits, suppression, bulk mail
 * and those who want to know. Each is optional; without it nothing is limited, suppressed, rendered or told.
 *
 * Every call that gets a `tx` runs in the transaction of the heart's own step: what it writes is one commit with it.
 */
import type { Queryable } from "../db/index.ts";
import type { OutboxEvent } from "./events.ts";
import type { AttemptResult } from "./policy.ts";
import type { MessageRow } from "./rows.ts";
import type { OutboxHealth } from "./types.ts";
import type { WaitReason } from "./wait-reason.ts";

export type { WaitReason } from "./wait-reason.ts";

/** How many messages of a mailer may be claimed now. */
export interface Allowance {
  mailer: string;
  /** Of critical messages; at least as many as of the others. */
  critical: number;
  /** Of all messages together. */
  others: number;
  /** When more may go, in milliseconds since 1970; undefined while nothing holds it up. */
  opensAt?: number | undefined;
  /** Why it is closed, or nearly. */
  reason?: WaitReason | undefined;
  /** Another mailer that takes its messages meanwhile (spill-over). */
  via?: string | undefined;
}

/** How many messages of a mailer could go now, and what keeps the others back. */
export interface Room {
  mailer: string;
  critical: number;
  /** Of all messages together. */
  others: number;
  /** Why nothing but critical mail may go; undefined while anything may. */
  reason: WaitReason | undefined;
  /** It is closed because something is broken (log-ins refused, an account barred, a server away): no limit, but a fault. */
  isFault: boolean;
}

/** When a message that waits will leave, and what holds it up until then. */
export interface Departure {
  /** Milliseconds since 1970: not before this, and about then if nothing else comes between. */
  at: number;
  /** Undefined where nothing but those before it holds it up. */
  reason: WaitReason | undefined;
}

/** A message that was about to be claimed, with those of its recipients who wait. */
export interface Candidate {
  message: MessageRow;
  addresses: readonly string[];
  /** The mailer it goes by, where an `Allowance` said so; else its own. */
  via?: string | undefined;
}

/** A candidate whose attempt is over. */
export interface Ended extends Candidate {
  /**
   * Those whose attempts failed and are written by the same transaction, itself among them: their leases are over, but they
   * were under way together.
   */
  beside?: readonly Candidate[] | undefined;
}

/** What became of a candidate: goes now, or waits. */
export type Admission =
  | { id: string; admitted: true }
  | { id: string; admitted: false; until: number; reason: WaitReason };

/** Limits that all workers share through the database. */
export interface Gate {
  /** Asked before a claim. `wanted` is how many messages the worker could take. */
  allow(tx: Queryable, mailers: readonly string[], wanted: number, now: number): Promise<readonly Allowance[]>;
  /** Asked with what the claim found; counts those it lets through. */
  admit(tx: Queryable, candidates: readonly Candidate[], now: number): Promise<readonly Admission[]>;
  /** Told of each attempt, in the transaction that writes it down. */
  learn(tx: Queryable, ended: Ended, result: AttemptResult, now: number): Promise<void>;
  /** When these, which wait, will leave; for whoever looks at them. By id. */
  departures?(db: Queryable, waiting: readonly Candidate[], now: number): Promise<ReadonlyMap<string, Departure>>;
  /** How much of each mailer could go now; for whoever asks whether mail is late. */
  room?(db: Queryable, mailers: readonly string[], wanted: number, now: number): Promise<readonly Room[]>;
  /** False while no place is counted that a message under way takes: then the outcomes of a turn need not be written before it claims. */
  countsPlaces?(): boolean;
  /** Calls `wake` from now on when a person has let mail go that was kept back. */
  watch?(wake: () => void): void;
}

/** Who must not be written to. */
export interface SuppressionGate {
  /**
   * The addresses among those given that are suppressed (for this stream, or for all), each with the reason. An address stands
   * in one call with one stream only: the answer does not say for which of two it was.
   */
  find(
    tx: Queryable,
    recipients: readonly { address: string; stream: string | null }[],
    now: number,
  ): Promise<ReadonlyMap<string, string>>;
  /** Told of a recipient that a server refused for good because of the address itself. */
  suppress(
    tx: Queryable,
    entry: { address: string; reason: string; detail: string; messageId: string },
    now: number,
  ): Promise<void>;
}

/** Makes the bytes of a message that has no body of its own; a message whose rendering throws fails alone. */
export interface Renderer {
  /**
   * Asked in the claim's transaction with those messages of bulks that it found: the ones that must not leave, since
   * their bulk was paused or cancelled. They get that state in place of a lease.
   */
  withhold?(
    tx: Queryable,
    messages: readonly MessageRow[],
  ): Promise<ReadonlyMap<string, { state: "held" | "cancelled"; detail: string }>>;
  render(db: Queryable, message: MessageRow, address: string): Promise<Uint8Array>;
}

/** Somebody who wants to know what happens. */
export interface EventSink {
  /** In the transaction; what it throws rolls the step back, so only its own database may make it throw. */
  record?(tx: Queryable, events: readonly OutboxEvent[]): Promise<void>;
  /** After the commit; what it throws is logged. */
  announce?(events: readonly OutboxEvent[]): void;
  /** When the oldest due message has waited too long: once, until all is well again. */
  alert?(health: OutboxHealth): void;
}
