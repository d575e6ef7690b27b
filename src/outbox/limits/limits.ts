/** The limits of one database: rules, pauses, what refusals teach, and the forecast, shared by all of its workers. */
import { type CallerTransaction, type Database, type Queryable, toQueryable } from "../../db/index.ts";
import { OutboxError } from "../errors.ts";
import type { Gate } from "../seams.ts";
import type { Forecast } from "./forecast.ts";
import type { ScopeState } from "./operate.ts";
import { sharedLimits, type SharedLimitsOptions } from "./shared-limits.ts";

/** What limits are made of. */
export interface LimitsOptions extends SharedLimitsOptions {
  /** A migrated one: the one whose outbox they limit. */
  database: Database;
}

/** Where a call runs. */
export interface LimitsCall {
  /** A transaction of yours, so that it is one commit with what else you write. Default: one of its own. */
  tx?: CallerTransaction | undefined;
}

/** Limits that all workers of one database share; they are the `gate` of its outbox. */
export interface Limits extends Gate {
  /**
   * When a message will leave, and why it waits; undefined for an unknown id.
   *
   * @example
   * console.log((await limits.forecast(id))?.text.en);
   */
  forecast(id: string, call?: LimitsCall): Promise<Forecast | undefined>;
  /** The state of each scope that is limited, rests, or failed lately; by key, 1000 at the most. */
  list(call?: LimitsCall): Promise<ScopeState[]>;
  /**
   * Lets a scope rest until a time, whatever servers say.
   *
   * @param key Such as `mailer:default`, `account:163:mac@163.com`, `domain:qq.com`, `tenant:acme`.
   * @param until Milliseconds since 1970.
   * @param call `detail` says why, to whoever looks.
   * @throws OutboxError `WX_OUTBOX_OPTIONS` for a key of no scope, or no time
   * @example
   * await limits.pause("mailer:default", Date.now() + 3_600_000, { detail: "the invoices are wrong" });
   */
  pause(key: string, until: number, call?: LimitsCall & { detail?: string | undefined }): Promise<void>;
  /**
   * Ends a scope's pause, whoever began it, and forgets its failures and what it learned. False when there was nothing.
   *
   * The outbox of this process takes up what waited at once; with a transaction of yours, call its `wake` after the commit.
   */
  resume(key: string, call?: LimitsCall): Promise<boolean>;
  /** Forgets what no longer counts; for housekeeping, now and then. */
  sweep(): Promise<void>;
}

/**
 * Limits by rules, by what providers declare, and by what servers' replies teach.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS` for a rule that cannot be meant, naming its field; without a database
 * @example
 * const limits = createLimits({
 *   database,
 *   rules: [{ scope: "mailer", key: "default", windows: [{ count: 200, seconds: 86_400 }], spillOver: "backup" }],
 *   mailers: ["default", "backup"],
 *   accountOf: (mailer) => accountOfSmtp(settings[mailer]),
 * });
 * const outbox = createOutbox({ database, mailer, gate: limits });
 */
export function createLimits({ database, ...options }: LimitsOptions): Limits {
  const { forecast, list, pause, resume, sweep, ...gate } = sharedLimits(options);
  if (database === undefined) {
    throw new OutboxError("WX_OUTBOX_OPTIONS", "createLimits needs database: the one whose outbox it limits.");
  }
  const { kysely, dialect } = database;
  const on = async ({ tx }: LimitsCall): Promise<Queryable> => (tx === undefined ? kysely : toQueryable(tx, dialect));
  const within = async <T>({ tx }: LimitsCall, work: (tx: Queryable) => Promise<T>): Promise<T> =>
    tx === undefined ? kysely.transaction().execute(work) : work(await toQueryable(tx, dialect));
  const wakers: (() => void)[] = [];
  return {
    ...gate,
    watch: (wake) => void wakers.push(wake),
    forecast: async (id, call = {}) => forecast(await on(call), id),
    list: async (call = {}) => list(await on(call)),
    pause: (key, until, { detail, ...call } = {}) => within(call, (tx) => pause(tx, key, until, detail)),
    resume: async (key, call = {}) => {
      const isOpened = await within(call, (tx) => resume(tx, key));
      if (isOpened && call.tx === undefined) for (const wake of wakers) wake();
      return isOpened;
    },
    sweep: () => sweep(kysely),
  };
}
