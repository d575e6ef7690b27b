/**
 * Fair shares: while more waits than there is room for, a free place goes to the tenant that has the fewest messages under
 * way, and of his mailers to the one that has (max-min fairness). Messages without a tenant share as one. Priority goes first.
 */
import type { Queryable } from "../db/index.ts";
import type { MessageRow } from "./rows.ts";
import type { HotStore, Lane, LaneOfTenant, Waiting } from "./store/hot.ts";
import { priorities } from "./priority.ts";

export interface FairSharesOptions {
  store: Pick<HotStore, "waiting">;
  /** What this worker delivers now. */
  underWay: () => Iterable<Pick<MessageRow, "mailer" | "tenant">>;
  monotonic: () => number;
}

/** Divides what a claim has room for. */
export interface FairShares {
  /** The same lanes, or parts of them by tenant. */
  divide(tx: Queryable, lanes: readonly Lane[], limit: number, now: number): Promise<readonly Lane[]>;
  /** What a claim of these lanes found; the next one is divided only if it was as much as there was room for. */
  found(lanes: readonly Lane[], limit: number, rows: readonly MessageRow[]): void;
}

/** At most so many tenants are looked at in one claim; the next one begins behind the one that was served last. */
const MOST_TENANTS = 64;
/** For how long one who waits alone is taken to be alone, in milliseconds. */
const ALONE_FOR_MS = 1_000;

export function createFairShares({ store, underWay, monotonic }: FairSharesOptions): FairShares {
  let isCrowded = false;
  let aloneUntil = -Infinity;
  /** Who was served last, by rank of priority. */
  const last: (string | undefined)[] = priorities.map(() => undefined);

  async function divide(tx: Queryable, lanes: readonly Lane[], limit: number, now: number): Promise<readonly Lane[]> {
    const open = lanes.filter((lane) => lane.limit > 0);
    if (!isCrowded || open.length === 0 || monotonic() < aloneUntil) return lanes;
    const waiting = await inTurn(tx, open, now);
    const due = waiting.filter(({ count }) => count > 0);
    if (waiting.length < MOST_TENANTS && !isShared(due)) {
      aloneUntil = monotonic() + ALONE_FOR_MS;
      return lanes;
    }
    const { parts, served } = allot(due, lanes, limit, underWay());
    // Where nobody of those was due, the next claim looks at who comes behind them.
    const passed = (rank: number) => waiting.findLast((one) => one.priority === rank && one.tenant !== last[rank]);
    for (const rank of priorities.keys()) last[rank] = served.get(rank) ?? passed(rank)?.tenant ?? last[rank];
    return parts.length > 0 ? parts : lanes;
  }

  /** Who waits, in each lane from the one behind whom was served last, round to that one. */
  async function inTurn(tx: Queryable, lanes: readonly Lane[], now: number): Promise<readonly Waiting[]> {
    const open = lanes.map((lane) => ({ ...lane, from: last[lane.priority] ?? "" }));
    const behind = await store.waiting(tx, open, now, MOST_TENANTS);
    const ended = open.filter((lane) => lane.from !== "" && behind.filter(isOf(lane)).length < MOST_TENANTS);
    const anew = ended.map((lane) => ({ ...lane, from: "" }));
    const before = anew.length === 0 ? [] : await store.waiting(tx, anew, now, MOST_TENANTS);
    const isNew = (one: Waiting): boolean => !behind.some((each) => isOf(one)(each) && each.tenant === one.tenant);
    const isLast = ({ priority, tenant }: Waiting): boolean => last[priority] === tenant;
    return [...behind.filter((one) => !isLast(one)), ...before.filter(isNew), ...behind.filter(isLast)];
  }

  return {
    divide,
    found: (lanes, limit, rows) => {
      const open = lanes.filter((lane) => lane.limit > 0);
      // Where a limit lets nothing go, nothing is found out.
      if (open.length === 0) return;
      isCrowded = rows.length >= limit || open.some((lane) => rows.filter(isOf(lane)).length >= lane.limit);
    },
  };
}

type Place = Pick<Lane, "mailer" | "priority">;

function isOf({ mailer, priority }: Place): (one: Place) => boolean {
  return (one) => one.mailer === mailer && one.priority === priority;
}

/** Whether anything of one priority waits for different tenants or mailers. */
function isShared(waiting: readonly Waiting[]): boolean {
  return new Set(waiting.map(({ priority }) => priority)).size < waiting.length;
}

/** The parts of the lanes, and who was served last of each rank. */
interface Allotment {
  parts: readonly LaneOfTenant[];
  served: ReadonlyMap<number, string>;
}

/** What waits of a tenant in a lane, how many of it are taken, and how much he has under way meanwhile. */
interface Group extends Waiting {
  lane: Lane;
  taken: number;
  ofTenant: Counter;
  ofMailer: Counter;
}

interface Counter {
  count: number;
}

function allot(
  waiting: readonly Waiting[],
  lanes: readonly Lane[],
  limit: number,
  underWay: Iterable<Pick<MessageRow, "mailer" | "tenant">>,
): Allotment {
  const load = loadOf(underWay);
  const room = lanes.map((lane) => ({ ...lane }));
  const groups = waiting.flatMap((one): Group[] => {
    const lane = room.find(isOf(one));
    return lane === undefined ? [] : [{ ...one, ...load(one), lane, taken: 0 }];
  });
  const served = new Map<number, string>();
  let left = limit;
  for (const rank of priorities.keys()) {
    const ofRank = groups.filter(({ priority }) => priority === rank);
    for (; left > 0; left--) {
      const next = lightest(ofRank.filter(({ taken, count, lane }) => taken < count && lane.limit > 0));
      if (next === undefined) break;
      for (const counter of [next.ofTenant, next.ofMailer]) counter.count++;
      next.taken++;
      next.lane.limit--;
      served.set(rank, next.tenant);
    }
  }
  const parts = groups.filter(({ taken }) => taken > 0);
  return {
    parts: parts.map(({ mailer, priority, tenant, taken }) => ({ mailer, priority, tenant, limit: taken })),
    served,
  };
}

/** How many messages are under way, by tenant and by his mailers. */
function loadOf(
  underWay: Iterable<Pick<MessageRow, "mailer" | "tenant">>,
): (group: Pick<Waiting, "mailer" | "tenant">) => Pick<Group, "ofTenant" | "ofMailer"> {
  const tenants = new Map<string, { ofTenant: Counter; mailers: Map<string, Counter> }>();
  const find = ({ tenant, mailer }: Pick<Waiting, "mailer" | "tenant">): Pick<Group, "ofTenant" | "ofMailer"> => {
    const { ofTenant, mailers } = tenants.get(tenant) ?? {
      ofTenant: { count: 0 },
      mailers: new Map<string, Counter>(),
    };
    const ofMailer = mailers.get(mailer) ?? { count: 0 };
    tenants.set(tenant, { ofTenant, mailers: mailers.set(mailer, ofMailer) });
    return { ofTenant, ofMailer };
  };
  for (const { mailer, tenant } of underWay) {
    const { ofTenant, ofMailer } = find({ mailer, tenant: tenant ?? "" });
    ofTenant.count++;
    ofMailer.count++;
  }
  return find;
}

/** The first of those who have the least under way. */
function lightest(groups: readonly Group[]): Group | undefined {
  return groups.reduce<Group | undefined>(
    (least, one) => (least === undefined || isLighter(one, least) ? one : least),
    undefined,
  );
}

function isLighter(one: Group, other: Group): boolean {
  if (one.ofTenant !== other.ofTenant) return one.ofTenant.count < other.ofTenant.count;
  return one.ofMailer.count < other.ofMailer.count;
}
