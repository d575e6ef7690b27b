/** Tells functions of this process what happens to messages, in this process, after the commit. */
import { describeError, type Logger, silentLogger } from "../../base/index.ts";
import type { OutboxEvent, OutboxEventType } from "../events.ts";
import type { EventSink } from "../seams.ts";
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
  /** What the outbox tells its events. */
  readonly sink: EventSink;
}

/** An empty list of listeners. */
export function createListeners({ logger = silentLogger }: { logger?: Logger } = {}): OutboxListeners {
  const listeners = new Map<string, Set<{ listener: OutboxListener }>>();

  function tell(event: OutboxEvent): void {
    for (const type of [event.type, "*"]) {
      for (const { listener } of listeners.get(type) ?? []) call(listener, event);
    }
  }
  function call(listener: OutboxListener, event: OutboxEvent): void {
    const failed = (error: unknown): void =>
      logger.log("error", "outbox.listener-failed", { type: event.type, id: event.id, error: describeError(error) });
    try {
      Promise.resolve(listener(event)).catch(failed);
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
    sink: {
      announce: (events) => {
        for (const event of events) tell(event);
      },
    },
  };
}
