import { expect, test } from "vitest";
import type { Database } from "../../db/index.ts";
import { createMail, createMailers, memoryBackend } from "../../mail/index.ts";
import { fixedClock } from "../../../test/support/fixed-clock.ts";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { createBulk } from "./bulk.ts";
import type { BulkEntry } from "./entry.ts";
import type { Bulk, BulkOptions, SendManyOptions } from "./types.ts";

const START = Date.UTC(2026, 0, 2, 3, 4, 5);
const template = { subject: "Hello {{ name }}", text: "Dear {{ name }}" };
const mail = createMail({ mailers: createMailers({ default: memoryBackend() }), defaultFromEmail: "shop@x.cn" });

function bulkOn(database: Database, engine?: BulkOptions["engine"]): Bulk {
  return createBulk({ database, compose: mail.compose, clock: fixedClock(START), engine });
}

function* people(count: number): Generator<BulkEntry> {
  for (let n = 0; n < count; n++) yield { to: `p${n}@x.cn`, variables: { name: `P${n}` } };
}

const send = (bulk: Bulk, options: Partial<SendManyOptions> = {}) =>
  bulk.sendMany(template, people(2500), { name: "news", ...options });

eachDatabase((open) => {
  test("what a resume that was killed has left held goes with the same call, but for what a person holds", async () => {
    const database = await open();
    await send(bulkOn(database));
    await bulkOn(database).pause("news");
    let pages = 0;
    const dying = async (): Promise<void> => {
      if (++pages === 2) throw new Error("killed");
    };
    await expect(bulkOn(database, { add: dying, wake: () => {} }).resume("news")).rejects.toThrow("killed");
    expect(await bulkOn(database).progress("news")).toMatchObject({ state: "running", held: 1500 });
    const { id } = await database.kysely
      .selectFrom("outbox_messages")
      .select("id")
      .where("state", "=", "held")
      .limit(1)
      .executeTakeFirstOrThrow();
    const byPerson = { detail: "for the lawyers to look at" };
    await database.kysely.updateTable("outbox_recipients").set(byPerson).where("message_id", "=", id).execute();
    await send(bulkOn(database));
    expect(await bulkOn(database).progress("news")).toMatchObject({ held: 1500 });
    await send(bulkOn(database), { resume: true });
    expect(await bulkOn(database).progress("news")).toMatchObject({ held: 1, waiting: 2499 });
  });

  test("a pause ends a resume that is under way", async () => {
    const database = await open();
    await send(bulkOn(database));
    await bulkOn(database).pause("news");
    // The pause, and a worker that holds at once what it finds let go.
    const add: NonNullable<BulkOptions["engine"]>["add"] = async (tx, messages) => {
      await tx.updateTable("outbox_bulks").set({ state: "paused" }).execute();
      const ids = messages.map(({ id }) => id);
      await tx.updateTable("outbox_messages").set({ state: "held", due_at: null }).where("id", "in", ids).execute();
    };
    const resumed = await bulkOn(database, { add, wake: () => {} }).resume("news");
    expect(resumed).toMatchObject({ state: "paused", held: 2500 });
  });

  test("what is for later is not sent earlier by a pause and a resume", async () => {
    const database = await open();
    const bulk = bulkOn(database);
    const sendAt = START + 86_400_000;
    await send(bulk, { sendAt, perMinute: 60_000 });
    await bulk.pause("news");
    await bulk.resume("news");
    const { due_at: first } = await database.kysely
      .selectFrom("outbox_messages")
      .select("due_at")
      .orderBy("due_at")
      .limit(1)
      .executeTakeFirstOrThrow();
    expect(first).toBeGreaterThanOrEqual(sendAt);
  });
});
