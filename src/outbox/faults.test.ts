import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { fixedClock } from "../../test/support/fixed-clock.ts";
import {
  composedMail,
  inState,
  outboxOn,
  receiptFor,
  refusedConnection,
  scriptedBackend,
} from "../../test/support/outbox.ts";
import { eachDatabase } from "../../test/support/postgres.ts";
import { testDatabase } from "../../test/support/test-database.ts";
import { until } from "../../test/support/until.ts";
import { type Database, openDatabase } from "../db/index.ts";
import type { Receipt } from "../mail/index.ts";

const LEASE_MS = 30_000;

/** What a worker that was killed leaves: a lease that nobody renews. */
async function leaveLeased(database: Database, id: string, end: number): Promise<void> {
  await database.kysely
    .updateTable("outbox_messages")
    .set({ lease_owner: "dead:1:x", due_at: end })
    .where("id", "=", id)
    .execute();
}

eachDatabase((open) => {
  test("a lease that nobody renews is taken over after its end and half its time again, and not before", async () => {
    const database = await open();
    const clock = fixedClock();
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(database, backend, { clock, monotonic: clock.now, leaseMs: LEASE_MS });
    const id = await outbox.enqueue(composedMail());
    await leaveLeased(database, id, clock.now() + LEASE_MS);
    outbox.start();
    const start = clock.now();
    while ((await outbox.get(id))?.state !== "sent") {
      clock.advance(LEASE_MS / 4);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(clock.now() - start).toBeGreaterThanOrEqual(LEASE_MS * 1.5);
    const message = await outbox.get(id);
    expect(message?.history.map(({ outcome }) => outcome)).toEqual(["interrupted", "sent"]);
    expect(sent).toHaveLength(1);
  });

  test("a message that must not come twice becomes unknown when its worker was killed", async () => {
    const database = await open();
    const clock = fixedClock();
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(database, backend, { clock, monotonic: clock.now, leaseMs: LEASE_MS });
    const id = await outbox.enqueue(composedMail(), { onUnknown: "hold" });
    await leaveLeased(database, id, clock.now());
    outbox.start();
    await until(async () => {
      clock.advance(LEASE_MS / 4);
      return (await outbox.get(id))?.state === "unknown";
    });
    expect((await outbox.get(id))?.history).toMatchObject([{ outcome: "interrupted" }]);
    await outbox.flush();
    expect(sent).toEqual([]);
    expect(await outbox.redrive(id)).toBe(1);
    await inState(outbox, id, "sent");
  });

  test("a message that kills five workers in a row is failed in place of a sixth", async () => {
    const database = await open();
    const clock = fixedClock();
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(database, backend, { clock, monotonic: clock.now, leaseMs: LEASE_MS, concurrency: 1 });
    const id = await outbox.enqueue(composedMail());
    await leaveLeased(database, id, clock.now());
    await database.kysely.updateTable("outbox_messages").set({ takeovers: 4 }).execute();
    outbox.start();
    await until(async () => {
      clock.advance(LEASE_MS / 4);
      return (await outbox.get(id))?.state === "failed";
    });
    expect((await outbox.get(id))?.recipients[0]?.detail).toContain("5 workers in a row");
    expect(sent).toEqual([]);
  });

  test("a clock that jumps an hour ahead takes nothing from a worker that lives", async () => {
    const database = await open();
    const clock = fixedClock();
    let release: (value: Receipt) => void = () => {};
    const slow = scriptedBackend(() => new Promise<Receipt>((resolve) => (release = resolve)));
    const other = scriptedBackend();
    let steady = 0;
    const options = { clock, monotonic: () => steady, leaseMs: LEASE_MS };
    const first = outboxOn(database, slow.backend, options);
    const second = outboxOn(database, other.backend, options);
    first.start();
    second.start();
    const id = await first.enqueue(composedMail());
    await until(() => slow.sent.length + other.sent.length === 1);
    clock.advance(3_600_000); // the wall clock alone: no time has passed
    for (let step = 0; step < 12; step++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      steady += LEASE_MS / 12;
      clock.advance(LEASE_MS / 12);
    }
    if (slow.sent.length === 1) release(receiptFor(["ann@x.cn"]));
    const message = await inState(first, id, "sent");
    expect(slow.sent.length + other.sent.length).toBe(1);
    expect(message.history).toHaveLength(1);
  });

  test("a clock that is set back an hour keeps nothing waiting for that hour, but what was asked for at a time", async () => {
    const database = await open();
    const right = fixedClock();
    const wrong = fixedClock(right.now() + 3_600_000);
    const { backend, sent } = scriptedBackend(
      () => Promise.reject(refusedConnection()),
      ({ to }) => receiptFor(to),
    );
    const before = outboxOn(database, backend, { clock: wrong, policy: { baseMs: 1_000 } });
    before.start();
    const id = await before.enqueue(composedMail());
    const later = await before.enqueue(composedMail("later"), { sendAt: wrong.now() + 7_200_000 });
    await inState(before, id, "deferred");
    await before.stop();
    const after = outboxOn(database, backend, { clock: right });
    after.start();
    await until(async () => ((await after.get(id))?.nextAttemptAt ?? Infinity) <= right.now() + 1_000);
    right.advance(1_001);
    await inState(after, id, "sent");
    expect(sent).toHaveLength(2);
    expect((await after.get(later))?.nextAttemptAt).toBe(wrong.now() + 7_200_000);
  });

  test("a row that cannot be read fails with a clear word, and the next one goes", async () => {
    const database = await open();
    const outbox = outboxOn(database, scriptedBackend().backend);
    const broken = await outbox.enqueue(composedMail("broken"));
    const empty = await outbox.enqueue(composedMail("empty"));
    const good = await outbox.enqueue(composedMail("good"));
    await database.kysely
      .updateTable("outbox_messages")
      .set({ envelope_extras: "{" })
      .where("id", "=", broken)
      .execute();
    await database.kysely.deleteFrom("outbox_bodies").where("message_id", "=", empty).execute();
    await outbox.flush();
    const detail = async (id: string): Promise<string> => (await outbox.get(id))?.recipients[0]?.detail ?? "";
    expect(await outbox.get(broken)).toMatchObject({ state: "failed" });
    expect(await detail(broken)).toContain("envelope of this message cannot be read");
    expect(await outbox.get(empty)).toMatchObject({ state: "failed" });
    expect(await detail(empty)).toContain("body of this message is gone");
    expect(await outbox.get(good)).toMatchObject({ state: "sent" });
  });

  test("words of a server that no database takes are written down all the same", async () => {
    const outbox = outboxOn(
      await open(),
      scriptedBackend(({ to }) => ({ ...receiptFor(to), response: "250 \0 \ud800 ok" })).backend,
    );
    const id = await outbox.enqueue(composedMail());
    await outbox.flush();
    expect((await outbox.get(id))?.recipients[0]?.detail).toBe("250 \ufffd \ufffd ok");
  });

  test("a backend that does not end when it is told to does not keep the process", async () => {
    const database = await open();
    const { backend, sent } = scriptedBackend(() => new Promise<Receipt>(() => {}));
    const outbox = outboxOn(database, backend);
    outbox.start();
    const id = await outbox.enqueue(composedMail());
    await until(() => sent.length === 1);
    await outbox.stop({ graceMs: 10 });
    const { lease_owner: owner } = await database.kysely
      .selectFrom("outbox_messages")
      .select("lease_owner")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    expect(owner).not.toBeNull(); // left to run out: nobody knows what the server has
  });

  test("what waits behind a backend that does not end goes back at a stop: no server can have it", async () => {
    const database = await open();
    const { backend, sent } = scriptedBackend(() => new Promise<Receipt>(() => {}));
    const outbox = outboxOn(database, backend, { maxBytesInFlight: 1 });
    outbox.start();
    const hung = await outbox.enqueue(composedMail("hung"));
    await until(() => sent.length === 1);
    const behind = await outbox.enqueue(composedMail("behind"));
    await until(async () => (await outbox.get(behind))?.state === "sending");
    await outbox.stop({ graceMs: 10 });
    expect((await outbox.get(hung))?.state).toBe("sending");
    expect((await outbox.get(behind))?.state).toBe("queued");
  });

  test("more bytes than may be in memory wait for those before them, and a single larger message goes", async () => {
    let most = 0;
    let now = 0;
    const { backend, sent } = scriptedBackend(async ({ to }) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 2));
      now--;
      return receiptFor(to);
    });
    const outbox = outboxOn(await open(), backend, { maxBytesInFlight: 150 });
    const large = { ...composedMail(), bytes: Buffer.alloc(500, "x") };
    const mails = Array.from({ length: 8 }, (_, index) => ({
      ...composedMail(`m${index}`),
      bytes: Buffer.alloc(70, "x"),
    }));
    await outbox.enqueueMany([...mails, large].map((message) => ({ message })));
    await outbox.flush();
    expect(sent).toHaveLength(9);
    expect(most).toBeLessThanOrEqual(2);
    expect(sent.map(({ bytes }) => bytes.length).toSorted((a, b) => b - a)[0]).toBe(500);
  });
});

/** Lets the file grow by no more than so many pages. */
async function limitPages({ kysely }: Database, pages: number): Promise<void> {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(kysely);
  const most = pages === Infinity ? 1_000_000 : (rows[0]?.page_count ?? 0) + pages;
  await sql.raw(`pragma max_page_count = ${most}`).execute(kysely);
}

test("two workers on one file, each with a connection of its own, deliver each message once, whoever took it", async () => {
  const one = await testDatabase();
  const two = await openDatabase(one.url);
  onTestFinished(() => two.close());
  const { backend, sent } = scriptedBackend(async ({ to }) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return receiptFor(to);
  });
  const first = outboxOn(one, backend, { concurrency: 4 });
  const second = outboxOn(two, backend, { concurrency: 4 });
  first.start();
  second.start();
  const mails = Array.from({ length: 60 }, (_, index) => composedMail(`m${index}`, [`u${index}@x.cn`]));
  const ids = await Promise.all(mails.map((mail, index) => (index % 2 === 0 ? first : second).enqueue(mail)));
  for (const id of ids) await inState(second, id, "sent");
  expect(sent.map(({ to }) => to[0]).toSorted()).toEqual(mails.map(({ envelope }) => envelope.to[0]).toSorted());
});

test("a full disk refuses the message in so many words, and the outbox goes on when there is room", async () => {
  const database = await testDatabase();
  const outbox = outboxOn(database, scriptedBackend().backend);
  await outbox.enqueue(composedMail("before"));
  await limitPages(database, 2);
  const big = { ...composedMail("big"), bytes: Buffer.alloc(200_000, "x") };
  const settled = await Promise.allSettled([outbox.enqueue(big), outbox.enqueue(big)]);
  expect(settled).toMatchObject([
    { status: "rejected", reason: { code: "WX_DB_FULL" } },
    { status: "rejected", reason: { code: "WX_DB_FULL" } },
  ]);
  await limitPages(database, Infinity);
  await outbox.enqueue(big);
  expect((await outbox.list()).map(({ subject }) => subject)).toEqual(["big", "before"]);
});

test("a disk that is full when an outcome is written costs neither the outcome nor a second mail", async () => {
  const database = await testDatabase();
  const events: string[] = [];
  const { backend, sent } = scriptedBackend(async ({ to }) => {
    await limitPages(database, 0);
    return { ...receiptFor(to), response: `250 ${"x".repeat(20_000)}` };
  });
  const outbox = outboxOn(database, backend, { logger: { log: (_level, event) => void events.push(event) } });
  const id = await outbox.enqueue(composedMail());
  outbox.start();
  await until(() => events.includes("outbox.settle-failed"));
  expect(await outbox.get(id)).toMatchObject({ state: "sending" });
  await limitPages(database, Infinity);
  await inState(outbox, id, "sent");
  expect(sent).toHaveLength(1);
});

test("a file that another process holds for longer than is waited for is named, and nothing is lost", async () => {
  const holder = await testDatabase();
  await using database = await openDatabase(holder.url, { busyWaitMs: 50 });
  const outbox = outboxOn(database, scriptedBackend().backend);
  await holder.kysely.transaction().execute(async (tx) => {
    await tx.deleteFrom("sessions").execute();
    await expect(outbox.enqueue(composedMail())).rejects.toMatchObject({ code: "WX_DB_BUSY" });
  });
  await outbox.enqueue(composedMail());
  await outbox.flush();
  expect(await outbox.list({ state: "sent" })).toHaveLength(1);
  await outbox.stop();
});
