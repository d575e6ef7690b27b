import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Database } from "../../db/index.ts";
import { createMail, createMailers, memoryBackend, MessageError } from "../../mail/index.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { testDatabase } from "../../../test/support/test-database.ts";
import { fixedClock } from "../../../test/support/fixed-clock.ts";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { findOldBulk } from "../housekeeping/store.ts";
import { createBulk } from "./bulk.ts";
import { openRecipients } from "./csv.ts";
import type { BulkEntry, UnreadableEntry } from "./entry.ts";
import type { Template } from "./template.ts";
import type { Bulk, BulkOptions, BulkRun, SendManyOptions } from "./types.ts";

const START = Date.UTC(2026, 0, 2, 3, 4, 5);
const template: Template = { subject: "Hello {{ name }}", text: "Dear {{ name }}" };
const mailers = createMailers({ default: memoryBackend(), second: memoryBackend() });
const mail = createMail({ mailers, defaultFromEmail: "Shop <shop@x.cn>" });

function bulkOn(database: Database, options: Partial<BulkOptions> = {}): Bulk {
  return createBulk({ database, compose: mail.compose, clock: fixedClock(START), ...options });
}

function* people(count: number, from = 0): Generator<BulkEntry> {
  for (let n = from; n < count; n++) yield { to: `p${n}@x.cn`, variables: { name: `P${n}` } };
}

const messagesOf = (database: Database) =>
  database.kysely
    .selectFrom("outbox_messages")
    .innerJoin("outbox_recipients", "outbox_recipients.message_id", "outbox_messages.id")
    .selectAll("outbox_messages")
    .select(["outbox_recipients.address", "outbox_recipients.state as recipient_state"])
    .orderBy("outbox_recipients.address")
    .execute();

const named = (options: Partial<SendManyOptions> = {}): SendManyOptions => ({ name: "news", ...options });

eachDatabase((open) => {
  test("each entry becomes one message without a body, in the sender's name", async () => {
    const database = await open();
    const list = [{ to: "Ann <Ann@x.cn>", variables: { name: "Ann", more: [1] }, locale: "zh" }, ...people(1)];
    const settings = { using: "second", group: "g", tenant: "t", stream: "s", tags: ["a"] };
    const run = await bulkOn(database).sendMany(template, list, named(settings));
    expect(run).toMatchObject({ name: "news", state: "running", complete: true, taken: 2, queued: 2, refused: 0 });
    const [ann, other] = await messagesOf(database);
    expect(ann).toMatchObject({
      mailer: "second",
      envelope_from: "shop@x.cn",
      subject: "Hello Ann",
      state: "queued",
      priority: 3,
      group_name: "g",
      tenant: "t",
      stream: "s",
      bulk_id: run.id,
      created_at: START,
      due_at: START,
      expires_at: START + 7 * 86_400_000,
      address: "Ann@x.cn",
      recipient_state: "queued",
    });
    expect(JSON.parse(ann?.variables ?? "")).toEqual({
      to: "Ann <Ann@x.cn>",
      locale: "zh",
      variables: { name: "Ann", more: [1] },
    });
    expect(JSON.parse(ann?.envelope_extras ?? "")).toMatchObject({ tags: ["a"] });
    expect(ann?.message_id).toMatch(/^<[\w-]+@x\.cn>$/);
    expect(other?.message_id).not.toBe(ann?.message_id);
    expect(await database.kysely.selectFrom("outbox_bodies").selectAll().execute()).toEqual([]);
  });

  test("an address is written to once, a bad entry is told with its number, and both are counted", async () => {
    const database = await open();
    const told: unknown[] = [];
    const list: (BulkEntry | UnreadableEntry)[] = [
      ...people(3),
      { to: "P1@X.CN", variables: { name: "again" } },
      { to: "nobody", variables: { name: "x" } },
      { to: "q@x.cn", variables: { nmae: "x" }, number: 99 },
      { number: 100, problem: "the line has 3 cells instead of 2" },
      { to: "r@x.cn", variables: { name: "two\r\nlines" } },
      null as unknown as BulkEntry,
      { to: "s@x.cn", variables: { name: 1n } },
      { to: "t@x.cn", variabels: {} } as BulkEntry,
    ];
    const run = await bulkOn(database).sendMany(template, list, named({ onRefused: (refusal) => told.push(refusal) }));
    expect(run).toMatchObject({ taken: 11, queued: 3, repeated: 1, refused: 7 });
    expect(told).toEqual([
      { number: 5, problem: expect.stringContaining('"nobody"') },
      { number: 99, problem: expect.stringContaining('there is no variable "name". Did you mean nmae?') },
      { number: 100, problem: "the line has 3 cells instead of 2" },
      { number: 8, problem: expect.stringContaining("must be one line") },
      { number: 9, problem: expect.stringContaining("it is no entry") },
      { number: 10, problem: expect.stringContaining("cannot be stored") },
      { number: 11, problem: expect.stringContaining("an entry has no variabels. Did you mean variables?") },
    ]);
  });

  test("the same call goes on after the last commit, whatever ended it", async () => {
    const database = await open();
    const bulk = bulkOn(database);
    function* dying(): Generator<BulkEntry> {
      yield* people(1200);
      throw new Error("killed");
    }
    await expect(bulk.sendMany(template, dying(), named())).rejects.toThrow("killed");
    expect(await bulk.progress("news")).toMatchObject({ taken: 1000, queued: 1000, complete: false, waiting: 1000 });
    expect(await bulk.sendMany(template, people(1300), named())).toMatchObject({ taken: 1300, queued: 1300 });
    expect(await bulk.sendMany(template, people(1300), named())).toMatchObject({ taken: 1300, repeated: 0 });
    const addresses = (await messagesOf(database)).map(({ address }) => address);
    expect([addresses.length, new Set(addresses).size]).toEqual([1300, 1300]);
  });

  test("a file with malformed quotes goes on where it was ended, each line under its own number", async () => {
    const database = await open();
    const path = join(tempFolder(), "list.csv");
    const bad = new Map([
      [300, 'p300@x.cn,"P300'],
      [700, 'p700@x.cn,"P" 700'],
    ]);
    const lines = Array.from({ length: 1000 }, (_, n) => bad.get(n) ?? `p${n}@x.cn,P${n}`);
    writeFileSync(path, `email,name\n${lines.join("\n")}\n`);
    const told: number[] = [];
    const killed = new AbortController();
    const send = async (signal?: AbortSignal) => {
      const { entries, hash } = await openRecipients(path);
      const onRefused = ({ number }: { number: number }): void => void told.push(number);
      const onProgress = (): void => killed.abort();
      return bulkOn(database).sendMany(template, entries(), named({ source: hash, onRefused, onProgress, signal }));
    };
    expect(await send(killed.signal)).toMatchObject({ complete: false, taken: 500, queued: 499, refused: 1 });
    expect(await send()).toMatchObject({ complete: true, taken: 1000, queued: 998, refused: 2, repeated: 0 });
    expect(told).toEqual([302, 702]);
  });

  test("another template, list or setting under the same name is refused, and so is a list that another reads", async () => {
    const database = await open();
    const bulk = bulkOn(database);
    await bulk.sendMany(template, people(600), named({ source: "a" }));
    const again = (overrides: Partial<SendManyOptions>, list = people(600), other = template) =>
      bulk.sendMany(other, list, named({ source: "a", ...overrides }));
    const changed = { code: "WX_BULK_CHANGED" };
    await expect(again({ source: "b" })).rejects.toMatchObject(changed);
    await expect(again({ using: "second" })).rejects.toThrow('began with another using ("default")');
    await expect(again({}, people(600), { ...template, text: "x" })).rejects.toThrow("began with another template");
    await expect(again({}, people(601, 1))).rejects.toThrow("other entries than the first 600");
    await expect(again({}, people(599))).rejects.toThrow("at least 600 entries; this one has 599");
    await again({ perMinute: 60 }, people(700));
    async function* slow(): AsyncGenerator<BulkEntry> {
      yield* people(800);
      await again({}, people(801));
      yield* people(1300, 800);
    }
    await expect(bulk.sendMany(template, slow(), named({ source: "a" }))).rejects.toMatchObject({
      code: "WX_BULK_BUSY",
    });
    expect(await bulk.progress("news")).toMatchObject({ taken: 801, queued: 801 });
  });

  test("what the template itself lacks ends the call, and nothing is taken", async () => {
    const database = await open();
    const bulk = bulkOn(database);
    const wrong = bulk.sendMany({ ...template, from: "no address" }, people(3), named());
    await expect(wrong).rejects.toBeInstanceOf(MessageError);
    expect(await bulk.progress("news")).toMatchObject({ taken: 0 });
    await expect(bulk.sendMany({ subject: "x" }, people(1), named({ name: "b" }))).rejects.toMatchObject({
      code: "WX_BULK_TEMPLATE",
    });
    const mailer = (name: string) => {
      throw new Error(`there is no mailer ${name}`);
    };
    const unknown = bulkOn(database, { mailer }).sendMany(template, [], named({ name: "c", using: "nil" }));
    await expect(unknown).rejects.toThrow("there is no mailer nil");
  });

  test.each([
    [{ name: "" }, "name must be"],
    [{ perMinute: 0 }, "perMinute must be"],
    [{ lifetimeSeconds: -1 }, "lifetimeSeconds must be"],
    [{ rate: 1 } as Partial<SendManyOptions>, "there is no option rate"],
    [{ priority: "urgent" as "low" }, "priority may not be"],
  ])("the options %j are refused", async (options, problem) => {
    await expect(bulkOn(await open()).sendMany(template, [], named(options))).rejects.toThrow(problem);
  });

  test("a pace spreads the messages, over several calls too", async () => {
    const database = await open();
    const bulk = bulkOn(database);
    const sendAt = START + 60_000;
    await bulk.sendMany(template, people(3), named({ perMinute: 120, sendAt }));
    await bulk.sendMany(template, people(4), named({ perMinute: 120, sendAt }));
    const times = (await messagesOf(database)).map(({ due_at: dueAt }) => (dueAt ?? 0) - sendAt);
    expect(times.toSorted((a, b) => a - b)).toEqual([0, 500, 1000, 1500]);
  });

  test("a paused bulk holds what waits, and goes on where it was", async () => {
    const database = await open();
    const clock = fixedClock(START);
    const bulk = bulkOn(database, { clock });
    await bulk.sendMany(template, people(2500), named({ perMinute: 60_000 }));
    await database.kysely
      .updateTable("outbox_messages")
      .set({ lease_owner: "w" })
      .where("subject", "=", "Hello P7")
      .execute();
    expect(await bulk.pause("news")).toMatchObject({ state: "paused", held: 2499, waiting: 1 });
    expect((await messagesOf(database)).filter(({ due_at: dueAt }) => dueAt !== null)).toHaveLength(1);
    expect(await bulk.sendMany(template, people(2600), named())).toMatchObject({ state: "paused", taken: 2500 });
    clock.advance(3_600_000);
    expect(await bulk.resume("news")).toMatchObject({ state: "running", held: 0, waiting: 2500 });
    const due = (await messagesOf(database)).filter(({ lease_owner: owner }) => owner === null);
    expect(Math.min(...due.map(({ due_at: dueAt }) => dueAt ?? 0))).toBeGreaterThanOrEqual(START + 3_600_000);
    expect(new Set(due.map(({ recipient_state: state }) => state))).toEqual(new Set(["queued"]));
    await bulk.pause("news");
    const resumed = await bulk.sendMany(template, people(2600), named({ resume: true }));
    expect(resumed).toMatchObject({ state: "running", taken: 2600, queued: 2600 });
  });

  test("a bulk that is paused or cancelled while its list is read takes nothing more", async () => {
    const database = await open();
    const bulk = bulkOn(database);
    async function* cancelledAt(count: number): AsyncGenerator<BulkEntry> {
      yield* people(count);
      await bulk.cancel("news");
      yield* people(count + 2000, count);
    }
    const run = await bulk.sendMany(template, cancelledAt(1000), named());
    expect(run).toMatchObject({ state: "cancelled", taken: 1000 });
    expect(await bulk.progress("news")).toMatchObject({ cancelled: 1000, waiting: 0, queued: 1000 });
    const calls = [() => bulk.pause("news"), () => bulk.resume("news"), () => bulk.sendMany(template, [], named())];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ code: "WX_BULK_CANCELLED" });
    }
    await expect(bulk.cancel("other")).rejects.toMatchObject({ code: "WX_BULK_UNKNOWN" });
    expect(await bulk.progress("other")).toBeUndefined();
    expect((await messagesOf(database)).every(({ finished_at: at }) => at === START)).toBe(true);
  });

  test("a signal ends the reading between two commits", async () => {
    const database = await open();
    const stopping = new AbortController();
    const onProgress = () => stopping.abort();
    const run = await bulkOn(database).sendMany(template, people(2000), named({ signal: stopping.signal, onProgress }));
    expect(run).toMatchObject({ taken: 500, complete: false, state: "running" });
  });

  test("a bulk is kept as long as a message of it waits, however old its list is", async () => {
    const database = await open();
    const bulk = bulkOn(database);
    const { id } = await bulk.sendMany(template, people(2), named());
    await bulk.pause("news");
    expect(await findOldBulk(database.kysely, START + 1)).toBeUndefined();
    await bulk.cancel("news");
    expect(await findOldBulk(database.kysely, START + 1)).toBe(id);
  });

  test("an idempotency key makes one message of two bulks", async () => {
    const database = await open();
    const bulk = bulkOn(database);
    const entry = { to: "ann@x.cn", variables: { name: "Ann" }, idempotencyKey: "k" };
    expect(await bulk.sendMany(template, [entry], named())).toMatchObject({ queued: 1 });
    expect(await bulk.sendMany(template, [entry], named({ name: "b" }))).toMatchObject({ queued: 0, repeated: 1 });
    expect((await bulk.list()).map(({ name }) => name).toSorted()).toEqual(["b", "news"]);
  });
});

test("a long list takes no more memory than a short one", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heap: number[] = [];
  const onProgress = ({ taken }: BulkRun): void => {
    if (taken !== 2_000 && taken !== 30_000) return;
    collect();
    heap.push(process.memoryUsage().heapUsed / 1e6);
  };
  const run = await bulkOn(await testDatabase()).sendMany(template, people(30_000), named({ onProgress }));
  expect(run.queued).toBe(30_000);
  const [short = 0, long = Infinity] = heap;
  // The entries alone would be more than this.
  expect(long - short).toBeLessThan(8);
}, 60_000);
