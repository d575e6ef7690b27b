/** The statements that every message passes: written by hand for each database, behind one interface. */
import type { Queryable } from "../../db/index.ts";
import type { Entry } from "../entry.ts";
import type { Recent } from "../recent.ts";
import type { MessageRow, RecipientRow } from "../rows.ts";
import type { DeliveryState, OutboxAttempt } from "../types.ts";

/** Who takes messages, and until when he holds them without a further word. */
export interface Lease {
  owner: string;
  now: number;
  until: number;
}

/** The messages of one mailer and priority, and how many of them may be claimed. */
export interface Lane {
  mailer: string;
  priority: number;
  limit: number;
}

/** Those of one tenant in a lane; "" is who names none. */
export interface LaneOfTenant extends Lane {
  tenant: string;
}

/** How many messages of a tenant are due in a lane, counted no further than the lane's limit. */
export interface Waiting {
  mailer: string;
  priority: number;
  tenant: string;
  count: number;
}

/** A recipient's place in the message, and where he stands now. */
export interface Standing {
  position: number;
  state: DeliveryState;
  detail: string;
}

/** What follows for a message that `owner` holds; with it the lease ends. */
export interface Settlement {
  id: string;
  owner: string;
  /** Attempts that have ended, and those of them that never reached MAIL FROM. */
  attempts: number;
  unreached: number;
  state: DeliveryState;
  dueAt: number | null;
  /** JSON of a WaitReason. */
  wait: string | null;
  finishedAt: number | null;
  /** Leases in a row that ended without a word of their owner. */
  takeovers: number;
  /** The body is not needed any more. */
  wipesBody: boolean;
  /** The attempt that has ended, if one was made; its number is `attempts`. */
  attempt: OutboxAttempt | undefined;
  recipients: readonly Standing[];
}

/** A message whose lease has run out: its owner was killed, or cannot write. */
export interface Abandoned {
  id: string;
  lease_owner: string;
  due_at: number;
}

/** For each settlement and each entry what `settle` and `insert` tell of it. */
export interface Written {
  settled: readonly boolean[];
  inserted: readonly boolean[];
}

/** What `recipients` and `bodies` give. */
export interface Contents {
  recipients: readonly RecipientRow[];
  bodies: readonly { message_id: string; bytes: Uint8Array }[];
}

type Answer<T> = T | Promise<T>;

/** Every call runs in `tx`; all but the lookups change rows of its own lease only. */
export interface HotStore {
  /** Inserts messages with their bodies and recipients; tells for each whether it was not there yet, by its id or its idempotency key. */
  insert(tx: Queryable, entries: readonly Entry[]): Answer<boolean[]>;
  /** Takes the lease of messages that are due, by priority, then by time. What is known of them need not be read. */
  claim(
    tx: Queryable,
    lanes: readonly (Lane | LaneOfTenant)[],
    limit: number,
    lease: Lease,
    recent: Recent,
  ): Answer<MessageRow[]>;
  /** Who waits in each lane: `most` tenants from `from` on, in their order. */
  waiting(tx: Queryable, lanes: readonly (Lane & { from: string })[], now: number, most: number): Answer<Waiting[]>;
  /** Takes the lease of these, as far as they are due and nobody holds them. */
  claimByIds(tx: Queryable, ids: readonly string[], lease: Lease): Answer<MessageRow[]>;
  /** The recipients of these, in order. */
  recipients(tx: Queryable, ids: readonly string[]): Answer<RecipientRow[]>;
  bodies(tx: Queryable, ids: readonly string[]): Answer<{ message_id: string; bytes: Uint8Array }[]>;
  /** The recipients of these, and the bodies of some of them. */
  contents(tx: Queryable, ids: readonly string[], withBody: readonly string[]): Answer<Contents>;
  /** Prolongs leases; gives the ids of those that are still the owner's. */
  renew(tx: Queryable, ids: readonly string[], lease: Lease): Answer<string[]>;
  /** Gives leases back with nothing done. */
  release(tx: Queryable, ids: readonly string[], owner: string, dueAt: number): Answer<void>;
  /** Ends leases with what follows; tells for each whether the lease was still its owner's. Where it was not, nothing changes. */
  settle(tx: Queryable, settlements: readonly Settlement[]): Answer<boolean[]>;
  /** Both at once: settles, then inserts. With `isLast` nothing more is asked of `tx`, which may end with it. */
  write(
    tx: Queryable,
    settlements: readonly Settlement[],
    entries: readonly Entry[],
    isLast?: boolean,
  ): Answer<Written>;
  /** The mailers for which something waits. */
  mailers(tx: Queryable): Answer<string[]>;
  /** When the next message of these mailers becomes due, or the next lease of any runs out, after `now`. */
  nextDue(tx: Queryable, mailers: readonly string[], now: number): Answer<number | undefined>;
  /** Messages whose lease has run out. */
  abandoned(tx: Queryable, now: number): Answer<Abandoned[]>;
}
