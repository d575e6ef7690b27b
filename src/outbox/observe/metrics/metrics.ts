/** Metrics for Prometheus: how full the outbox is, what attempts come to and how long they take. */
import type { Registry } from "prom-client";
import { type Clock, describeError, type Logger, silentLogger, systemClock } from "../../../base/index.ts";
import type { Database } from "../../../db/index.ts";
import { type Backend, withSend } from "../../../mail/index.ts";
import type { Outbox } from "../../api.ts";
import type { OutboxEvent } from "../../events.ts";
import type { EventSink } from "../../seams.ts";
import { loadPackage } from "../errors.ts";
import type { WebhookReport } from "../webhooks/courier.ts";
import { boundedLabel } from "./bounded-label.ts";
import { measureDepth } from "./depth.ts";
import { registerGauges } from "./gauges.ts";

/** A registry of prom-client: all that is asked of one here. */
export interface MetricsRegistry {
  metrics(): Promise<string>;
  readonly contentType: string;
}

/** What metrics are made of. */
export interface MetricsOptions {
  database: Database;
  /** The application's own prom-client registry. Default: one of its own. */
  registry?: MetricsRegistry | undefined;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
}

/** The metrics of one process. */
export interface Metrics {
  /** What the outbox tells its events. */
  readonly sink: EventSink;
  /** The same backend, whose sends are timed and whose connections are counted. */
  backend(mailer: string, backend: Backend): Backend;
  /** Says from now on whether mail of this outbox is late. */
  watch(outbox: Pick<Outbox, "health">): void;
  /** Is told what became of each webhook call. */
  report(report: WebhookReport): void;
  /** All of it, in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
  readonly registry: MetricsRegistry;
}

/** So long the answers of the database hold: two scrapers cost no more than one. */
const CACHE_MS = 10_000;
const acceptanceBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 43_200];
const attemptBuckets = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];

/**
 * Metrics in a registry of prom-client. Labels are few: mailers, states and causes, never an address or an id.
 *
 * @throws ObserveError WX_OBSERVE_PACKAGE where `prom-client` is not installed
 * @example
 * const metrics = await createMetrics({ database });
 * const outbox = createOutbox({
 *   database,
 *   sinks: [metrics.sink],
 *   mailer: (name) => metrics.backend(name, mail.mailers.get(name)),
 * });
 * const handler = metricsHandler(metrics, { token: "..." }); // Request -> Response
 */
export async function createMetrics(options: MetricsOptions): Promise<Metrics> {
  const prom = await loadPackage("prom-client", "Metrics", () => import("prom-client"));
  const { database, clock = systemClock, logger = silentLogger } = options;
  // The caller's registry is prom-client's; its type is not named in ours, for those who have no prom-client.
  const registry = (options.registry as Registry | undefined) ?? new prom.Registry();
  const registers = [registry];
  const mailerOf = boundedLabel(100);
  const causeOf = boundedLabel(200);
  const backends = new Map<string, Backend>();

  const attempts = new prom.Counter({
    name: "waxseal_outbox_attempts_total",
    help: "What attempts came to, by cause; one that took some recipients and refused others counts for each.",
    labelNames: ["outcome", "cause", "mailer"],
    registers,
  });
  const recipients = new prom.Counter({
    name: "waxseal_outbox_recipients_total",
    help: "Recipients to whom something happened: sent, deferred, failed, suppressed, bounced, complained and others.",
    labelNames: ["event", "mailer"],
    registers,
  });
  const acceptance = new prom.Histogram({
    name: "waxseal_outbox_acceptance_seconds",
    help: "From the enqueue to the server's acceptance.",
    labelNames: ["mailer", "priority"],
    buckets: acceptanceBuckets,
    registers,
  });
  const attemptTime = new prom.Histogram({
    name: "waxseal_outbox_attempt_seconds",
    help: "How long one attempt took, whatever it came to.",
    labelNames: ["mailer"],
    buckets: attemptBuckets,
    registers,
  });
  const calls = new prom.Counter({
    name: "waxseal_webhook_calls_total",
    help: "Webhook calls that were made, by what they came to.",
    labelNames: ["endpoint", "outcome"],
    registers,
  });
  const alerts = new prom.Counter({
    name: "waxseal_outbox_alerts_total",
    help: "Times that mail became late.",
    registers,
  });
  const watched: { outbox?: Pick<Outbox, "health"> } = {};
  registerGauges(prom, registry, {
    depth: cached((now) => measureDepth(database.kysely, now), clock, logger),
    health: cached(async () => watched.outbox?.health(), clock, logger),
    now: () => clock.now(),
    backends,
  });

  function count(event: OutboxEvent): void {
    const { type, priority } = event;
    const mailer = mailerOf(event.mailer);
    recipients.inc({ event: type, mailer }, event.recipients.length);
    if (!isOutcome(event)) return;
    const cause = type === "sent" ? "none" : causeOf(event.diagnosis?.id ?? "unexplained");
    attempts.inc({ outcome: type, cause, mailer });
    if (type === "sent") acceptance.observe({ mailer, priority }, Math.max(0, event.at - event.createdAt) / 1000);
  }

  return {
    sink: {
      alert: () => alerts.inc(),
      announce: (events) => {
        for (const event of events) count(event);
      },
    },
    backend: (mailer, backend) => {
      backends.set(mailerOf(mailer), backend);
      return withSend(backend, async (envelope, bytes, call) => {
        const stop = attemptTime.startTimer({ mailer: mailerOf(mailer) });
        try {
          return await backend.send(envelope, bytes, call);
        } finally {
          stop();
        }
      });
    },
    watch: (outbox) => {
      watched.outbox = outbox;
    },
    report: ({ endpoint, outcome }) => calls.inc({ endpoint, outcome }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    registry,
  };
}

/** Whether an event is what an attempt came to, and not what a person or a list decided. */
function isOutcome({ type, server }: OutboxEvent): boolean {
  return type === "deferred" || type === "unknown" || ((type === "sent" || type === "failed") && server !== "");
}

/** Asks the database once in ten seconds. A database that is away leaves the gauges out, not the counters. */
function cached<T>(ask: (now: number) => Promise<T>, clock: Clock, logger: Logger): () => Promise<T | undefined> {
  let asked: { at: number; answer: Promise<T | undefined> } | undefined;
  return () => {
    const now = clock.now();
    if (asked === undefined || now - asked.at >= CACHE_MS || now < asked.at) {
      const answer = ask(now).catch((error: unknown) => {
        logger.log("warn", "outbox.metrics-failed", { error: describeError(error) });
        return undefined;
      });
      asked = { at: now, answer };
    }
    return asked.answer;
  };
}
