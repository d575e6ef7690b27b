import { expect, onTestFinished, test } from "vitest";
import type { Clock } from "../base/index.ts";
import { type Backend, type Composed, DeliveryError, type Envelope, type Receipt } from "../mail/index.ts";
import { fixedClock } from "../../test/support/fixed-clock.ts";
import { eachDatabase } from "../../test/support/postgres.ts";
import type { Outbox, OutboxOptions } from "./api.ts";
import { createOutbox } from "./outbox.ts";

const composed = (subject = "Hello", to = ["ann@x.cn"]): Composed => ({
  envelope: { from: "shop@x.cn", to },
  bytes: Buffer.from(`Subject: ${subject}\r\n\r\nbytes ÿ\r\n`, "latin1"),
  messageId: `<${subject}@x.cn>`,
  subject,
});

const receipt = (to: readonly string[]): Receipt => ({
  server: "mx:25",
  accepted: [...to],
  rejected: [],
  response: "250 ok",
});

/** A backend whose answers a test writes, and that remembers what it was given. */
function scripted(
  ...answers: ((to: readonly string[], signal: AbortSignal | undefined) => Promise<Receipt> | Receipt)[]
) {
  const sent: { to: readonly string[]; bytes: Uint8Array }[] = [];
  const backend: Backend = {
    send: async (envelope, bytes, options) => {
      sent.push({ to: envelope.to, bytes });
      const answer = answers[Math.min(sent.length, answers.length) - 1];
      return answer === undefined ? receipt(envelope.to) : answer(envelope.to, options?.signal);
    },
  };
  return { backend, sent };
}

eachDatabase((open) => {
  async function outboxWith(backend: Backend, options: Partial<OutboxOptions> = {}) {
    const database = options.database ?? (await open());
    const outbox = createOutbox({ mailer: () => backend, pollMs: 20, ...options, database });
    onTestFinished(() => outbox.stop());
    return { outbox, database };
  }

  async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const inState = (outbox: Outbox, id: string, state: string) =>
    until(async () => {
      const message = await outbox.get(id);
      return message?.state === state ? message : undefined;
    });

  test("a critical message goes while bulk mail takes every place and more of it waits", async () => {
    let letGo = (): void => {};
    const isLetGo = new Promise<void>((resolve) => (letGo = resolve));
    const sent: string[] = [];
    const backend: Backend = {
      send: async ({ to }) => {
        if (to[0] === "bulk@x.cn") await isLetGo;
        sent.push(to[0] ?? "");
        return receipt(to);
      },
    };
    const { outbox } = await outboxWith(backend, { concurrency: 4 });
    outbox.start();
    const bulk = Array.from({ length: 12 }, () => composed("News", ["bulk@x.cn"]));
    await Promise.all(bulk.map((message) => outbox.enqueue(message, { priority: "low" })));
    const id = await outbox.enqueue(composed("Your code", ["ann@x.cn"]), { priority: "critical" });
    await inState(outbox, id, "sent");
    expect(sent).toEqual(["ann@x.cn"]);
    letGo();
    await outbox.flush();
    expect(sent).toHaveLength(13);
  });

  test("while turns overtake each other no more is under way than there are places, and all of it leaves once", async () => {
    const sent: string[] = [];
    let [underWay, most] = [0, 0];
    const backend: Backend = {
      send: async ({ to }) => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        sent.push(to[0] ?? "");
        return receipt(to);
      },
    };
    const { outbox } = await outboxWith(backend, { concurrency: 70 });
    outbox.start();
    const all = Array.from({ length: 1500 }, (_, index) => `u${index}@x.cn`);
    const rest = [...all];
    const caller = async (): Promise<void> => {
      for (let to = rest.pop(); to !== undefined; to = rest.pop()) await outbox.enqueue(composed("News", [to]));
    };
    await Promise.all(Array.from({ length: 300 }, caller));
    await outbox.flush();
    expect(sent.toSorted()).toEqual(all.toSorted());
    expect(most).toBeLessThanOrEqual(70);
    expect(most).toBeGreaterThan(35);
  });

  test("all that an envelope holds reaches the backend, on each attempt", async () => {
    const envelopes: Envelope[] = [];
    const backend: Backend = {
      send: async (envelope) => {
        envelopes.push(envelope);
        if (envelopes.length === 1) throw new DeliveryError("later", { retryable: true, outcome: "not-sent" });
        return receipt(envelope.to);
      },
    };
    const { outbox } = await outboxWith(backend, { policy: { baseMs: 1, capMs: 1 } });
    const message = composed();
    const extras = {
      tags: ["welcome"],
      metadata: { order: "42" },
      dsn: { notify: "never" as const },
      requireTls: true,
    };
    const id = await outbox.enqueue({ ...message, envelope: { ...message.envelope, ...extras } });
    outbox.start();
    await inState(outbox, id, "sent");
    expect(envelopes).toEqual([
      { from: "shop@x.cn", to: ["ann@x.cn"], ...extras },
      { from: "shop@x.cn", to: ["ann@x.cn"], ...extras },
    ]);
  });

  test("an enqueued message is delivered once, byte for byte, and its attempt is written down", async () => {
    const { backend, sent } = scripted();
    const { outbox } = await outboxWith(backend);
    const id = await outbox.enqueue(composed("Grüße", ["ann@x.cn", "bob@x.cn", "ann@x.cn"]));
    expect(await outbox.get(id)).toMatchObject({ state: "queued", attempts: 0 });
    outbox.start();
    const message = await inState(outbox, id, "sent");
    expect(sent).toHaveLength(1);
    expect(sent[0]?.to).toEqual(["ann@x.cn", "bob@x.cn"]);
    expect(Buffer.from(sent[0]?.bytes ?? []).equals(composed("Grüße").bytes as Buffer)).toBe(true);
    expect(message).toMatchObject({ attempts: 1, nextAttemptAt: undefined, messageId: "<Grüße@x.cn>" });
    expect(message.history).toMatchObject([{ outcome: "sent", server: "mx:25", code: 250 }]);
  });

  test("a message belongs to the caller's transaction: rolled back, it never was", async () => {
    const { backend, sent } = scripted();
    const { outbox, database } = await outboxWith(backend);
    outbox.start();
    const cancelled = database.kysely.transaction().execute(async (tx) => {
      await outbox.enqueue(composed("rolled back"), { tx });
      throw new Error("the order failed");
    });
    await expect(cancelled).rejects.toThrow("the order failed");
    const id = await database.kysely.transaction().execute((tx) => outbox.enqueue(composed("kept"), { tx }));
    await inState(outbox, id, "sent");
    expect(sent).toHaveLength(1);
    expect((await outbox.list()).map(({ subject }) => subject)).toEqual(["kept"]);
  });

  test("a server that is down defers the message, and the same bytes go out when it is back", async () => {
    const clock = fixedClock();
    const { backend, sent } = scripted(
      () =>
        Promise.reject(
          new DeliveryError("connection refused", {
            retryable: true,
            outcome: "not-sent",
            stage: "connect",
            server: "mx:25",
          }),
        ),
      (to) => receipt(to),
    );
    const { outbox } = await outboxWith(backend, { clock, policy: { baseMs: 30_000 } });
    const id = await outbox.enqueue(composed());
    outbox.start();
    const deferred = await inState(outbox, id, "deferred");
    expect(deferred.history).toMatchObject([{ outcome: "deferred", stage: "connect", text: "connection refused" }]);
    clock.advance(20_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toHaveLength(1); // not before its time
    clock.advance(10_001);
    await inState(outbox, id, "sent");
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
  });

  test("a wrong password or certificate costs no message, though the server's no is final", async () => {
    const { backend } = scripted(() =>
      Promise.reject(
        new DeliveryError("535 wrong", { retryable: false, outcome: "not-sent", stage: "auth", server: "mx:465" }),
      ),
    );
    const { outbox } = await outboxWith(backend);
    const id = await outbox.enqueue(composed());
    outbox.start();
    expect((await inState(outbox, id, "deferred")).nextAttemptAt).toBeGreaterThan(Date.now());
  });

  test("only the recipients that still wait are tried again", async () => {
    const clock = fixedClock();
    const refused = { address: "bob@x.cn", retryable: true, code: 450, enhancedCode: "4.2.1", text: "450 busy" };
    const { backend, sent } = scripted(
      () => ({ ...receipt(["ann@x.cn"]), rejected: [refused] }),
      (to) => receipt(to),
    );
    const { outbox } = await outboxWith(backend, { clock });
    const id = await outbox.enqueue(composed("two", ["ann@x.cn", "bob@x.cn"]));
    outbox.start();
    await inState(outbox, id, "deferred");
    clock.advance(60_000);
    await inState(outbox, id, "sent");
    expect(sent.map(({ to }) => to)).toEqual([["ann@x.cn", "bob@x.cn"], ["bob@x.cn"]]);
  });

  test("one bad message stops nothing: a mailer that is gone by then defers its own message alone", async () => {
    const { backend } = scripted();
    const mailers = new Map([
      ["default", backend],
      ["bulk", backend],
    ]);
    const mailer = (name: string): Backend => {
      const found = mailers.get(name);
      if (found === undefined) throw new Error(`there is no mailer ${name}`);
      return found;
    };
    const { outbox } = await outboxWith(backend, { mailer });
    const bad = await outbox.enqueue(composed("bad"), { using: "bulk" });
    const good = await outbox.enqueue(composed("good"));
    mailers.delete("bulk");
    outbox.start();
    await inState(outbox, good, "sent");
    expect((await inState(outbox, bad, "deferred")).history[0]?.text).toBe("there is no mailer bulk");
    await expect(outbox.enqueue(composed("worse"), { using: "nowhere" })).rejects.toThrow("there is no mailer nowhere");
    expect(await outbox.list()).toHaveLength(2);
  });

  test("two workers on one file deliver each message once", async () => {
    const { backend, sent } = scripted();
    const database = await open();
    const first = await outboxWith(backend, { database });
    const second = await outboxWith(backend, { database });
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, index) => first.outbox.enqueue(composed(`m${index}`))),
    );
    first.outbox.start();
    second.outbox.start();
    for (const id of ids) await inState(first.outbox, id, "sent");
    expect(sent).toHaveLength(40);
  });

  test("a worker that loses its lease is cut off, and does not overwrite what the next one wrote", async () => {
    const clock = fixedClock();
    const later = fixedClock(clock.now() + 61_000); // says that the lease has run out, while the first stands still
    let release: (value: Receipt) => void = () => {};
    const stalled = scripted(() => new Promise<Receipt>((resolve) => (release = resolve)));
    const quick = scripted();
    const database = await open();
    const slow = await outboxWith(stalled.backend, { database, clock, leaseMs: 60_000 });
    const next = await outboxWith(quick.backend, { database, clock: later, monotonic: later.now, leaseMs: 60_000 });
    const id = await slow.outbox.enqueue(composed());
    slow.outbox.start();
    await until(async () => stalled.sent.length === 1);
    expect((await slow.outbox.get(id))?.state).toBe("sending");
    next.outbox.start();
    await until(async () => {
      later.advance(15_000);
      return (await next.outbox.get(id))?.state === "sent";
    });
    release({ ...receipt(["ann@x.cn"]), response: "250 too late" });
    await slow.outbox.stop();
    const message = await next.outbox.get(id);
    expect(message?.history.map(({ outcome }) => outcome)).toEqual(["interrupted", "sent"]);
    expect(message?.recipients[0]?.detail).toBe("250 ok");
  });

  test("stopping lets a delivery end, and takes no further message", async () => {
    let release: (value: Receipt) => void = () => {};
    const { backend, sent } = scripted(() => new Promise<Receipt>((resolve) => (release = resolve)));
    const { outbox } = await outboxWith(backend, { concurrency: 1 });
    const first = await outbox.enqueue(composed("first"));
    const second = await outbox.enqueue(composed("second"));
    outbox.start();
    await until(async () => sent.length === 1);
    const stopped = outbox.stop();
    release(receipt(["ann@x.cn"]));
    await stopped;
    expect((await outbox.get(first))?.state).toBe("sent");
    expect((await outbox.get(second))?.state).toBe("queued");
    expect(sent).toHaveLength(1);
  });

  test("a message without a recipient is refused, and nothing is written", async () => {
    const { outbox } = await outboxWith(scripted().backend);
    await expect(outbox.enqueue(composed("nobody", []))).rejects.toMatchObject({ code: "WX_OUTBOX_NO_RECIPIENT" });
    expect(await outbox.list()).toEqual([]);
  });

  test("a message that was not composed is refused with the call that composes it", async () => {
    const { outbox } = await outboxWith(scripted().backend);
    const message = { to: ["ann@x.cn"], subject: "Hello" } as unknown as Composed;
    await expect(outbox.enqueue(message)).rejects.toMatchObject({
      code: "WX_OUTBOX_NOT_COMPOSED",
      message: expect.stringContaining("outbox.enqueue(await mail.compose(message))"),
    });
    expect(await outbox.list()).toEqual([]);
  });

  test("a machine that slept past the lease does not send a second time what it is just sending", async () => {
    const clock = fixedClock();
    let release: (value: Receipt) => void = () => {};
    const { backend, sent } = scripted(() => new Promise<Receipt>((resolve) => (release = resolve)));
    // Of the two timers that fire when it wakes, the one that looks for work comes before the one that renews the lease.
    const sleep: Clock["sleep"] = (ms, signal) => clock.sleep(ms === 20_000 ? 9_999_999_999 : ms, signal);
    const { outbox } = await outboxWith(backend, { clock: { ...clock, sleep }, leaseMs: 60_000 });
    const id = await outbox.enqueue(composed());
    outbox.start();
    await until(async () => sent.length === 1);
    clock.advance(3_600_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    release(receipt(["ann@x.cn"]));
    await inState(outbox, id, "sent");
    expect(sent).toHaveLength(1);
  });

  test("an option that does not exist is refused, with the one that was meant", async () => {
    const { backend } = scripted();
    const { outbox, database } = await outboxWith(backend);
    const misspelt = { database, mailer: () => backend, concurency: 2 };
    expect(() => createOutbox(misspelt)).toThrow('createOutbox has no option "concurency". Did you mean concurrency?');
    const onUnknwon = { onUnknwon: "hold" } as object;
    await expect(outbox.enqueue(composed(), onUnknwon)).rejects.toMatchObject({ code: "WX_OUTBOX_OPTIONS" });
    expect(await outbox.list()).toEqual([]);
  });
});
