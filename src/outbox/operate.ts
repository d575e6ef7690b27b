/** What a person does to messages: cancel, hold, release, send again, close. Each is one transaction. */
import type { Database, Queryable } from "../db/index.ts";
import type { Channel } from "./channel.ts";
import type { Engine } from "./engine.ts";
import { refuseUnknownOptions } from "./enqueue-options.ts";
import { OutboxError } from "./errors.ts";
import { eventOf } from "./event-of.ts";
import type { OutboxEvent, OutboxEventType } from "./events.ts";
import { pageSize } from "./page-size.ts";
import { deriveState, waitingStates } from "./policy.ts";
import { findMessage, listRecipients } from "./store.ts";
import { hasBody, type IdleMessage, listRedrivable, lockIdle, moveRecipients, place } from "./store/operations.ts";
import type { Teller } from "./teller.ts";
import type { DeliveryState, RedriveFilter } from "./types.ts";

/** What operations need of the outbox. */
export interface OperateOptions {
  database: Database;
  now: () => number;
  /** How long a message that is let go may wait from then on, in milliseconds. */
  lifetimeMs: number;
  engine: Engine;
  channel: Channel;
  teller: Teller;
  /** Messages became due. */
  wake(): void;
}

/** The operations, as the outbox offers them. */
export interface Operations {
  cancel(id: string): Promise<boolean>;
  hold(id: string): Promise<boolean>;
  release(id: string): Promise<boolean>;
  redrive(which: string | RedriveFilter): Promise<number>;
  resolve(id: string, as: "sent" | "failed"): Promise<boolean>;
}

const redrivable: readonly DeliveryState[] = ["failed", "unknown", "held", "suppressed"];

export function operations(options: OperateOptions): Operations {
  const { database, now, lifetimeMs, engine, channel, teller, wake } = options;

  async function tell(tx: Queryable, id: string, type: OutboxEventType, recipients: string[]): Promise<OutboxEvent[]> {
    const message = teller.listens ? await findMessage(tx, id) : undefined;
    if (message === undefined) return [];
    const events = [eventOf(message, { type, at: now(), recipients })];
    await teller.record(tx, events);
    return events;
  }

  /** Runs `work` on a message that no worker holds; false where there is none, or nothing was to be done (undefined). */
  async function onIdle(
    id: string,
    work: (tx: Queryable, message: IdleMessage) => Promise<OutboxEvent[] | undefined>,
  ): Promise<boolean> {
    const events = await database.kysely.transaction().execute(async (tx) => {
      const message = await lockIdle(tx, id, database.dialect === "postgres");
      return message === undefined ? undefined : work(tx, message);
    });
    if (events === undefined) return false;
    teller.announce(events);
    wake();
    return true;
  }

  /** Where the message stands once its recipients were moved. */
  async function rest(tx: Queryable, message: IdleMessage): Promise<void> {
    const states = (await listRecipients(tx, [message.id])).map(({ state }) => state as DeliveryState);
    const waits = states.some((state) => waitingStates.includes(state));
    const open = waits || states.includes("held");
    await place(tx, message.id, {
      state: deriveState(states, false),
      due_at: waits ? message.due_at : null,
      finished_at: open ? null : (message.finished_at ?? now()),
    });
  }

  async function queueAgain(
    tx: Queryable,
    message: IdleMessage,
    from: readonly DeliveryState[],
  ): Promise<OutboxEvent[] | undefined> {
    const { id, mailer, priority, group_name: group } = message;
    const moved = await moveRecipients(tx, id, from, { state: "queued" });
    const dueAt = now();
    if (moved.length === 0 && (message.due_at === null || message.due_at <= dueAt)) return undefined;
    const states = (await listRecipients(tx, [id])).map(({ state }) => state as DeliveryState);
    await place(tx, id, {
      state: deriveState(states, false),
      due_at: dueAt,
      finished_at: null,
      expires_at: Math.max(message.expires_at, dueAt + lifetimeMs),
      forgiven: message.attempts,
    });
    await engine.add(tx, [{ id, dueAt, priority, mailer, group }]);
    await channel.tell(tx);
    return moved.length === 0 ? [] : tell(tx, id, "queued", moved);
  }

  async function redriveOne(
    tx: Queryable,
    message: IdleMessage,
    from: readonly DeliveryState[],
  ): Promise<OutboxEvent[] | undefined> {
    if (message.bulk_id === null && !(await hasBody(tx, message.id))) {
      throw new OutboxError(
        "WX_OUTBOX_NO_BODY",
        `The body of the message ${message.id} was deleted, so it cannot be sent again. Enqueue it anew.`,
      );
    }
    return queueAgain(tx, { ...message, due_at: null }, from);
  }

  const moveAll = (id: string, from: readonly DeliveryState[], to: "held" | "cancelled"): Promise<boolean> =>
    onIdle(id, async (tx, message) => {
      const moved = await moveRecipients(tx, id, from, { state: to });
      if (moved.length === 0) return undefined;
      await rest(tx, message);
      return tell(tx, id, to, moved);
    });

  async function redriveMany(filter: RedriveFilter): Promise<number> {
    refuseUnknownOptions("redrive", filter, filterNames);
    if (!redrivable.includes(filter.state)) {
      const problem = `redrive: there is no message to send again that is ${JSON.stringify(filter.state)}.`;
      throw new OutboxError("WX_OUTBOX_OPTIONS", `${problem} state is one of ${redrivable.join(", ")}.`);
    }
    let count = 0;
    const limit = pageSize(filter.limit, { usual: 1000, most: Number.MAX_SAFE_INTEGER });
    for (const id of await listRedrivable(database.kysely, { ...filter, limit })) {
      const again = onIdle(id, (tx, message) => redriveOne(tx, message, [filter.state]));
      count += Number(await again.catch(unlessBodyIsGone));
    }
    return count;
  }

  return {
    cancel: (id) => moveAll(id, [...waitingStates, "held"], "cancelled"),
    hold: (id) => moveAll(id, waitingStates, "held"),
    release: (id) => onIdle(id, (tx, message) => queueAgain(tx, message, ["held"])),
    redrive: async (which) =>
      typeof which === "string"
        ? Number(await onIdle(which, (tx, message) => redriveOne(tx, message, redrivable)))
        : redriveMany(which),
    resolve: (id, as) =>
      onIdle(id, async (tx, message) => {
        const moved = await moveRecipients(tx, id, ["unknown"], { state: as, detail: `closed as ${as} by a person` });
        if (moved.length === 0) return undefined;
        await rest(tx, message);
        return tell(tx, id, as, moved);
      }),
  };
}

const filter = { state: true, mailer: true, group: true, limit: true } satisfies Record<keyof RedriveFilter, true>;
const filterNames = Object.keys(filter);

/** Of many messages those without a body are passed over. */
function unlessBodyIsGone(error: unknown): false {
  if (error instanceof OutboxError && error.code === "WX_OUTBOX_NO_BODY") return false;
  throw error;
}
