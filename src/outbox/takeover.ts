/** Takes over what a dead worker left under its lease. */
import { sql } from "kysely";
import { CutOff, describeError, type Logger } from "../base/index.ts";
import type { Database, Queryable } from "../db/index.ts";
import type { Channel } from "./channel.ts";
import { dueMessage, type Engine } from "./engine.ts";
import type { Job } from "./job.ts";
import { isWaiting } from "./job.ts";
import { allIn, type Outcome, place } from "./outcome.ts";
import { listRecipients } from "./store.ts";
import type { Abandoned, HotStore } from "./store/hot.ts";
import { takeLease } from "./store/taking-over.ts";
import type { Teller } from "./teller.ts";
import type { OutboxAttempt } from "./types.ts";

/** After so many leases in a row that ended without a word, the message is taken for what kills its workers. */
const MOST_TAKEOVERS = 5;
/** From so many on, those that are taken over together are tried one after the other, so that the one that kills its workers takes no other along to the fifth. */
const SUSPECT_TAKEOVERS = 2;
/** How far apart they are tried, in milliseconds: most deliveries end within that; and over how many places, so that a fleet that crashed is back within a minute. */
const APART_MS = 1_000;
const PLACES = 60;
/** A worker whose machine is gone can hold its rows' locks for hours, as its connection ends for Postgres only then; the rest need not wait for these. */
const LOCK_WAIT = "set local lock_timeout = '1s'";

export interface TakeoverOptions {
  database: Database;
  store: HotStore;
  teller: Teller;
  channel: Channel;
  engine: Engine;
  logger: Logger;
  owner: string;
  leaseMs: number;
  now: () => number;
  monotonic: () => number;
  /** True for what this process delivers itself; its renewal looks after it. */
  isOurs: (id: string) => boolean;
}

/** Looks for leases that have run out; tells whether something became due. */
export function takeovers(options: TakeoverOptions): () => Promise<boolean> {
  const { database, store, leaseMs, now, monotonic, isOurs } = options;
  let seen = new Map<string, { lease: string; since: number }>();

  /**
   * Guarantee: a lease is taken over only after it was seen to have run out for half its time by a clock that never
   * jumps. A living worker renews it within a third, so a wall clock that jumps forward takes nothing from anybody.
   */
  function ripe(found: readonly Abandoned[]): Abandoned[] {
    const at = monotonic();
    const before = seen;
    seen = new Map();
    return found.filter(({ id, lease_owner: owner, due_at: until }) => {
      const lease = `${owner} ${until}`;
      const known = before.get(id);
      const since = known?.lease === lease ? known.since : at;
      seen.set(id, { lease, since });
      return at - since >= leaseMs / 2;
    });
  }

  return async () => {
    const found = (await store.abandoned(database.kysely, now())).filter(({ id }) => !isOurs(id));
    let some = false;
    let suspects = 0;
    for (const abandoned of ripe(found)) {
      const outcome = await takeOver(abandoned, options, (suspects % PLACES) * APART_MS);
      if (outcome === undefined || outcome.settlement.dueAt === null) continue;
      some = true;
      if (outcome.settlement.takeovers >= SUSPECT_TAKEOVERS) suspects++;
    }
    return some;
  };
}

/** One message, in a transaction of its own: what cannot be read must not keep the others. A suspect is due after `apartMs`. */
async function takeOver(abandoned: Abandoned, options: TakeoverOptions, apartMs: number): Promise<Outcome | undefined> {
  const { database, store, teller, channel, engine, logger } = options;
  const { id, lease_owner: lastOwner } = abandoned;
  try {
    const outcome = await database.kysely.transaction().execute(async (tx) => {
      if (database.dialect === "postgres") await sql.raw(LOCK_WAIT).execute(tx);
      const made = await outcomeOf(tx, abandoned, options, apartMs);
      if (made === undefined) return undefined;
      await store.settle(tx, [made.settlement]);
      if (made.settlement.dueAt !== null) {
        await engine.add(tx, [dueMessage(made.job, made.settlement.dueAt)]);
        await channel.tell(tx);
      }
      await teller.record(tx, made.events);
      return made;
    });
    if (outcome === undefined) return undefined;
    logger.log("warn", "outbox.lease-taken-over", { id, lastOwner, state: outcome.settlement.state });
    teller.announce(outcome.events);
    return outcome;
  } catch (error) {
    logger.log("error", "outbox.takeover-failed", { id, error: describeError(error) });
    return undefined;
  }
}

/** Undefined where its owner, or another worker, was quicker. */
async function outcomeOf(
  tx: Queryable,
  abandoned: Abandoned,
  { owner, leaseMs, now }: TakeoverOptions,
  apartMs: number,
): Promise<Outcome | undefined> {
  const at = now();
  const message = await takeLease(tx, abandoned, owner, at + leaseMs);
  if (message === undefined) return undefined;
  const recipients = await listRecipients(tx, [message.id]);
  const addresses = recipients.filter(isWaiting).map(({ address }) => address);
  const job: Job = {
    message,
    recipients,
    addresses,
    via: undefined,
    bytes: undefined,
    cutOff: new CutOff(),
    leasedAt: 0,
  };
  const { takeovers: count } = message;
  const attempt = interrupted(message.mailer, at);
  if (count >= MOST_TAKEOVERS) {
    const detail = `gave up: ${count} workers in a row ended while they were sending it. Look for what it does to them before it is sent again.`;
    return place(job, { recipients: allIn(job, "failed", detail), attempt, dueAt: null, now: at, takeovers: count });
  }
  if (message.on_unknown === "hold") {
    const held = allIn(job, "unknown", attempt.text);
    return place(job, { recipients: held, attempt, dueAt: null, now: at, takeovers: count });
  }
  const again = allIn(job, "deferred", attempt.text);
  const dueAt = count >= SUSPECT_TAKEOVERS ? at + apartMs : at;
  const outcome = place(job, { recipients: again, attempt, dueAt, now: at, takeovers: count });
  outcome.settlement.unreached += 1; // it costs the message none of its attempts
  return outcome;
}

function interrupted(server: string, at: number): OutboxAttempt {
  const text = "The worker ended while it was sending; how far it came is not known.";
  return { at, outcome: "interrupted", server, stage: "", code: 0, enhancedCode: "", text };
}
