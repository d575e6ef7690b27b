/** Everything between a composed message and the servers: mailers, outbox, limits, suppressions, bulk, what comes back. */
import type { Clock, Logger } from "../base/index.ts";
import { createMailFromConfig, createMiddleware, type ResolvedConfig } from "../config.ts";
import type { Database } from "../db/index.ts";
import { type Backend, deliveryReports, guardedBackend, type Mail } from "../mail/index.ts";
import {
  type Bounces,
  type Bulk,
  checkRetention,
  createBulk,
  createBulkRenderer,
  createLimits,
  createOutbox,
  createSuppressions,
  type Keeper,
  type Limits,
  listUnsubscribe,
  type Metrics,
  type Outbox,
  type OutboxListeners,
  startHousekeeping,
  type Suppressions,
} from "../outbox/index.ts";
import { createUnsubscribeLinks, type UnsubscribeLinks } from "../web/index.ts";
import { asSetting } from "./as-setting.ts";
import { openEngine } from "./engine.ts";
import { accountOfMailer } from "./mailer-accounts.ts";
import { openObservers, together } from "./observers.ts";
import { openReturns, type Returns } from "./returns.ts";

export interface Post {
  mail: Mail;
  outbox: Outbox;
  bulk: Bulk;
  limits: Limits;
  suppressions: Suppressions;
  events: OutboxListeners;
  metrics: Metrics | undefined;
  returns: Returns;
  bounces: Bounces;
  links: UnsubscribeLinks;
  /** Starts delivering, and all that goes on beside it. */
  start(): void;
  stop(): Promise<void>;
}

/** Builds it on a migrated database. */
export async function openPost(
  config: ResolvedConfig,
  { database, clock, logger }: { database: Database; clock: Clock; logger: Logger },
): Promise<Post> {
  const links = createUnsubscribeLinks({ secretKey: config.secretKey, siteUrl: config.siteUrl });
  const unsubscribing = listUnsubscribe({ urlFor: links.urlFor, mailto: config.unsubscribe?.mailto });
  const settings: ResolvedConfig = { ...config, middleware: [unsubscribing, ...(config.middleware ?? [])] };
  // The mailers that queue are made before the queue is.
  const queue: { outbox?: Outbox } = {};
  const mail = createMailFromConfig(settings, {
    logger,
    clock,
    queue: ({ using, priority = "normal" }) => ({
      send: async (envelope, bytes) => requireOutbox(queue).backend({ using, priority }).send(envelope, bytes),
    }),
  });
  const observers = await openObservers(config, { database, clock, logger });
  const { sinks } = observers;
  const events = together(sinks);
  const suppressions = asSetting("suppression", () =>
    createSuppressions({ database, clock, logger, events, ...config.suppression }),
  );
  // A mistake is said now, not when the first run is due.
  asSetting("retention", () => checkRetention(config.retention));
  const returns = openReturns(config, { database, suppression: suppressions, sinks, clock, logger });
  const limits = createLimits({
    database,
    rules: config.limits,
    mailers: Object.keys(config.mailers),
    accountOf: (mailer) => accountOfMailer(config.mailers[mailer]),
    leaseMs: config.outbox.leaseSeconds * 1000,
    clock,
    logger,
  });
  const middleware = createMiddleware(settings);
  const reports = deliveryReports(middleware, logger);
  const compose: Mail["compose"] = (...message) => mail.compose(...message);
  const rendering = { compose, unsubscribeLink: links.urlFor };
  const engine = await openEngine(config, { database, clock, logger });
  const outbox = createOutbox({
    ...outboxSettings(config),
    database,
    engine,
    // Guarded once more on the way out: what waits there may be older than the settings.
    mailer: kept((name) => {
      const guarded = guardedBackend(mail.mailers.get(name), middleware, logger);
      return observers.watch(name, returns.send(reports.watch(guarded)));
    }),
    gate: limits,
    suppression: suppressions,
    renderer: createBulkRenderer(rendering),
    sinks,
    clock,
    logger,
  });
  queue.outbox = observers.watchOutbox(outbox);
  const bulk = createBulk({
    ...rendering,
    database,
    mailer: (name) => mail.mailers.get(name),
    engine: { add: async (tx, due) => engine?.add(tx, due), wake: () => outbox.wake() },
    clock,
    logger,
  });
  let keeper: Keeper | undefined;
  return {
    mail,
    outbox: queue.outbox,
    bulk,
    limits,
    suppressions,
    events: observers.events,
    metrics: observers.metrics,
    returns,
    bounces: returns.bounces,
    links,
    start: () => {
      outbox.start();
      observers.start();
      returns.start();
      keeper ??= startHousekeeping({ database, retention: config.retention, sweep: limits.sweep, clock, logger });
    },
    stop: async () => {
      await returns.stop();
      await keeper?.stop();
      await outbox.stop();
      await observers.stop();
      await reports.settled();
      await mail.mailers.close();
    },
  };
}

function outboxSettings({ outbox }: ResolvedConfig) {
  const { retrySeconds, leaseSeconds, concurrency, alertSeconds } = outbox;
  return {
    policy: { baseMs: retrySeconds * 1000 },
    leaseMs: leaseSeconds * 1000,
    alertAfterMs: alertSeconds * 1000,
    concurrency,
  };
}

/** Each mailer is dressed once, not for every message. */
function kept(mailer: (name: string) => Backend): (name: string) => Backend {
  const dressed = new Map<string, Backend>();
  return (name) => {
    const known = dressed.get(name) ?? mailer(name);
    dressed.set(name, known);
    return known;
  };
}

function requireOutbox({ outbox }: { outbox?: Outbox }): Outbox {
  if (outbox === undefined) throw new Error("a mailer was used before Waxseal was built");
  return outbox;
}
