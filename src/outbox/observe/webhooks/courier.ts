/** Makes the calls of one endpoint: takes them under a lease, and writes down what came of each. */
import { backoffMs, type Clock, describeError, type Logger } from "../../../base/index.ts";
import type { Database } from "../../../db/index.ts";
import type { WebhookAnswer, WebhookCaller } from "./caller.ts";
import { circuit } from "./circuit.ts";
import type { Endpoint } from "./endpoint.ts";
import { type CallRow, claimCalls, goneUrl, markGone, nextDueAt, settleCall } from "./store.ts";

/** What became of one call. */
export interface WebhookReport {
  endpoint: string;
  outcome: "delivered" | "deferred" | "failed";
  seconds: number;
}

export interface CourierOptions {
  database: Database;
  caller: WebhookCaller;
  clock: Clock;
  logger: Logger;
  /** Who holds the leases. */
  owner: string;
  /** How long a lease holds: longer than any call takes. */
  leaseMs: number;
  pollMs: number;
  /** A call is tried for so long. */
  lifetimeMs: number;
  report: (report: WebhookReport) => void;
}

export interface Courier {
  /** There may be something to do. */
  wake(): void;
  /** Takes no further call and cuts off those under way, which are then due again at once. */
  stop(): Promise<void>;
}

/** 10 s, doubling to 6 hours: some twenty tries in three days. */
const retries = { baseMs: 10_000, capMs: 6 * 3_600_000 };
/** An endpoint that is gone is looked at so often, for its URL may have been changed by another process' settings. */
const GONE_REST_MS = 60_000;

export function startCourier(endpoint: Endpoint, options: CourierOptions): Courier {
  const { database, clock, logger, owner, pollMs } = options;
  const { kysely } = database;
  const breaker = circuit(clock);
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let wake = new AbortController();

  /** Takes what is due, and starts it; returns how long there is nothing to do. */
  async function work(): Promise<number> {
    if ((await goneUrl(kysely, endpoint.name)) === endpoint.url.href) return GONE_REST_MS;
    const limit = breaker.allow(endpoint.concurrency - running.size, running.size);
    const now = clock.now();
    if (limit <= 0) return Math.max(0, breaker.opensAt - now) || pollMs;
    // Looked at before it is claimed: a claim of nothing would still be a write.
    const dueAt = await nextDueAt(kysely, endpoint.name);
    if (dueAt === undefined || dueAt > now) return Math.min(pollMs, (dueAt ?? Number.POSITIVE_INFINITY) - now);
    const calls = await claimCalls(database, {
      endpoint: endpoint.name,
      owner,
      now,
      until: now + options.leaseMs,
      limit,
    });
    for (const call of calls) {
      const done = deliver(call).finally(() => {
        running.delete(done);
        wake.abort(); // a place is free
      });
      running.add(done);
    }
    return calls.length === 0 ? pollMs : 0;
  }

  /** Makes one call; never rejects. A call whose outcome cannot be written is made again when its lease runs out. */
  async function deliver(call: CallRow): Promise<void> {
    try {
      const at = clock.now();
      const answer = await options.caller.call(endpoint, { id: call.id, body: call.payload, at }, stopping.signal);
      const isCutOff = stopping.signal.aborted && answer.status === 0;
      if (isCutOff) return await giveBack(call);
      breaker.record(isSuccess(answer));
      await settle(call, answer, (clock.now() - at) / 1000);
    } catch (error) {
      logger.log("error", "outbox.webhook-unsettled", { endpoint: endpoint.name, error: describeError(error) });
    }
  }

  async function giveBack({ id, attempts, detail }: CallRow): Promise<void> {
    await settleCall(kysely, { id, owner }, { attempts, detail, due_at: clock.now(), finished_at: null });
  }

  async function settle(call: CallRow, answer: WebhookAnswer, seconds: number): Promise<void> {
    const now = clock.now();
    const attempts = call.attempts + 1;
    const detail = [answer.status || "", answer.text].join(" ").trim();
    const next = now + Math.max(backoffMs(attempts, retries), Math.min(answer.retryAfterMs, retries.capMs));
    const isOver = next > call.created_at + options.lifetimeMs;
    const outcome = isSuccess(answer) ? "delivered" : isOver ? "failed" : "deferred";
    const due = outcome === "deferred" ? next : null;
    const finished = outcome === "deferred" ? null : now;
    if (answer.status === 410) await gone();
    await settleCall(kysely, { id: call.id, owner }, { attempts, detail, due_at: due, finished_at: finished });
    options.report({ endpoint: endpoint.name, outcome, seconds });
    if (outcome === "delivered") return;
    const event = outcome === "failed" ? "outbox.webhook-failed" : "outbox.webhook-deferred";
    const fields = { endpoint: endpoint.name, id: call.id, attempts, status: answer.status, text: answer.text };
    logger.log(outcome === "failed" ? "error" : "warn", event, fields);
  }

  /** "Gone" asks us to stop: nothing more is sent there until its settings name another URL. */
  async function gone(): Promise<void> {
    await markGone(kysely, endpoint.name, endpoint.url.href);
    const advice = "It answered 410 and is told nothing more. Give it another URL, or take it out of the settings.";
    logger.log("error", "outbox.webhook-gone", { endpoint: endpoint.name, text: advice });
  }

  async function supervise(): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      try {
        const restMs = await work();
        await clock.sleep(restMs, wake.signal);
      } catch (error) {
        logger.log("error", "outbox.webhooks-failed", { endpoint: endpoint.name, error: describeError(error) });
        await clock.sleep(pollMs, stopping.signal);
      }
    }
  }

  const ended = supervise();
  return {
    wake: () => wake.abort(),
    stop: async () => {
      stopping.abort();
      wake.abort();
      await ended;
      await Promise.all(running);
    },
  };
}

const isSuccess = ({ status }: WebhookAnswer): boolean => status >= 200 && status < 300;
