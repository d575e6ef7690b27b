import { expect, test } from "vitest";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { until } from "../../../test/support/until.ts";
import { fixedClock } from "../../testing/clock.ts";
import type { Database } from "../../db/index.ts";
import { createSuppressions } from "../suppression/suppressions.ts";
import { housekeep } from "./housekeep.ts";
import { startHousekeeping } from "./keeper.ts";
import { retentionOf } from "./retention.ts";
import { vacuum } from "./vacuum.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const DAY = 86_400_000;
const quick = { pauseMs: 0 };

/** A message with a body, a recipient, an attempt and a report; finished so many days ago, or not at all. */
async function insertMessage(
  { kysely }: Database,
  { id, state, daysAgo }: { id: string; state: string; daysAgo?: number },
): Promise<void> {
  const finished = daysAgo === undefined ? null : NOW - daysAgo * DAY;
  await kysely
    .insertInto("outbox_messages")
    .values({
      id,
      mailer: "default",
      envelope_from: "",
      subject: "",
      message_id: `<${id}>`,
      size: 1,
      state,
      priority: 2,
      on_unknown: "resend",
      sensitive: 0,
      variables: "{}",
      attempts: 1,
      created_at: 0,
      expires_at: 0,
      due_at: finished === null ? NOW : null,
      finished_at: finished,
    } as never)
    .execute();
  await kysely
    .insertInto("outbox_bodies")
    .values({ message_id: id, bytes: Buffer.from("x") })
    .execute();
  await kysely
    .insertInto("outbox_recipients")
    .values({ message_id: id, position: 0, address: "a@b.example", state, detail: "" })
    .execute();
  await kysely
    .insertInto("outbox_attempts")
    .values({
      message_id: id,
      number: 1,
      at: 0,
      outcome: "sent",
      server: "",
      stage: "",
      code: 250,
      enhanced_code: "",
      text: "",
    } as never)
    .execute();
  await insertBounce(kysely, `${id}-bounce`, NOW, id);
}

async function insertBounce(
  kysely: Database["kysely"],
  id: string,
  at: number,
  messageId: string | null,
): Promise<void> {
  const texts = { address: "", kind: "", status: "", detail: "", source: "" };
  await kysely
    .insertInto("outbox_bounces")
    .values({ id, fingerprint: id, message_id: messageId, at, ...texts } as never)
    .execute();
}

eachDatabase((open, dialect) => {
  async function ids({ kysely }: Database): Promise<{ kept: string[]; withBody: string[]; withVariables: string[] }> {
    const kept = await kysely.selectFrom("outbox_messages").select(["id", "variables"]).orderBy("id").execute();
    const bodies = await kysely.selectFrom("outbox_bodies").select("message_id").orderBy("message_id").execute();
    return {
      kept: kept.map(({ id }) => id),
      withBody: bodies.map(({ message_id: id }) => id),
      withVariables: kept.filter(({ variables }) => variables !== null).map(({ id }) => id),
    };
  }

  test("a message goes with all that belongs to it when its state's time is over, its body before that", async () => {
    const database = await open();
    const clock = fixedClock(NOW);
    const rows: [string, number | undefined][] = [
      ["sent", 6],
      ["sent", 8],
      ["sent", 31],
      ["failed", 31],
      ["failed", 91],
      ["unknown", 91],
      ["cancelled", 31],
      ["suppressed", 29],
      ["suppressed", 31],
      ["queued", undefined],
      ["held", undefined],
    ];
    for (const [state, daysAgo] of rows) {
      await insertMessage(database, { id: `${state}-${daysAgo}`, state, ...(daysAgo !== undefined && { daysAgo }) });
    }
    const report = await housekeep(database, { clock, ...quick });
    const fresh = ["held-undefined", "queued-undefined", "sent-6"];
    expect(await ids(database)).toEqual({
      kept: ["failed-31", ...fresh, "sent-8", "suppressed-29"].toSorted(),
      withBody: fresh,
      withVariables: ["failed-31", ...fresh, "suppressed-29"].toSorted(),
    });
    expect(report).toMatchObject({ messages: 5, bodies: 4, bounces: 0 });
    for (const table of ["outbox_recipients", "outbox_attempts", "outbox_bounces"] as const) {
      expect(await database.kysely.selectFrom(table).selectAll().execute()).toHaveLength(6);
    }
    expect(await housekeep(database, { clock, ...quick })).toMatchObject({ messages: 0, bodies: 0 });
  });

  test("many are deleted a batch at a time, those of one moment too, and a later run goes on from there", async () => {
    const database = await open();
    const clock = fixedClock(NOW);
    for (let index = 0; index < 7; index++) {
      await insertMessage(database, { id: `m${index}`, state: "sent", daysAgo: index < 5 ? 10 : 6 });
    }
    expect(await housekeep(database, { clock, ...quick, batch: 2 })).toMatchObject({ messages: 0, bodies: 10 });
    expect((await ids(database)).withBody).toEqual(["m5", "m6"]);
    clock.advance(2 * DAY);
    expect(await housekeep(database, { clock, ...quick, batch: 2 })).toMatchObject({ messages: 0, bodies: 4 });
    clock.advance(30 * DAY);
    expect(await housekeep(database, { clock, ...quick, batch: 2 })).toMatchObject({ messages: 7 });
  });

  test.runIf(dialect === "postgres")("a message that somebody is sending again just now keeps its body", async () => {
    const database = await open();
    const clock = fixedClock(NOW);
    await insertMessage(database, { id: "again", state: "failed", daysAgo: 99 });
    await insertMessage(database, { id: "other", state: "failed", daysAgo: 99 });
    await database.kysely.transaction().execute(async (tx) => {
      await tx.selectFrom("outbox_messages").select("id").where("id", "=", "again").forUpdate().execute();
      await housekeep(database, { clock, ...quick });
      await tx
        .updateTable("outbox_messages")
        .set({ state: "queued", due_at: NOW, finished_at: null })
        .where("id", "=", "again")
        .execute();
    });
    expect(await ids(database)).toMatchObject({ kept: ["again"], withBody: ["again"] });
  });

  test("reports, webhook calls, ended suppressions and old bulks go too", async () => {
    const database = await open();
    const clock = fixedClock(NOW);
    const { kysely } = database;
    await insertBounce(kysely, "old", NOW - 91 * DAY, null);
    await insertBounce(kysely, "new", NOW - 89 * DAY, null);
    for (const [id, finished] of [
      ["old", NOW - 15 * DAY],
      ["new", NOW - 13 * DAY],
      ["open", null],
    ] as const) {
      const call = { id, endpoint: "e", payload: "{}", attempts: 1, created_at: 0, due_at: null, detail: "" };
      await kysely
        .insertInto("outbox_webhook_calls")
        .values({ ...call, finished_at: finished } as never)
        .execute();
    }
    const suppressions = createSuppressions({ database, clock });
    await suppressions.add({ address: "a@b.example", expiresAt: NOW - 1 });
    await suppressions.add({ address: "a@b.example", reason: "bounce", expiresAt: NOW + 1 });
    for (const [id, finished] of [
      ["old", NOW - 366 * DAY],
      ["new", NOW - 364 * DAY],
      ["open", null],
    ] as const) {
      const counts = { taken: 0, queued: 0, repeated: 0, refused: 0 };
      const bulk = { id, name: id, template: "", settings: "", list_hash: "", state: "done", created_at: 0, ...counts };
      await kysely
        .insertInto("outbox_bulks")
        .values({ ...bulk, finished_at: finished } as never)
        .execute();
      for (let index = 0; index < 5; index++) {
        const row = { bulk_id: id, address_key: `u${index}` };
        await kysely
          .insertInto("outbox_bulk_recipients")
          .values(row as never)
          .execute();
      }
    }
    expect(await housekeep(database, { clock, ...quick, batch: 2 })).toMatchObject({
      bounces: 1,
      webhookCalls: 1,
      suppressions: 1,
      bulkRecipients: 5,
    });
    expect((await suppressions.get("a@b.example")).map(({ reason }) => reason)).toEqual(["bounce"]);
    const bulks = await kysely.selectFrom("outbox_bulks").select("id").orderBy("id").execute();
    expect(bulks.map(({ id }) => id)).toEqual(["new", "open"]);
    expect(await kysely.selectFrom("outbox_bulk_recipients").selectAll().execute()).toHaveLength(10);
  });

  test("null keeps for ever, and a run can be ended after a batch", async () => {
    const database = await open();
    const clock = fixedClock(NOW);
    for (let index = 0; index < 5; index++)
      await insertMessage(database, { id: `m${index}`, state: "sent", daysAgo: 999 });
    const forEver = { sentDays: null, bodyDays: null };
    expect(await housekeep(database, { clock, ...quick, retention: forEver })).toMatchObject({
      messages: 0,
      bodies: 0,
    });
    const ended = { clock, ...quick, signal: AbortSignal.abort() };
    expect(await housekeep(database, ended)).toMatchObject({ messages: 0, bodies: 0 });
    expect((await ids(database)).kept).toHaveLength(5);
  });

  test("of several workers one keeps house, each hour anew, and a clock that was wrong does not end it", async () => {
    const database = await open();
    const clock = fixedClock(NOW);
    const runs: unknown[] = [];
    const logger = { log: (_level: string, event: string) => void runs.push(event) };
    const keepers = [1, 2, 3].map(() => startHousekeeping({ database, clock, logger, ...quick, firstMs: 10 }));
    clock.advance(10);
    await until(async () => runs.length > 0);
    for (let quarter = 0; quarter < 3; quarter++) clock.advance(900_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(runs).toEqual(["outbox.housekeeping"]);
    await until(async () => {
      clock.advance(900_000);
      return runs.length > 1;
    });
    await Promise.all(keepers.map((keeper) => keeper.stop()));
    await database.kysely
      .updateTable("outbox_marks")
      .set({ value: "9".repeat(16) })
      .execute();
    const another = startHousekeeping({ database, clock, logger, ...quick, firstMs: 0 });
    const before = runs.length;
    await until(async () => runs.length > before);
    await another.stop();
  });

  test("a run that fails is logged, and the next one runs", async () => {
    const database = await open();
    const clock = fixedClock(NOW);
    const lines: string[] = [];
    const logger = { log: (_level: string, event: string) => void lines.push(event) };
    await database.kysely.schema.alterTable("outbox_webhook_calls").renameTo("gone").execute();
    const keeper = startHousekeeping({ database, clock, logger, ...quick, firstMs: 0, everyMs: 4 });
    await until(async () => lines.includes("outbox.housekeeping-failed"));
    await database.kysely.schema.alterTable("gone").renameTo("outbox_webhook_calls").execute();
    await until(async () => {
      clock.advance(4);
      return lines.includes("outbox.housekeeping");
    });
    await keeper.stop();
    expect(lines.indexOf("outbox.housekeeping-failed")).toBeLessThan(lines.indexOf("outbox.housekeeping"));
  });

  test("vacuum gives space back to the disk", async () => {
    const database = await open();
    const { kysely } = database;
    await insertMessage(database, { id: "m", state: "sent", daysAgo: 1 });
    await kysely
      .updateTable("outbox_bodies")
      .set({ bytes: Buffer.alloc(2_000_000) })
      .execute();
    await kysely.deleteFrom("outbox_messages").execute();
    const { before, after } = await vacuum(database);
    if (dialect === "postgres") expect([before, after]).toEqual([undefined, undefined]);
    else expect(Number(before) - Number(after)).toBeGreaterThan(1_900_000);
  });
});

test("a retention that cannot be is refused by name", () => {
  expect(() => retentionOf({ sendDays: 3 } as never)).toThrow(/no option "sendDays". Did you mean sentDays\?/);
  expect(() => retentionOf({ sentDays: -1 })).toThrow(/sentDays is -1/);
  expect(() => retentionOf({ sentDays: Number.NaN })).toThrow(/sentDays is NaN/);
  expect(retentionOf({ sentDays: undefined as never }).sentDays).toBe(30);
});
