/** Mail to many from one template: enqueued without holding the list, paused, resumed and cancelled while it runs. */
import { systemClock } from "../../base/index.ts";
import type { Queryable } from "../../db/index.ts";
import { pageSize } from "../page-size.ts";
import type { DeliveryState } from "../types.ts";
import { BulkError } from "./errors.ts";
import { CANCELLED, HELD } from "./renderer.ts";
import { mustFind, openBulk, paceFrom, readList, runOf } from "./send-many.ts";
import type { BulkSettings } from "./settings.ts";
import {
  type BulkRow,
  countByState,
  findBulk,
  halt,
  type IdleChoice,
  type IdleMessage,
  letGo,
  listBulks,
  listIdle,
  moveBulk,
} from "./store.ts";
import type { Bulk, BulkOptions, BulkProgress } from "./types.ts";

/** Messages that are moved in one transaction. */
const MOVED_AT_ONCE = 1000;
/** With a pace, messages that become due together: those of one second. */
const SECONDS_A_MINUTE = 60;

/**
 * Bulk mail on a migrated database. The outbox that delivers it needs `createBulkRenderer` as its renderer.
 *
 * @example
 * const bulk = createBulk({ database, compose: mail.compose });
 * const run = await bulk.sendMany(await loadTemplate("templates/news"), recipients, { name: "news-2026-11" });
 */
export function createBulk(options: BulkOptions): Bulk {
  const { database, clock = systemClock } = options;

  async function progressOf(bulk: BulkRow): Promise<BulkProgress> {
    const counts = await countByState(database.kysely, bulk.id);
    const of = (state: DeliveryState): number => counts.get(state) ?? 0;
    return {
      ...runOf(bulk),
      waiting: of("queued"),
      deferred: of("deferred"),
      sent: of("sent"),
      failed: of("failed"),
      unknown: of("unknown"),
      held: of("held"),
      cancelled: of("cancelled"),
      suppressed: of("suppressed"),
      createdAt: bulk.created_at,
    };
  }

  /** Moves messages that nobody delivers, so many at a time, until there is none. */
  async function sweep(
    bulk: BulkRow,
    which: IdleChoice,
    move: (tx: Queryable, rows: readonly IdleMessage[]) => Promise<void>,
  ): Promise<void> {
    const canLock = database.dialect === "postgres";
    for (;;) {
      const moved = await database.kysely.transaction().execute(async (tx) => {
        const rows = await listIdle(tx, bulk.id, { ...which, limit: MOVED_AT_ONCE, canLock });
        if (rows.length > 0) await move(tx, rows);
        return rows.length;
      });
      if (moved === 0) return;
      await new Promise((resolve) => setImmediate(resolve)); // others have their turn
    }
  }

  async function pause(name: string): Promise<BulkProgress> {
    const bulk = await mustFind(database, name);
    refuseCancelled(bulk);
    await moveBulk(database.kysely, bulk.id, ["running"], "paused");
    await sweep(bulk, { states: ["queued", "deferred"] }, (tx, rows) =>
      halt(tx, idsOf(rows), { ...HELD, finishedAt: null }),
    );
    return progressOf(await mustFind(database, name));
  }

  async function cancel(name: string): Promise<BulkProgress> {
    const bulk = await mustFind(database, name);
    await moveBulk(database.kysely, bulk.id, ["running", "paused"], "cancelled");
    await sweep(bulk, { states: ["queued", "deferred", "held"] }, (tx, rows) =>
      halt(tx, idsOf(rows), { ...CANCELLED, finishedAt: clock.now() }),
    );
    return progressOf(await mustFind(database, name));
  }

  async function resume(name: string): Promise<BulkProgress> {
    const bulk = await mustFind(database, name);
    refuseCancelled(bulk);
    await moveBulk(database.kysely, bulk.id, ["paused"], "running");
    await letGoAll(bulk);
    return progressOf(await mustFind(database, name));
  }

  /** Ends where somebody pauses or cancels the bulk meanwhile. `detail`: only what is held for this reason. */
  async function letGoAll(bulk: BulkRow, detail?: string): Promise<void> {
    const settings = JSON.parse(bulk.settings) as BulkSettings;
    const { perMinute, lifetimeMs } = settings;
    const together = Math.max(1, Math.floor((perMinute ?? 0) / SECONDS_A_MINUTE));
    const pace = await paceFrom(bulk, settings, options, clock);
    await sweep(bulk, { states: ["held"], detail, isRunning: true }, async (tx, rows) => {
      for (const group of groupsOf(rows, perMinute === undefined ? rows.length : together)) {
        const dueAt = Math.max(...group.map(() => pace.next()));
        const to = { dueAt, expiresAt: dueAt + lifetimeMs };
        const tried = idsOf(group.filter(({ attempts }) => attempts > 0));
        const fresh = idsOf(group.filter(({ attempts }) => attempts === 0));
        if (fresh.length > 0) await letGo(tx, fresh, { ...to, state: "queued" });
        if (tried.length > 0) await letGo(tx, tried, { ...to, state: "deferred" });
        await options.engine?.add(
          tx,
          group.map(({ id, mailer, priority, group: name }) => ({ id, dueAt, priority, mailer, group: name })),
        );
      }
    });
    options.engine?.wake();
  }

  return {
    sendMany: async (template, entries, sending) => {
      const given = await openBulk(options, { template, sending, now: clock.now() });
      if (given.state === "paused" && sending.resume !== true) return runOf(given);
      if (given.state === "paused") await resume(given.name);
      // What a resume was killed over.
      else if (sending.resume === true) await letGoAll(given, HELD.detail);
      const bulk = sending.resume === true ? await mustFind(database, given.name) : given;
      return readList(bulk, entries, { options, template, sending, clock });
    },
    progress: async (name) => {
      const bulk = await findBulk(database.kysely, name);
      return bulk === undefined ? undefined : progressOf(bulk);
    },
    list: async ({ limit } = {}) => (await listBulks(database.kysely, pageSize(limit))).map(runOf),
    pause,
    resume,
    cancel,
  };
}

function refuseCancelled({ name, state }: BulkRow): void {
  if (state !== "cancelled") return;
  throw new BulkError("WX_BULK_CANCELLED", `The bulk ${JSON.stringify(name)} was cancelled.`);
}

function idsOf(rows: readonly { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}

function groupsOf<T>(rows: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let from = 0; from < rows.length; from += size) groups.push(rows.slice(from, from + size));
  return groups;
}
