/** Those who are told what happens: listeners, webhooks, metrics, traces. */
import type { Clock, Logger } from "../base/index.ts";
import type { ResolvedConfig } from "../config.ts";
import type { Database } from "../db/index.ts";
import type { Backend } from "../mail/index.ts";
import {
  createListeners,
  createMetrics,
  createTracing,
  createWebhooks,
  type EventSink,
  type Metrics,
  type Outbox,
  type OutboxListeners,
} from "../outbox/index.ts";

export interface Observers {
  events: OutboxListeners;
  metrics: Metrics | undefined;
  sinks: readonly EventSink[];
  /** The same backend, whose sends are seen. */
  watch(mailer: string, backend: Backend): Backend;
  /** The same outbox, whose enqueues are seen. */
  watchOutbox(outbox: Outbox): Outbox;
  /** Starts what is told to others. */
  start(): void;
  stop(): Promise<void>;
}

/** Only what is configured is loaded. */
export async function openObservers(
  {
    webhooks: endpoints = {},
    webhooksPublicOnly: publicOnly = false,
    metrics: scraped,
    tracing: isTraced,
  }: ResolvedConfig,
  { database, clock, logger }: { database: Database; clock: Clock; logger: Logger },
): Promise<Observers> {
  const events = createListeners({ logger });
  const metrics = scraped?.token === undefined ? undefined : await createMetrics({ database, clock, logger });
  const tracing = isTraced === true ? await createTracing() : undefined;
  const report = metrics === undefined ? {} : { report: metrics.report };
  const hasWebhooks = Object.keys(endpoints).length > 0;
  const webhooks = hasWebhooks
    ? createWebhooks({ database, endpoints, publicOnly, clock, logger, ...report })
    : undefined;
  return {
    events,
    metrics,
    sinks: [events.sink, webhooks?.sink, metrics?.sink].filter((sink) => sink !== undefined),
    watch: (mailer, backend) => {
      const measured = metrics?.backend(mailer, backend) ?? backend;
      return tracing?.backend(mailer, measured) ?? measured;
    },
    watchOutbox: (outbox) => {
      metrics?.watch(outbox);
      return tracing?.outbox(outbox) ?? outbox;
    },
    start: () => webhooks?.start(),
    stop: async () => webhooks?.stop(),
  };
}

/** Several sinks as one. */
export function together(sinks: readonly EventSink[]): EventSink {
  return {
    record: async (tx, events) => {
      for (const sink of sinks) await sink.record?.(tx, events);
    },
    announce: (events) => {
      for (const sink of sinks) sink.announce?.(events);
    },
  };
}
