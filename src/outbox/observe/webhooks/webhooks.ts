/** Tells the user's own endpoints what happens to messages: durably, signed, and again until they have it. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  type Clock,
  describeError,
  findUnknownOption,
  type Logger,
  newId,
  silentLogger,
  systemClock,
} from "../../../base/index.ts";
import type { Database } from "../../../db/index.ts";
import type { OutboxEvent } from "../../events.ts";
import type { EventSink } from "../../seams.ts";
import { ObserveError } from "../errors.ts";
import { payloadOf } from "../event-payload.ts";
import { webhookCaller, type WebhookCaller } from "./caller.ts";
import { type Courier, type CourierOptions, startCourier, type WebhookReport } from "./courier.ts";
import { type Endpoint, endpointOf, type WebhookEndpoint } from "./endpoint.ts";
import { type CallRow, endpointsWaiting, giveUpCalls, goneUrl, insertCalls } from "./store.ts";

/** What webhooks are made of. */
export interface WebhooksOptions {
  database: Database;
  /** By a name that stays the same when the URL changes: it is what the calls that wait are kept under. */
  endpoints: Readonly<Record<string, WebhookEndpoint>>;
  clock?: Clock;
  logger?: Logger;
  /** Call addresses on the public internet only: for a service whose users name the endpoints. Default false. */
  publicOnly?: boolean;
  /** How long one call may take, in milliseconds. Default 10 s. */
  timeoutMs?: number;
  /** How often to look for what another process has written, in milliseconds. Default 1 s. */
  pollMs?: number;
  /** How long a call is tried, in seconds. Default 3 days. */
  lifetimeSeconds?: number;
  /** Is told what became of each call, for metrics. */
  report?: (report: WebhookReport) => void;
}

/** The webhooks of an outbox. */
export interface Webhooks {
  /** What the outbox tells its events: the calls are rows of the same transaction. */
  readonly sink: EventSink;
  /** Starts making the calls; any number of processes may. Further calls change nothing. */
  start(): void;
  /** Cuts off the calls under way, which are made again after the next start. */
  stop(): Promise<void>;
}

/**
 * Webhooks to these endpoints.
 *
 * At least once: a call whose answer was lost comes again, with the same `webhook-id`.
 *
 * @throws ObserveError WX_OBSERVE_OPTION
 * @example
 * const webhooks = createWebhooks({ database, endpoints: { crm: { url: "https://crm.example/hooks", secret } } });
 * const outbox = createOutbox({ database, mailer, sinks: [webhooks.sink] });
 * webhooks.start();
 */
export function createWebhooks(options: WebhooksOptions): Webhooks {
  const unknown = findUnknownOption(options, Object.keys(known));
  if (unknown !== undefined) {
    throw new ObserveError("WX_OBSERVE_OPTION", `createWebhooks has no option "${unknown.name}". ${unknown.hint}`);
  }
  const { database, clock = systemClock, logger = silentLogger, timeoutMs = 10_000, publicOnly = false } = options;
  const endpoints = Object.entries(options.endpoints).map(([name, endpoint]) => endpointOf(name, endpoint));
  const lifetimeMs = (options.lifetimeSeconds ?? 3 * 24 * 3600) * 1000;
  let caller: WebhookCaller | undefined;
  let couriers: Courier[] = [];
  let sweeping: { stop(): Promise<void> } | undefined;

  function start(): void {
    if (caller !== undefined || endpoints.length === 0) return;
    caller = webhookCaller({ timeoutMs, publicOnly });
    const courierOptions: CourierOptions = {
      database,
      caller,
      clock,
      logger,
      owner: `${hostname()}:${process.pid}:${randomUUID()}`,
      leaseMs: timeoutMs + 30_000,
      pollMs: options.pollMs ?? 1_000,
      lifetimeMs,
      report: options.report ?? (() => {}),
    };
    couriers = endpoints.map((endpoint) => startCourier(endpoint, courierOptions));
    sweeping = sweepHourly({ database, endpoints, clock, logger, lifetimeMs });
  }

  async function stop(): Promise<void> {
    await Promise.all([...couriers.map((courier) => courier.stop()), sweeping?.stop()]);
    caller?.close();
    couriers = [];
    caller = undefined;
  }

  return {
    sink: {
      record: async (tx, events) => {
        const rows = events.flatMap((event) => callsFor(event, endpoints, clock.now()));
        if (rows.length > 0) await insertCalls(tx, rows);
      },
      announce: () => {
        for (const courier of couriers) courier.wake();
      },
    },
    start,
    stop,
  };
}

const known = {
  database: true,
  endpoints: true,
  clock: true,
  logger: true,
  publicOnly: true,
  timeoutMs: true,
  pollMs: true,
  lifetimeSeconds: true,
  report: true,
} satisfies Record<keyof WebhooksOptions, true>;

function callsFor(event: OutboxEvent, endpoints: readonly Endpoint[], now: number): CallRow[] {
  const hearing = endpoints.filter((endpoint) => endpoint.hears(event));
  if (hearing.length === 0) return [];
  const payload = JSON.stringify(payloadOf(event));
  return hearing.map(({ name }) => ({
    id: newId(now),
    endpoint: name,
    payload,
    attempts: 0,
    created_at: now,
    due_at: now,
    lease_owner: null,
    detail: "",
    finished_at: null,
  }));
}

type SweepOptions = Pick<Required<WebhooksOptions>, "database" | "clock" | "logger"> & {
  endpoints: readonly Endpoint[];
  lifetimeMs: number;
};

const SWEEP_MS = 3_600_000;

/** Gives up, when their time is over, calls that nobody makes: of an endpoint that is gone, or no longer in the settings. */
function sweepHourly(options: SweepOptions): { stop(): Promise<void> } {
  const { clock, logger } = options;
  const stopping = new AbortController();
  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await sweep(options);
      } catch (error) {
        logger.log("error", "outbox.webhooks-failed", { error: describeError(error) });
      }
      await clock.sleep(SWEEP_MS, stopping.signal);
    }
  }
  const ended = run();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

async function sweep({ database: { kysely }, endpoints, clock, logger, lifetimeMs }: SweepOptions): Promise<void> {
  for (const name of await endpointsWaiting(kysely)) {
    const endpoint = endpoints.find((candidate) => candidate.name === name);
    if (endpoint !== undefined && (await goneUrl(kysely, name)) !== endpoint.url.href) continue;
    const now = clock.now();
    const detail = "gave up: nobody calls this endpoint any more";
    const count = await giveUpCalls(kysely, { endpoint: name, before: now - lifetimeMs, now, detail });
    if (count > 0) logger.log("error", "outbox.webhooks-given-up", { endpoint: name, count });
  }
}
