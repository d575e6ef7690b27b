/** The seam between the outbox and what tells it that messages are due. */
import type { Queryable } from "../db/index.ts";
import type { MessageRow } from "./rows.ts";

/** A message that became due, or will. */
export interface DueMessage {
  id: string;
  /** Milliseconds since 1970. */
  dueAt: number;
  /** 0 critical, 1 high, 2 normal, 3 low. */
  priority: number;
  mailer: string;
  group: string | null;
}

/** A message that is due at a time. */
export function dueMessage({ message }: { message: MessageRow }, dueAt: number): DueMessage {
  const { id, priority, mailer, group_name: group } = message;
  return { id, dueAt, priority, mailer, group };
}

/** What the outbox lets an engine do. An engine says when; leases, attempts and outcomes stay with the outbox. */
export interface Heart {
  /**
   * Claims what is due, as much as there is room for, and starts its delivery.
   *
   * @returns When to look again unless somebody wakes it, in milliseconds since 1970; undefined where nothing waits.
   */
  pull(): Promise<number | undefined>;
  /**
   * Claims this one message, delivers it, and resolves when what came of it is written down. False when it was not due, somebody
   * else has it, or a stop has left it under its lease: then there is nothing to do, since it is announced again when it becomes due.
   */
  deliver(id: string): Promise<boolean>;
}

/** What tells the outbox that messages are due. */
export interface Engine {
  /**
   * Announces messages through `tx`, in every transaction in which they become due: enqueued, deferred, released,
   * redriven. What it writes is one commit with them.
   */
  add(tx: Queryable, messages: readonly DueMessage[]): Promise<void>;
  /** Goes on until `stop`. */
  work(heart: Heart): void;
  /** Messages may have become due; called after commits of this process, and by `outbox.wake()`. */
  wake(): void;
  /** Asks for no further message; those under way are the outbox' own. */
  stop(): Promise<void>;
  /** Called when nothing is under way any more: lets go of what the engine holds. */
  close?(): Promise<void>;
  /** The outbox may deliver what it has just inserted without asking the engine, and tell of the rest by `wake` alone. */
  readonly direct?: boolean;
}
