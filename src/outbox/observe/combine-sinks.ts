/** Several who want to know what happens, as one. */
import type { EventSink } from "../seams.ts";

/**
 * A sink that tells each of these in turn; one that throws while it is told keeps no other from being told.
 *
 * @example
 * createOutbox({ database, mailer, events: combineSinks(listeners.sink, webhooks.sink, metrics.sink) });
 */
export function combineSinks(...sinks: readonly EventSink[]): EventSink {
  const recording = sinks.filter(({ record }) => record !== undefined);
  return {
    ...(recording.length > 0 && {
      record: async (tx, events) => {
        for (const sink of recording) await sink.record?.(tx, events);
      },
    }),
    announce: (events) => {
      const errors: unknown[] = [];
      for (const sink of sinks) {
        try {
          sink.announce?.(events);
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
