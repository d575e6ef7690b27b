import { Client } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixedClock } from "../../test/support/fixed-clock.ts";
import { composedMail, inState, outboxOn, scriptedBackend } from "../../test/support/outbox.ts";
import { eachDatabase, freshPostgres, postgresMissing } from "../../test/support/postgres.ts";
import { fromPg, migrate, openDatabase } from "../db/index.ts";
import type { Composed } from "../mail/index.ts";
import type { EnqueueOptions } from "./enqueue-options.ts";

eachDatabase((open) => {
  test("the same idempotency key with the same content is the same message, eight at once among them", async () => {
    const outbox = outboxOn(await open(), scriptedBackend().backend);
    const again = (seconds: number): Composed => ({
      ...composedMail(),
      bytes: Buffer.from(
        `Message-ID: <${seconds}@x.cn>\r\nDate: ${seconds}\r\nList-Unsubscribe:\r\n <https://x.cn/${seconds}>\r\nSubject: Hello\r\n\r\nthe same\r\n`,
      ),
    });
    const ids = await Promise.all(
      Array.from({ length: 8 }, (_, index) => outbox.enqueue(again(index), { idempotencyKey: "order-1" })),
    );
    expect(new Set(ids).size).toBe(1);
    expect(await outbox.enqueue(again(9), { idempotencyKey: "order-1" })).toBe(ids[0]);
    expect(await outbox.list()).toHaveLength(1);
  });

  test("the same key with another content, recipient or mailer is refused", async () => {
    const outbox = outboxOn(await open(), scriptedBackend().backend);
    await outbox.enqueue(composedMail("one"), { idempotencyKey: "k" });
    const refusal = { code: "WX_OUTBOX_IDEMPOTENCY", message: expect.stringContaining('"k" belongs to the message') };
    await expect(outbox.enqueue(composedMail("two"), { idempotencyKey: "k" })).rejects.toMatchObject(refusal);
    const toBob = composedMail("one", ["bob@x.cn"]);
    await expect(outbox.enqueue(toBob, { idempotencyKey: "k" })).rejects.toMatchObject(refusal);
    const byOther = outbox.enqueue(composedMail("one"), { idempotencyKey: "k", using: "bulk" });
    await expect(byOther).rejects.toMatchObject(refusal);
    expect(await outbox.list()).toHaveLength(1);
  });

  test("a key that is there already does not end the caller's transaction", async () => {
    const database = await open();
    const outbox = outboxOn(database, scriptedBackend().backend);
    const first = await outbox.enqueue(composedMail(), { idempotencyKey: "k" });
    const ids = await database.kysely.transaction().execute(async (tx) => {
      const again = await outbox.enqueue(composedMail(), { tx, idempotencyKey: "k" });
      await expect(outbox.enqueue(composedMail("other"), { tx, idempotencyKey: "k" })).rejects.toThrow("belongs to");
      return [again, await outbox.enqueue(composedMail("next"), { tx })];
    });
    expect(ids[0]).toBe(first);
    expect(await outbox.list()).toHaveLength(2);
  });

  test("what the database does not take fails alone, and those that came with it are stored", async () => {
    const outbox = outboxOn(await open(), scriptedBackend().backend);
    const bad = { ...composedMail("bad"), messageId: null as unknown as string };
    const settled = await Promise.allSettled([
      outbox.enqueue(composedMail("a")),
      outbox.enqueue(bad),
      outbox.enqueue(composedMail("b")),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await outbox.list()).toHaveLength(2);
  });

  test("several are stored together, or none", async () => {
    const outbox = outboxOn(await open(), scriptedBackend().backend);
    const ids = await outbox.enqueueMany([{ message: composedMail("a") }, { message: composedMail("b") }]);
    expect(new Set(ids).size).toBe(2);
    const bad = { ...composedMail("bad"), messageId: null as unknown as string };
    await expect(outbox.enqueueMany([{ message: composedMail("c") }, { message: bad }])).rejects.toThrow(/message_id/);
    expect((await outbox.list()).map(({ id }) => id)).toEqual([...ids].toSorted().toReversed());
  });

  test("nothing goes before sendAt, and what is more urgent goes first", async () => {
    const clock = fixedClock();
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, { clock, concurrency: 1 });
    const later = await outbox.enqueue(composedMail("later"), { sendAt: new Date(clock.now() + 60_000) });
    await outbox.enqueue(composedMail("low", ["low@x.cn"]), { priority: "low" });
    await outbox.enqueue(composedMail("normal", ["normal@x.cn"]));
    await outbox.enqueue(composedMail("critical", ["critical@x.cn"]), { priority: "critical" });
    expect(await outbox.get(later)).toMatchObject({ wait: { kind: "scheduled" }, sendAt: clock.now() + 60_000 });
    await outbox.flush();
    expect(sent.map(({ to }) => to[0])).toEqual(["critical@x.cn", "normal@x.cn", "low@x.cn"]);
    clock.advance(60_000);
    await inState(outbox, later, "sent");
  });

  test("a message whose time is over before its first attempt is not sent", async () => {
    const clock = fixedClock();
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, { clock });
    const id = await outbox.enqueue(composedMail(), { expiresAt: clock.now() + 1000 });
    clock.advance(1001);
    await outbox.flush();
    expect(await outbox.get(id)).toMatchObject({ state: "failed", attempts: 0 });
    expect((await outbox.get(id))?.recipients[0]?.detail).toContain("time was over");
    expect(sent).toEqual([]);
  });

  test("tags and metadata are the envelope's and the options' together", async () => {
    const outbox = outboxOn(await open(), scriptedBackend().backend);
    const message = composedMail();
    const envelope = { ...message.envelope, tags: ["a"], metadata: { order: "1", shop: "x" } };
    const id = await outbox.enqueue({ ...message, envelope }, { tags: ["b", "a"], metadata: { order: "2" } });
    expect(await outbox.get(id)).toMatchObject({ tags: ["a", "b"], metadata: { order: "2", shop: "x" } });
  });

  test("half a character in a text costs no message", async () => {
    const outbox = outboxOn(await open(), scriptedBackend().backend);
    const message = composedMail("Hello \ud83d", ["ann\ud800@x.cn", "back\\ud800@x.cn"]);
    const id = await outbox.enqueue({ ...message, messageId: "<\udc00\0@x.cn>" }, { metadata: { name: "Ann \ud83d" } });
    await outbox.flush();
    const sent = await outbox.get(id);
    expect(sent).toMatchObject({ state: "sent", subject: "Hello \ufffd" });
    expect(sent?.recipients.map(({ address }) => address)).toEqual(["ann\ufffd@x.cn", "back\\ud800@x.cn"]);
  });

  test("a sensitive body is gone once the server has taken the message, another one stays", async () => {
    const database = await open();
    const outbox = outboxOn(database, scriptedBackend().backend);
    await outbox.enqueue(composedMail("secret"), { sensitive: true });
    const plain = await outbox.enqueue(composedMail("plain"));
    await outbox.flush();
    const bodies = await database.kysely.selectFrom("outbox_bodies").select("message_id").execute();
    expect(bodies).toEqual([{ message_id: plain }]);
  });

  test("a mailer can be told to go through the outbox", async () => {
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend);
    const through = outbox.backend({ priority: "high", group: "shop" });
    const message = composedMail("Folded");
    const receipt = await through.send(message.envelope, message.bytes);
    expect(receipt.response).toMatch(/^queued as [0-9a-f-]{36}$/);
    const id = receipt.response.slice("queued as ".length);
    expect(await outbox.get(id)).toMatchObject({ subject: "Folded", messageId: "<Folded@x.cn>", group: "shop" });
    await outbox.flush();
    expect(Buffer.from(sent[0]?.bytes ?? []).equals(message.bytes as Buffer)).toBe(true);
    const encoded = Buffer.from("Subject: =?utf-8?Q?=E4=BD=A0?=\r\n =?utf-8?B?5aW9?=,=?utf-8?Q?=0D=0Aann?=\r\n\r\n");
    const { response } = await through.send(message.envelope, encoded);
    expect(await outbox.get(response.slice("queued as ".length))).toMatchObject({ subject: "你好, ann" });
  });
});

describe("options", () => {
  test.each([
    [{ priority: "urgent" }, 'priority may not be "urgent". Give one of critical, high, normal, low.'],
    [{ idempotencyKey: "x".repeat(201) }, "idempotencyKey"],
    [{ sendAt: new Date("nonsense") }, "sendAt"],
    [{ tags: ["x".repeat(101)] }, "tags"],
    [{ metadata: { a: 1 } }, "metadata"],
    [{ group: "a\nb" }, "group"],
    [{ tenant: "acme \ud83d" }, "tenant"],
    [{ onUnknown: "ask" }, "onUnknown"],
    [{ sensitive: "yes" }, "sensitive"],
    [{ sendAt: Number.NaN }, "sendAt may not be NaN"],
    [{ expiresAt: 8.64e15 }, "before the year 10000"],
    [{ sendAt: 2_000_000_000_000, expiresAt: 2_000_000_000_000 }, "over before sendAt"],
    [{ metadata: new Map([["order", "1"]]) }, "metadata"],
    [{ metadata: ["order"] }, "metadata"],
    [{ idempotencykey: "k" }, "Did you mean idempotencyKey?"],
  ])("%j is refused, with its name and the fix", async (options, words) => {
    await using database = await openDatabase("sqlite::memory:");
    await migrate(database);
    const outbox = outboxOn(database, scriptedBackend().backend);
    const enqueued = outbox.enqueue(composedMail(), options as EnqueueOptions);
    await expect(enqueued).rejects.toMatchObject({
      code: "WX_OUTBOX_OPTIONS",
      message: expect.stringContaining(words),
    });
    expect(await outbox.list()).toEqual([]);
  });
});

test("what JSON cannot show is refused like any other value", async () => {
  await using database = await openDatabase("sqlite::memory:");
  await migrate(database);
  const outbox = outboxOn(database, scriptedBackend().backend);
  const circular: Record<string, unknown> = {};
  circular["itself"] = circular;
  for (const options of [{ sendAt: 1n }, { priority: 1n }, { metadata: circular }]) {
    const enqueued = outbox.enqueue(composedMail(), options as unknown as EnqueueOptions);
    await expect(enqueued).rejects.toMatchObject({ code: "WX_OUTBOX_OPTIONS" });
  }
  const address = { ...composedMail(), envelope: { from: "a@x.cn", to: "b@x.cn" } };
  for (const message of [null, {}, address]) {
    const enqueued = outbox.enqueue(message as unknown as Composed);
    await expect(enqueued).rejects.toMatchObject({ code: "WX_OUTBOX_NOT_COMPOSED" });
  }
  expect(await outbox.list()).toEqual([]);
});

test("a transaction of another kind of database is refused: no worker would find the message there", async () => {
  await using database = await openDatabase("sqlite::memory:");
  await migrate(database);
  const outbox = outboxOn(database, scriptedBackend().backend);
  const tx = fromPg({ query: async () => ({ rows: [], rowCount: 1 }) });
  await expect(outbox.enqueue(composedMail(), { tx })).rejects.toMatchObject({ code: "WX_DB_TRANSACTION" });
  await expect(outbox.enqueueMany([{ message: composedMail() }], { tx })).rejects.toMatchObject({
    code: "WX_DB_TRANSACTION",
  });
});

test.skipIf(postgresMissing)(
  "in a transaction of the caller's own client a message is enqueued, or was never there",
  async () => {
    const url = await freshPostgres();
    const database = await openDatabase(url);
    onTestFinished(() => database.close());
    await migrate(database);
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(database, backend, { pollMs: 60_000 });
    outbox.start();
    const client = new Client({ connectionString: url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query("begin");
    await outbox.enqueue(composedMail("rolled back"), { tx: fromPg(client) });
    await client.query("rollback");
    await client.query("begin");
    const id = await outbox.enqueue(composedMail("kept"), { tx: fromPg(client), idempotencyKey: "k" });
    await client.query("commit");
    await inState(outbox, id, "sent");
    expect(sent).toHaveLength(1);
  },
);
