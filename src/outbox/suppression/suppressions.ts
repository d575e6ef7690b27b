/** The suppression list: who must not be written to, why, and until when. */
import { type Clock, findUnknownOption, type Logger, silentLogger, systemClock } from "../../base/index.ts";
import { type CallerTransaction, type Database, type Queryable, toQueryable } from "../../db/index.ts";
import { OutboxError } from "../errors.ts";
import type { EventSink, SuppressionGate } from "../seams.ts";
import { addressKey } from "./address-key.ts";
import { completed } from "./completed.ts";
import type { Write } from "./context.ts";
import { createEmptiness } from "./emptiness.ts";
import { exportCsv } from "./export-csv.ts";
import { createGate } from "./gate.ts";
import { importCsv } from "./import-csv.ts";
import { entryOf, keyOf, rowOf } from "./rows.ts";
import { defaultSuppressionDays, type SuppressionDays } from "./rules.ts";
import { deleteOf, hasEntries, selectOf, selectPage, upsert } from "./store.ts";
import {
  type ImportOptions,
  type ImportReport,
  type NewSuppression,
  type RemovalNote,
  type Suppression,
  type SuppressionFilter,
  suppressionReasons,
  type Unsubscription,
} from "./types.ts";
import { unsubscribe } from "./unsubscribe.ts";

/** What the list is made of. */
export interface SuppressionsOptions {
  database: Database;
  clock?: Clock | undefined;
  /** Is told who was added and removed, and why. */
  logger?: Logger | undefined;
  /** Is told of `unsubscribed`. */
  events?: EventSink | undefined;
  /** Days for which an entry holds by default; null for ever. Default: a bounce 90 days, the others for ever. */
  days?: Partial<SuppressionDays> | undefined;
}

/** The list of those who must not be written to. */
export interface Suppressions extends SuppressionGate {
  /**
   * Adds an entry, or replaces the one of the same address, stream and reason.
   *
   * @throws MessageError WX_MESSAGE_ADDRESS; OutboxError WX_OUTBOX_SUPPRESSION for a reason that there is not
   * @example
   * await suppressions.add({ address: "ann@example.com", reason: "manual", detail: "asked by phone" });
   */
  add(entry: NewSuppression, options?: { tx?: CallerTransaction | undefined }): Promise<Suppression>;
  /** Removes the entries of an address, and gives back what they were; the log keeps who did it and why. */
  remove(address: string, note?: RemovalNote): Promise<Suppression[]>;
  /** Every entry of an address, those that have ended too. */
  get(address: string): Promise<Suppression[]>;
  /** A page of the list, in the order of the addresses. */
  list(filter?: SuppressionFilter): Promise<Suppression[]>;
  /** Reads a CSV file in, as a stream and in batches; what a line cannot mean is reported by its number and skipped. */
  importCsv(source: AsyncIterable<Uint8Array | string>, options?: ImportOptions): Promise<ImportReport>;
  /** The list as CSV, piece by piece. */
  exportCsv(filter?: Omit<SuppressionFilter, "after" | "limit">): AsyncIterable<string>;
  /** What a link in a mail asks for; asking twice is asking once. */
  unsubscribe(from: Unsubscription): Promise<void>;
  /** Takes it back. */
  resubscribe(to: Unsubscription): Promise<void>;
}

const MOST_LISTED = 1000;

/**
 * Makes the suppression list of a database.
 *
 * @throws OutboxError WX_OUTBOX_OPTIONS for an option that does not exist
 * @example
 * const suppressions = createSuppressions({ database });
 * const outbox = createOutbox({ database, mailer, suppression: suppressions });
 */
export function createSuppressions(options: SuppressionsOptions): Suppressions {
  refuseUnknownOptions(options);
  const { database, clock = systemClock, logger = silentLogger, events } = options;
  const days = { ...defaultSuppressionDays, ...options.days };
  const emptiness = createEmptiness(hasEntries);
  const write: Write = async (db, rows, end) => {
    emptiness.end();
    await upsert(db, rows, end);
  };
  const context = { database, clock, logger, events, days, emptiness, write };

  const list: Suppressions["list"] = async ({ prefix = "", after, limit = 100, ...choice } = {}) => {
    const wanted = {
      ...choice,
      prefix: prefix.toLowerCase(),
      after: after === undefined ? undefined : keyOf(after),
      limit: Math.min(Math.max(Math.trunc(limit), 1), MOST_LISTED),
    };
    return (await selectPage(database.kysely, wanted)).map(entryOf);
  };

  const on = async (tx: CallerTransaction | undefined): Promise<Queryable> =>
    tx === undefined ? database.kysely : toQueryable(tx, database.dialect);

  const remove: Suppressions["remove"] = async (address, { by, why, tx, ...choice } = {}) => {
    const removed = (await deleteOf(await on(tx), addressKey(address), choice)).map(entryOf);
    for (const { stream, reason } of removed) {
      logger.log("info", "outbox.suppression-removed", { address, stream, reason, by, why });
    }
    return removed;
  };

  return {
    ...createGate(context),
    list,
    remove,
    add: async (given, { tx } = {}) => {
      const entry = completed(given, clock.now(), days);
      await write(await on(tx), [rowOf(addressKey(entry.address), entry)], "new");
      const { address, stream, reason, detail } = entry;
      logger.log("info", "outbox.suppressed", { address, stream, reason, detail });
      return entry;
    },
    get: async (address) => (await selectOf(database.kysely, addressKey(address))).map(entryOf),
    importCsv: (source, importOptions = {}) => {
      const now = clock.now();
      return importCsv(source, importOptions, {
        complete: (entry, createdAt = now) =>
          rowOf(addressKey(entry.address), { ...completed(entry, now, days), createdAt }),
        save: (rows) => database.kysely.transaction().execute((tx) => write(tx, rows, "later")),
      });
    },
    exportCsv: (filter = {}) =>
      exportCsv((after) => list({ ...filter, limit: MOST_LISTED, ...(after !== undefined && { after }) })),
    unsubscribe: (from) => unsubscribe(context, from),
    resubscribe: async ({ address, stream }) => {
      await remove(address, { stream, reason: "unsubscribe", by: "recipient", why: "by the link in a mail" });
    },
  };
}

const suppressionsOptions = {
  database: true,
  clock: true,
  logger: true,
  events: true,
  days: true,
} satisfies Record<keyof SuppressionsOptions, true>;

function refuseUnknownOptions(options: SuppressionsOptions): void {
  const unknown = findUnknownOption(options, Object.keys(suppressionsOptions));
  if (unknown !== undefined) throw wrong(`createSuppressions has no option "${unknown.name}". ${unknown.hint}`);
  const { days = {} } = options;
  const stranger = findUnknownOption(days, suppressionReasons);
  if (stranger !== undefined) throw wrong(`days: there is no reason "${stranger.name}". ${stranger.hint}`);
  for (const [reason, count] of Object.entries(days)) {
    if (count === null || (typeof count === "number" && count > 0)) continue;
    const shown = typeof count === "string" ? JSON.stringify(count) : String(count);
    throw wrong(`days.${reason} is ${shown}. Give a number of days over 0, or null for ever.`);
  }
}

function wrong(problem: string): OutboxError {
  return new OutboxError("WX_OUTBOX_OPTIONS", problem);
}
