/** The claim of a turn: takes the leases of what is due, and asks the neighbours which of it may leave. */
import { CutOff } from "../base/index.ts";
import type { Queryable } from "../db/index.ts";
import { byMessage } from "./by-message.ts";
import type { Entry } from "./entry.ts";
import type { FairShares } from "./fair-shares.ts";
import { isWaiting, type Job } from "./job.ts";
import { allIn, type Outcome, withoutAttempt } from "./outcome.ts";
import { priorities } from "./priority.ts";
import { isUntouched, type Recent } from "./recent.ts";
import type { Allowance, Gate, Renderer, SuppressionGate } from "./seams.ts";
import type { MessageRow } from "./rows.ts";
import { putBack } from "./store/putting-back.ts";
import type { HotStore, Lane, Lease } from "./store/hot.ts";
import type { OutboxRecipient } from "./types.ts";

/** Whom a claim asks. */
export interface ClaimOptions {
  store: HotStore;
  gate: Gate | undefined;
  suppression: SuppressionGate | undefined;
  renderer: Renderer | undefined;
  /** How many bytes of bodies are read along; the others are read when their turn comes. */
  maxBytes: number;
  monotonic: () => number;
  recent: Recent;
  shares: FairShares;
}

/** What a claim is for. */
export interface ClaimRequest {
  lease: Lease;
  /** How many messages there is room for. */
  wanted: number;
  /** Those for which something may be due. */
  mailers?: readonly string[] | undefined;
  /** These alone, whatever else is due. */
  ids?: readonly string[] | undefined;
  /** Messages of this turn that were inserted under the lease already. */
  fresh?: readonly Entry[] | undefined;
  /** What each mailer may send now, where there are limits. */
  allowances: ReadonlyMap<string, Allowance> | undefined;
}

/** What came of it. */
export interface Claim {
  /** To be delivered. */
  jobs: Job[];
  /** To be written down in the same transaction: they get no attempt. */
  outcomes: Outcome[];
  /** There may be more that is due: the claim found as much as there was room for. */
  more: boolean;
  /** Those that the limits do not let go yet, and when they are due again. */
  putOff: readonly { job: Job; dueAt: number }[];
}

export async function claim(tx: Queryable, request: ClaimRequest, options: ClaimOptions): Promise<Claim> {
  const { lease, ids, wanted, fresh = [], allowances } = request;
  const rows = await claimRows(tx, request, options);
  const jobs = [...fresh.map((entry) => jobOfEntry(entry, options)), ...(await jobsOfRows(tx, rows, options))];
  if (allowances !== undefined) for (const job of jobs) job.via = allowances.get(job.message.mailer)?.via;
  const more = ids === undefined && (rows.length >= wanted - fresh.length || isLimited(allowances, wanted));
  return { ...(await check(tx, jobs, lease.now, options)), more };
}

/** Of a claim, what is about these messages. */
export function claimOf(claimed: Claim, entries: readonly Entry[]): Claim {
  const ids = new Set(entries.map(({ message }) => message.id));
  const isOne = ({ message }: Job): boolean => ids.has(message.id);
  const outcomes = claimed.outcomes.filter(({ job }) => isOne(job));
  return { ...claimed, jobs: claimed.jobs.filter(isOne), outcomes };
}

async function claimRows(tx: Queryable, request: ClaimRequest, options: ClaimOptions): Promise<MessageRow[]> {
  const { store, recent, shares } = options;
  const { ids, lease, wanted, fresh = [], allowances, mailers = [] } = request;
  if (ids !== undefined) return store.claimByIds(tx, ids, lease);
  const limit = wanted - fresh.length;
  if (limit <= 0) return [];
  const lanes = lanesOf(mailers, limit, fresh, allowances);
  const parts = await shares.divide(tx, lanes, limit, lease.now);
  const rows = await store.claim(tx, parts, limit, lease, recent);
  // What those who share leave goes to whoever waits longest.
  if (parts !== lanes && rows.length < limit) {
    rows.push(...(await store.claim(tx, withoutTaken(lanes, rows), limit - rows.length, lease, recent)));
  }
  shares.found(lanes, limit, rows);
  return rows;
}

/** Where mailers are limited, what was inserted in this turn counts towards the limit. */
function lanesOf(
  mailers: readonly string[],
  limit: number,
  fresh: readonly Entry[],
  allowances: ReadonlyMap<string, Allowance> | undefined,
): Lane[] {
  return mailers.flatMap((mailer) => {
    const allowance = allowances?.get(mailer);
    const taken = allowance === undefined ? 0 : fresh.filter(({ message }) => message.mailer === mailer).length;
    return priorities.map((priority, rank) => {
      const allowed = (priority === "critical" ? allowance?.critical : allowance?.others) ?? limit;
      return { mailer, priority: rank, limit: Math.max(0, Math.min(limit, allowed - taken)) };
    });
  });
}

function withoutTaken(lanes: readonly Lane[], rows: readonly MessageRow[]): Lane[] {
  return lanes.map((lane) => {
    const taken = rows.filter(({ mailer, priority }) => mailer === lane.mailer && priority === lane.priority);
    return { ...lane, limit: lane.limit - taken.length };
  });
}

function jobOfEntry({ message, addresses, bytes }: Entry, { monotonic }: ClaimOptions): Job {
  const recipients = addresses.map((address, position) => ({ position, address, state: "queued" }));
  return {
    message,
    recipients,
    addresses,
    via: undefined,
    bytes,
    cutOff: new CutOff(),
    leasedAt: monotonic(),
  };
}

async function jobsOfRows(tx: Queryable, rows: readonly MessageRow[], options: ClaimOptions): Promise<Job[]> {
  const known = new Map<string, Job>();
  for (const row of rows) {
    const entry = options.recent.find(row.id);
    options.recent.drop(row.id);
    if (entry !== undefined && isUntouched(row)) known.set(row.id, jobOfEntry({ ...entry, message: row }, options));
  }
  const unknown = rows.filter(({ id }) => !known.has(id));
  const read = await readJobs(tx, unknown, options);
  return rows.flatMap(({ id }) => known.get(id) ?? read.get(id) ?? []);
}

async function readJobs(
  tx: Queryable,
  rows: readonly MessageRow[],
  { store, maxBytes, monotonic }: ClaimOptions,
): Promise<Map<string, Job>> {
  if (rows.length === 0) return new Map();
  let room = maxBytes;
  const small = rows.filter(({ bulk_id: bulk, size }) => bulk === null && (room -= size) >= 0).map(({ id }) => id);
  const ids = rows.map(({ id }) => id);
  const found = await store.contents(tx, ids, small);
  const recipients = byMessage(found.recipients);
  const bodies = new Map(found.bodies.map(({ message_id: id, bytes }) => [id, bytes]));
  return new Map(
    rows.map((message) => {
      const all = recipients.get(message.id) ?? [];
      const addresses = all.filter(isWaiting).map(({ address }) => address);
      const bytes = bodies.get(message.id);
      const cutOff = new CutOff();
      return [
        message.id,
        { message, recipients: all, addresses, via: undefined, bytes, cutOff, leasedAt: monotonic() },
      ];
    }),
  );
}

/** The limits may have kept back what is due. */
function isLimited(allowances: ClaimRequest["allowances"], wanted: number): boolean {
  return [...(allowances?.values() ?? [])].some(({ others }) => others < wanted);
}

type Checked = Omit<Claim, "more">;

async function check(tx: Queryable, claimed: readonly Job[], now: number, options: ClaimOptions): Promise<Checked> {
  const { gate, suppression, renderer } = options;
  const outcomes: Outcome[] = [];
  let jobs = dropFinished(claimed, now, outcomes);
  if (renderer?.withhold !== undefined) jobs = await dropWithheld(tx, jobs, now, outcomes, renderer);
  if (suppression !== undefined) jobs = await dropSuppressed(tx, jobs, now, outcomes, suppression);
  if (gate === undefined || jobs.length === 0) return { jobs, outcomes, putOff: [] };
  return { ...(await admit(tx, jobs, now, gate)), outcomes };
}

/** A message whose time is over, or that has nobody to go to, gets no attempt. */
function dropFinished(jobs: readonly Job[], now: number, outcomes: Outcome[]): Job[] {
  return jobs.filter((job) => {
    if (job.addresses.length > 0 && job.message.expires_at > now) return true;
    const detail = `gave up: the message's time was over at ${new Date(job.message.expires_at).toISOString()}`;
    outcomes.push(withoutAttempt(job, allIn(job, "failed", detail), now));
    return false;
  });
}

async function dropWithheld(
  tx: Queryable,
  jobs: readonly Job[],
  now: number,
  outcomes: Outcome[],
  renderer: Renderer,
): Promise<Job[]> {
  const ofBulks = jobs.filter(({ message }) => message.bulk_id !== null).map(({ message }) => message);
  if (ofBulks.length === 0) return [...jobs];
  const withheld = await renderer.withhold?.(tx, ofBulks);
  return jobs.filter((job) => {
    const reason = withheld?.get(job.message.id);
    if (reason === undefined) return true;
    outcomes.push(withoutAttempt(job, allIn(job, reason.state, reason.detail), now));
    return false;
  });
}

/** Takes those out who must not be written to. A message that has others left is sent to them. */
async function dropSuppressed(
  tx: Queryable,
  jobs: readonly Job[],
  now: number,
  outcomes: Outcome[],
  suppression: SuppressionGate,
): Promise<Job[]> {
  const kept: Job[] = [];
  const streams = new Map<string | null, Job[]>();
  for (const job of jobs) streams.set(job.message.stream, [...(streams.get(job.message.stream) ?? []), job]);
  for (const [stream, group] of streams) {
    const asked = group.flatMap(({ addresses }) => addresses.map((address) => ({ address, stream })));
    const reasons = await suppression.find(tx, asked, now);
    for (const job of group) {
      const left = reasons.size === 0 ? job : withoutSuppressed(job, reasons, now, outcomes);
      if (left !== undefined) kept.push(left);
    }
  }
  return kept;
}

function withoutSuppressed(
  job: Job,
  reasons: ReadonlyMap<string, string>,
  now: number,
  outcomes: Outcome[],
): Job | undefined {
  const suppressed: OutboxRecipient[] = job.addresses.flatMap((address) => {
    const detail = reasons.get(address);
    return detail === undefined ? [] : [{ address, state: "suppressed", detail }];
  });
  if (suppressed.length === 0) return job;
  if (suppressed.length === job.addresses.length) {
    outcomes.push(withoutAttempt(job, suppressed, now));
    return undefined;
  }
  // Written with the outcome of the attempt that follows, so that there is one place where a message is settled.
  const addresses = job.addresses.filter((address) => !reasons.has(address));
  return { ...job, addresses, suppressed };
}

/** Asks the limits; what may not leave yet is put back until it may. */
async function admit(
  tx: Queryable,
  jobs: readonly Job[],
  now: number,
  gate: Gate,
): Promise<{ jobs: Job[]; putOff: { job: Job; dueAt: number }[] }> {
  const candidates = jobs.map(({ message, addresses, via }) => ({ message, addresses, via }));
  const waiting = new Map(
    (await gate.admit(tx, candidates, now)).flatMap((answer) =>
      answer.admitted ? [] : [[answer.id, answer] as const],
    ),
  );
  const admitted: Job[] = [];
  const putOff: { job: Job; dueAt: number }[] = [];
  for (const job of jobs) {
    const answer = waiting.get(job.message.id);
    if (answer === undefined) {
      admitted.push(job);
      continue;
    }
    const dueAt = Math.max(answer.until, now + 1);
    await putBack(tx, job.message.id, dueAt, JSON.stringify(answer.reason));
    putOff.push({ job, dueAt });
  }
  return { jobs: admitted, putOff };
}
