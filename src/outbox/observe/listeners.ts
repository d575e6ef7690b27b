/** Tells functions of this process what happens to messages, in this process, after the commit. */
import { describeError, type Logger, silentLogger } from "../../base/index.ts";
import type { OutboxEvent, OutboxEventType } from "../events.ts";
import type { EventSink } from "../seams.ts";
import type { OutboxHealth } from "../types.ts";
import { requireEventType } from "./event-types.ts";

/** Gets told of an event. What it throws, or rejects with, is logged and stops nothing; it is not waited for. */
export type OutboxListener = (event: OutboxEvent) => unknown;

/** Where functions ask to be told of events. */
export interface OutboxListeners {
  /**
   * Calls `listener` for each event of this type, or of every type (`"*"`), that happens in this process.
   *
   * Best effort: what a process was killed before telling is not told again; a webhook is for those who must not miss one.
   *
   * @returns A function that ends it.
   * @throws ObserveError WX_OBSERVE_OPTION for a type there is not
   * @example
   * const unsubscribe = events.on("failed", ({ recipients, text }) => console.error(recipients, text));
   */
  on(type: OutboxEventType | "*", listener: OutboxListener): () => void;
  /**
   * Calls `listener` when mail is late (`alertAfterMs` of the outbox, `OutboxHealth`): once, until all is well again.
   *
   * @returns A function that ends it.
   */
  onAlert(listener: (health: OutboxHealth) => unknown): () => void;
  /** What the outbox tells its events. */
  readonly sink: EventSink;
}

/**
 * An empty list of listeners.
 *
 * @example
 * const events = createListeners();
 * events.on("failed", ({ recipients, text }) => console.error(recipients, text));
 * const outbox = createOutbox({ database, mailer, sinks: [events.sink] });
 */
export function createListeners({ logger = silentLogger }: { logger?: Logger } = {}): OutboxListeners {
  const listeners = new Map<string, Set<{ listener: OutboxListener }>>();
  const alerted = new Set<{ listener: (health: OutboxHealth) => unknown }>();

  function tell(event: OutboxEvent): void {
    for (const type of [event.type, "*"]) {
      for (const { listener } of listeners.get(type) ?? []) {
        harmless(() => listener(event), { type: event.type, id: event.id });
      }
    }
  }
  /** What a listener throws, now or later, ends in the log. */
  function harmless(call: () => unknown, fields: Readonly<Record<string, string>>): void {
    const failed = (error: unknown): void =>
      logger.log("error", "outbox.listener-failed", { ...fields, error: describeError(error) });
    try {
      Promise.resolve(call()).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  return {
    on: (type, listener) => {
      if (type !== "*") requireEventType("events.on", type);
      const ofType = listeners.get(type) ?? new Set();
      listeners.set(type, ofType);
      const entry = { listener }; // of its own: the same function may listen twice
      ofType.add(entry);
      return () => void ofType.delete(entry);
    },
    onAlert: (listener) => {
      const entry = { listener };
      alerted.add(entry);
      return () => void alerted.delete(entry);
    },
    sink: {
      alert: (health) => {
        for (const { listener } of alerted) harmless(() => listener(health), { type: "alert" });
      },
      announce: (events) => {
        for (const event of events) tell(event);
      },
    },
  };
}
