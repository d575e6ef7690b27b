/** What every engine does, whatever tells it that messages are due: the same tests over all three. */
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { fromPg } from "../../src/db/index.ts";
import { type Backend, DeliveryError, type Receipt } from "../../src/mail/index.ts";
import type { Gate } from "../../src/outbox/index.ts";
import { sharedLimits } from "../../src/outbox/limits/shared-limits.ts";
import { eachEngine } from "../support/engines.ts";
import { composedMail, inState, receiptFor, refusedConnection, scriptedBackend } from "../support/outbox.ts";
import { until } from "../support/until.ts";

const soon = { baseMs: 200, capMs: 200 };

/** A backend that keeps every message until it is told to take it. */
function waitingBackend(): { backend: Backend; sent: readonly unknown[]; take(): void } {
  const takers: (() => void)[] = [];
  const { backend, sent } = scriptedBackend(
    ({ to }, signal) =>
      new Promise<Receipt>((resolve, reject) => {
        takers.push(() => resolve(receiptFor(to)));
        const cutOff = (): void =>
          reject(new DeliveryError("aborted", { retryable: true, outcome: "not-sent", stage: "connect" }));
        signal?.addEventListener("abort", cutOff, { once: true });
      }),
  );
  return { backend, sent, take: () => takers.splice(0).forEach((taker) => taker()) };
}

eachEngine((open, name) => {
  test("an enqueued message is delivered once, byte for byte, and its attempt is written down", async () => {
    const { backend, sent } = scriptedBackend();
    const outbox = await (await open()).outbox(backend);
    const mail = composedMail("Grüße", ["ann@x.cn", "bob@x.cn"]);
    const id = await outbox.enqueue(mail);
    expect(await outbox.get(id)).toMatchObject({ state: "queued", attempts: 0 });
    outbox.start();
    const message = await inState(outbox, id, "sent");
    expect(sent.map(({ to, bytes }) => [to, Buffer.from(bytes)])).toEqual([[["ann@x.cn", "bob@x.cn"], mail.bytes]]);
    expect(message).toMatchObject({ attempts: 1, nextAttemptAt: undefined });
    expect(message.history).toMatchObject([{ outcome: "sent", server: "mx:25", code: 250 }]);
  });

  test("a message belongs to the caller's transaction: rolled back, it never was", async () => {
    const { backend, sent } = scriptedBackend();
    const { database, outbox: make } = await open();
    const outbox = await make(backend);
    outbox.start();
    const cancelled = database.kysely.transaction().execute(async (tx) => {
      await outbox.enqueueMany([{ message: composedMail("one") }, { message: composedMail("two") }], { tx });
      throw new Error("the order failed");
    });
    await expect(cancelled).rejects.toThrow("the order failed");
    const id = await database.kysely.transaction().execute((tx) => outbox.enqueue(composedMail("kept"), { tx }));
    await inState(outbox, id, "sent");
    expect(sent).toHaveLength(1);
    expect((await outbox.list()).map(({ subject }) => subject)).toEqual(["kept"]);
  });

  test("a server that is down defers the message, and the same bytes go out when it is back", async () => {
    const { backend, sent } = scriptedBackend(
      () => Promise.reject(refusedConnection()),
      ({ to }) => receiptFor(to),
    );
    const outbox = await (await open()).outbox(backend, { policy: soon });
    const id = await outbox.enqueue(composedMail());
    outbox.start();
    const { history } = await inState(outbox, id, "sent");
    expect(history.map(({ outcome }) => outcome)).toEqual(["deferred", "sent"]);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
  });

  test("what is for later goes at its time, and not before; released, it goes at once", async () => {
    const { backend, sent } = scriptedBackend();
    const outbox = await (await open()).outbox(backend);
    outbox.start();
    const sendAt = Date.now() + 1_500;
    const later = await outbox.enqueue(composedMail("later"), { sendAt });
    const tomorrow = await outbox.enqueue(composedMail("tomorrow"), { sendAt: sendAt + 86_400_000 });
    const { history } = await inState(outbox, later, "sent");
    expect(history[0]?.at).toBeGreaterThanOrEqual(sendAt);
    expect(sent).toHaveLength(1);
    expect(await outbox.release(tomorrow)).toBe(true);
    await inState(outbox, tomorrow, "sent");
  });

  test("what is more urgent overtakes what waits", async () => {
    const order: string[] = [];
    const first = waitingBackend();
    const backend: Backend = {
      send: async (envelope, bytes, options) => {
        order.push(envelope.to[0] ?? "");
        return order.length === 1 ? first.backend.send(envelope, bytes, options) : receiptFor(envelope.to);
      },
    };
    const outbox = await (await open()).outbox(backend, { concurrency: 1 });
    outbox.start();
    await outbox.enqueue(composedMail("first", ["first@x.cn"]));
    await until(() => order.length === 1);
    const enqueue = (priority: "critical" | "high" | "normal" | "low") =>
      outbox.enqueue(composedMail(priority, [`${priority}@x.cn`]), { priority });
    const ids = [await enqueue("low"), await enqueue("normal"), await enqueue("critical"), await enqueue("high")];
    first.take();
    for (const id of ids) await inState(outbox, id, "sent");
    expect(order).toEqual(["first@x.cn", "critical@x.cn", "high@x.cn", "normal@x.cn", "low@x.cn"]);
  });

  test("three workers on one database deliver each message once", async () => {
    const { backend, sent } = scriptedBackend();
    const { outbox: make } = await open();
    const outboxes = [await make(backend), await make(backend), await make(backend)] as const;
    for (const outbox of outboxes) outbox.start();
    const one = (worker: number, index: number) => outboxes[worker % 3]?.enqueue(composedMail(`m${index}`)) ?? "";
    const ids = await Promise.all(Array.from({ length: 60 }, (_, index) => one(index, index)));
    for (const id of ids) await inState(outboxes[0], id, "sent");
    expect(sent).toHaveLength(60);
  });

  test("stopping lets a delivery end and takes no further message; another worker takes the rest", async () => {
    const { backend, sent, take } = waitingBackend();
    const { outbox: make } = await open();
    const outbox = await make(backend, { concurrency: 1 });
    const [first, second] = [await outbox.enqueue(composedMail("first")), await outbox.enqueue(composedMail("second"))];
    outbox.start();
    await until(() => sent.length === 1);
    const stopped = outbox.stop();
    take();
    await stopped;
    expect((await outbox.get(first))?.state).toBe("sent");
    expect((await outbox.get(second))?.state).toBe("queued");
    const next = await make(scriptedBackend().backend);
    next.start();
    await inState(next, second, "sent");
    expect(sent).toHaveLength(1);
  });

  test("what a stop cut off goes by the next worker at once", async () => {
    const { backend, sent } = waitingBackend();
    const { outbox: make } = await open();
    const outbox = await make(backend);
    const id = await outbox.enqueue(composedMail());
    outbox.start();
    await until(() => sent.length === 1);
    await outbox.stop({ graceMs: 50 });
    const next = await make(scriptedBackend().backend);
    next.start();
    expect(await inState(next, id, "sent")).toMatchObject({ history: [{ outcome: "sent" }] });
  });

  test("a backend that never answers holds up no stop: its message stays under its lease, and goes by the next worker", async () => {
    const { backend, sent } = scriptedBackend(() => new Promise<Receipt>(() => {}));
    const { database, outbox: make } = await open();
    const outbox = await make(backend, { leaseMs: 1_000 });
    const id = await outbox.enqueue(composedMail());
    outbox.start();
    await until(() => sent.length === 1);
    await outbox.stop({ graceMs: 50 });
    const leased = database.kysely.selectFrom("outbox_messages").select("id").where("lease_owner", "is not", null);
    expect(await leased.execute()).toEqual([{ id }]);
    const second = scriptedBackend();
    const next = await make(second.backend, { leaseMs: 1_000 });
    next.start();
    const { history } = await inState(next, id, "sent");
    expect(history.map(({ outcome }) => outcome)).toEqual(["interrupted", "sent"]);
    expect([...sent, ...second.sent]).toHaveLength(2);
  });

  test("a worker that died without a word: its lease runs out, and another sends", async () => {
    const { backend, sent } = scriptedBackend();
    const { database, outbox: make } = await open();
    const outbox = await make(backend, { leaseMs: 1_000 });
    const id = await outbox.enqueue(composedMail());
    await database.kysely
      .updateTable("outbox_messages")
      .set({ lease_owner: "the dead" })
      .where("id", "=", id)
      .execute();
    outbox.start();
    const { history } = await inState(outbox, id, "sent");
    expect(history.map(({ outcome }) => outcome)).toEqual(["interrupted", "sent"]);
    expect(sent).toHaveLength(1);
  });

  test("what a person does: cancelled it does not go, held it waits, failed it is sent again", async () => {
    const refused = () =>
      Promise.reject(
        new DeliveryError("554 no", { retryable: false, outcome: "not-sent", stage: "data", replyCode: 554 }),
      );
    const { backend, sent } = scriptedBackend(refused, ({ to }) => receiptFor(to));
    const outbox = await (await open()).outbox(backend);
    const failed = await outbox.enqueue(composedMail("failed"));
    outbox.start();
    await inState(outbox, failed, "failed");
    expect(await outbox.redrive(failed)).toBe(1);
    await inState(outbox, failed, "sent");
    const sendAt = Date.now() + 700;
    const cancelled = await outbox.enqueue(composedMail("cancelled"), { sendAt });
    const held = await outbox.enqueue(composedMail("held"), { sendAt });
    const other = await outbox.enqueue(composedMail("other"), { sendAt: sendAt + 1 });
    expect(await outbox.cancel(cancelled)).toBe(true);
    expect(await outbox.hold(held)).toBe(true);
    await inState(outbox, other, "sent");
    expect(await outbox.get(held)).toMatchObject({ state: "held" });
    expect(await outbox.release(held)).toBe(true);
    await inState(outbox, held, "sent");
    expect(await outbox.get(cancelled)).toMatchObject({ state: "cancelled" });
    expect(sent).toHaveLength(4);
  });

  test("what the limits put off goes when they let it", async () => {
    const { backend, sent } = scriptedBackend();
    const gate = sharedLimits({
      rules: [{ scope: "mailer", windows: [{ count: 2, seconds: 2 }], criticalReserve: 0 }],
    });
    const outbox = await (await open()).outbox(backend, { gate });
    const ids = await Promise.all(Array.from({ length: 5 }, (_, index) => outbox.enqueue(composedMail(`m${index}`))));
    outbox.start();
    const began: number[] = [];
    for (const id of ids) began.push((await inState(outbox, id, "sent")).history[0]?.at ?? 0);
    const [first = 0, , third = 0] = began.toSorted((a, b) => a - b);
    expect(third - first).toBeGreaterThan(1_500); // two in any two seconds, of which the conversation takes some
    expect(sent).toHaveLength(5);
  });

  test("what could not be claimed for a while goes once it can", async () => {
    let isBroken = true;
    const gate: Gate = {
      allow: async (_tx, mailers) => mailers.map((mailer) => ({ mailer, critical: 100, others: 100 })),
      admit: async (_tx, candidates) =>
        candidates.map(({ message: { id, subject } }) => {
          if (isBroken && subject === "bad") throw new Error("no gate for this one");
          return { id, admitted: true };
        }),
      learn: async () => {},
    };
    const { backend, sent } = scriptedBackend();
    const outbox = await (await open()).outbox(backend, { gate });
    const bad = await outbox.enqueue(composedMail("bad"));
    outbox.start();
    // With pg-boss each message is a claim of its own.
    if (name === "pg-boss") await inState(outbox, await outbox.enqueue(composedMail("good")), "sent");
    isBroken = false;
    await inState(outbox, bad, "sent");
    expect(sent).toHaveLength(name === "pg-boss" ? 2 : 1);
  });

  test.skipIf(name === "sqlite")("a transaction on a client of the caller's own", async () => {
    const { backend, sent } = scriptedBackend();
    const { database, outbox: make } = await open();
    const outbox = await make(backend);
    outbox.start();
    const client = new Client({ connectionString: database.url.replace("***", "secret") });
    await client.connect();
    onTestFinished(() => client.end());
    for (const end of ["ROLLBACK", "COMMIT"]) {
      await client.query("BEGIN");
      await outbox.enqueue(composedMail(end), { tx: fromPg(client) });
      await client.query(end);
    }
    await until(() => sent.length === 1);
    expect((await outbox.list()).map(({ subject }) => subject)).toEqual(["COMMIT"]);
  });
});
