/** Tells those who want to know: within the transaction, and after it. */
import { describeError, type Logger } from "../base/index.ts";
import type { Queryable } from "../db/index.ts";
import type { OutboxEvent } from "./events.ts";
import type { EventSink } from "./seams.ts";
import type { OutboxHealth } from "./types.ts";

export interface Teller {
  /** False where nobody listens, so that no event need be made. */
  readonly listens: boolean;
  record(tx: Queryable, events: readonly OutboxEvent[]): Promise<void>;
  announce(events: readonly OutboxEvent[]): void;
  alert(health: OutboxHealth): void;
}

export function createTeller(sinks: readonly EventSink[], logger: Logger): Teller {
  const each = (tell: (sink: EventSink) => void): void => {
    for (const sink of sinks) {
      try {
        tell(sink);
      } catch (error) {
        logger.log("error", "outbox.sink-failed", { error: describeError(error) });
      }
    }
  };
  return {
    listens: sinks.length > 0,
    record: async (tx, events) => {
      if (events.length > 0) for (const sink of sinks) await sink.record?.(tx, events);
    },
    announce: (events) => {
      if (events.length > 0) each((sink) => sink.announce?.(events));
    },
    alert: (health) => each((sink) => sink.alert?.(health)),
  };
}
