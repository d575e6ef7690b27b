/**
 * Runs the outbox in virtual time: the real limits (on SQLite in memory) and the real retry policy, with messages, workers,
 * providers and clock simulated.
 */
import { migrate, openDatabase, type Queryable } from "../../src/db/index.ts";
import { priorities, type Priority } from "../../src/outbox/index.ts";
import { sharedLimits, type SharedLimitsOptions } from "../../src/outbox/limits/shared-limits.ts";
import { reachedMail } from "../../src/outbox/knowledge.ts";
import { decide, defaultRetryPolicy } from "../../src/outbox/policy.ts";
import type { Candidate } from "../../src/outbox/seams.ts";
import { candidateOf } from "../../test/support/waiting-messages.ts";
import { Heap } from "./due-queue.ts";
import { type ProviderCounts, type ProviderModel, simulateProvider } from "./provider.ts";

/** A stream of messages. */
export interface Stream {
  priority: Priority;
  count: number;
  /** All of them come between these, evenly, in milliseconds from the start. */
  from: number;
  to: number;
}

/** What is simulated. */
export interface Scenario {
  name: string;
  streams: readonly Stream[];
  workers: number;
  /** Messages that one worker delivers at once. */
  concurrency: number;
  /** By mailer; messages are enqueued for "default". */
  providers: Readonly<Record<string, ProviderModel>>;
  limits?: Omit<SharedLimitsOptions, "clock" | "logger" | "mailers">;
}

/** What came of it. */
export interface Figures {
  name: string;
  messages: number;
  sent: number;
  failed: number;
  /** Messages a second, between the first enqueued and the last sent. */
  perSecond: number;
  /** Attempts for each message. */
  attempts: number;
  /** From enqueue to acceptance, in milliseconds, by priority. */
  ages: Partial<Record<Priority, { p50: number; p99: number; max: number }>>;
  providers: Record<string, ProviderCounts>;
  /** Statements of the limits for each message. */
  statements: number;
}

interface Message {
  id: string;
  candidate: Candidate;
  priority: Priority;
  createdAt: number;
  dueAt: number;
  attempts: number;
  unreached: number;
  doneAt?: number;
  state?: "sent" | "failed";
}

/** How long a worker holds a message, in milliseconds; none takes longer here. */
const LEASE_MS = 30_000;
/** A time far from 0, so that windows begin as they would. */
const EPOCH = Date.UTC(2026, 0, 1);
/** A worker that is kept back looks again after so long at the latest, in milliseconds. */
const LONGEST_REST_MS = 60_000;

export async function simulate(scenario: Scenario): Promise<Figures> {
  await using database = await openDatabase("sqlite::memory:");
  await migrate(database);
  let statements = 0;
  const db: Queryable = database.kysely.withPlugin({
    transformQuery: ({ node }) => {
      statements++;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const random = randomFrom(20_260_102);
  const mailers = Object.keys(scenario.providers);
  const providers = Object.fromEntries(
    Object.entries(scenario.providers).map(([name, model]) => [name, simulateProvider(model, random)]),
  );
  const workers = Array.from({ length: scenario.workers }, () => ({
    free: scenario.concurrency,
    limits: sharedLimits({ ...scenario.limits, mailers }),
    looksAt: Infinity,
  }));
  const lanes = new Map(priorities.map((priority) => [priority, new Heap<Message>(({ dueAt }) => dueAt)]));
  const events = new Heap<{ at: number; run: () => Promise<void> }>(({ at }) => at);
  const all = scenario.streams.flatMap((stream, which) => messagesOf(stream, which));
  /** What is under way is counted by its rows, which stand in the database where that matters. */
  const keepsRows = Object.values(scenario.providers).some(({ connections }) => connections !== undefined);
  let now = 0;

  const wait = (message: Message, dueAt: number): void => {
    message.dueAt = dueAt;
    lanes.get(message.priority)?.push(message);
    wakeAt(dueAt);
  };
  /** Every worker looks then: in a process at once, across processes when it is told. */
  const wakeAt = (at: number): void => {
    for (const worker of workers) {
      if (worker.free === 0 || worker.looksAt <= at) continue;
      worker.looksAt = at;
      // An earlier look takes the place of a later one.
      events.push({ at, run: async () => (worker.looksAt === at ? pull(worker) : undefined) });
    }
  };

  async function pull(worker: (typeof workers)[number]): Promise<void> {
    worker.looksAt = Infinity;
    if (worker.free === 0) return;
    const at = EPOCH + now;
    const [allowance] = await worker.limits.allow(db, ["default"], worker.free, at);
    if (allowance === undefined) return;
    const claimed = take(allowance, worker.free);
    const via = allowance.via ?? "default";
    const admissions = await worker.limits.admit(
      db,
      claimed.map(({ candidate }) => ({ ...candidate, via })),
      at,
    );
    for (const [index, admission] of admissions.entries()) {
      const message = claimed[index] as Message;
      if (admission.admitted) await send(worker, message, via);
      else wait(message, Math.max(now + 1, admission.until - EPOCH));
    }
    if (worker.free === 0) return;
    const next = Math.min(...[...lanes.values()].map((lane) => lane.peek()?.dueAt ?? Infinity));
    const opens = (allowance.opensAt ?? Infinity) - EPOCH;
    if (next > now) return wakeAt(Math.min(next, opens));
    // What is due was kept back, or there was no time for it.
    wakeAt(claimed.length > 0 ? now : Math.max(now + 1, Math.min(opens, now + LONGEST_REST_MS)));
  }

  function take(allowance: { critical: number; others: number }, room: number): Message[] {
    const taken: Message[] = [];
    for (const priority of priorities) {
      const allowed = Math.min(room, priority === "critical" ? allowance.critical : allowance.others);
      const lane = lanes.get(priority);
      while (taken.length < allowed && (lane?.peek()?.dueAt ?? Infinity) <= now) taken.push(lane?.pop() as Message);
    }
    return taken;
  }

  async function send(worker: (typeof workers)[number], message: Message, via: string): Promise<void> {
    worker.free--;
    if (keepsRows) await lease(message);
    const provider = providers[via];
    if (provider === undefined) throw new Error(`There is no provider for ${via}.`);
    const { result, latencyMs } = provider.send(message, now);
    const finish = async (): Promise<void> => {
      worker.free++;
      const at = EPOCH + now;
      if (keepsRows) await release(message);
      await worker.limits.learn(db, { ...message.candidate, via }, result, at);
      message.attempts++;
      const standing = {
        attempts: message.attempts,
        unreached: message.unreached,
        expiresAt: EPOCH + message.createdAt + defaultRetryPolicy.lifetimeMs,
        onUnknown: "resend" as const,
        addresses: message.candidate.addresses,
      };
      const decision = decide(result, standing, defaultRetryPolicy, at, random);
      if (result.kind === "failed" && !reachedMail(result.attempt)) message.unreached++;
      if (decision.nextAttemptAt === null) {
        message.doneAt = now;
        message.state = result.kind === "accepted" ? "sent" : "failed";
      } else wait(message, decision.nextAttemptAt - EPOCH);
      wakeAt(now);
    };
    events.push({ at: now + latencyMs, run: finish });
  }

  async function lease({ candidate }: Message): Promise<void> {
    const row = { ...candidate.message, lease_owner: "worker", due_at: EPOCH + now + LEASE_MS };
    await database.kysely.insertInto("outbox_messages").values(row).execute();
  }

  async function release({ id }: Message): Promise<void> {
    await database.kysely.deleteFrom("outbox_messages").where("id", "=", id).execute();
  }

  for (const message of all) {
    events.push({ at: message.createdAt, run: async () => wait(message, message.createdAt) });
  }
  for (let event = events.pop(); event !== undefined; event = events.pop()) {
    now = Math.max(now, event.at);
    await event.run();
  }
  return figuresOf(
    scenario.name,
    all,
    Object.fromEntries(mailers.map((name) => [name, providers[name]?.counts as ProviderCounts])),
    statements,
  );
}

function messagesOf({ priority, count, from, to }: Stream, which: number): Message[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `${which}-${index}`;
    const createdAt = from + ((to - from) * index) / count;
    return {
      id,
      candidate: candidateOf({ id, priority }),
      priority,
      createdAt,
      dueAt: createdAt,
      attempts: 0,
      unreached: 0,
    };
  });
}

function figuresOf(
  name: string,
  all: readonly Message[],
  providers: Record<string, ProviderCounts>,
  statements: number,
): Figures {
  const sent = all.filter(({ state }) => state === "sent");
  const last = Math.max(...sent.map(({ doneAt = 0 }) => doneAt));
  const first = Math.min(...all.map(({ createdAt }) => createdAt));
  const ages: Figures["ages"] = {};
  for (const priority of priorities) {
    const sorted = sent
      .filter((message) => message.priority === priority)
      .map(({ doneAt = 0, createdAt }) => doneAt - createdAt)
      .toSorted((a, b) => a - b);
    if (sorted.length === 0) continue;
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    ages[priority] = { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
  return {
    name,
    messages: all.length,
    sent: sent.length,
    failed: all.filter(({ state }) => state === "failed").length,
    perSecond: sent.length / ((last - first) / 1000),
    attempts: all.reduce((sum, { attempts }) => sum + attempts, 0) / all.length,
    ages,
    providers,
    statements: statements / all.length,
  };
}

/** The same numbers in each run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
