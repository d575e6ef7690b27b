import { expect, test } from "vitest";
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
import { DeliveryError } from "../mail/index.ts";

const refusedForGood = (): Promise<never> =>
  Promise.reject(new DeliveryError("554 no", { retryable: false, outcome: "not-sent", stage: "data", replyCode: 554 }));
const lost = (): Promise<never> =>
  Promise.reject(new DeliveryError("lost", { retryable: true, outcome: "unknown", stage: "data" }));

eachDatabase((open) => {
  test("what waits can be cancelled, and is not sent; what is done with cannot", async () => {
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend);
    const id = await outbox.enqueue(composedMail());
    expect(await outbox.cancel(id)).toBe(true);
    expect(await outbox.get(id)).toMatchObject({ state: "cancelled", nextAttemptAt: undefined });
    expect((await outbox.get(id))?.finishedAt).toBeGreaterThan(0);
    await outbox.flush();
    expect(sent).toEqual([]);
    expect(await outbox.cancel(id)).toBe(false);
    expect(await outbox.cancel("00000000-0000-7000-8000-000000000000")).toBe(false);
  });

  test("a limit below nothing is none, to look at and to send again", async () => {
    const { backend } = scriptedBackend(refusedForGood);
    const outbox = outboxOn(await open(), backend);
    const id = await outbox.enqueue(composedMail());
    await outbox.flush();
    await inState(outbox, id, "failed");
    expect(await outbox.list({ limit: -1 })).toEqual([]);
    expect(await outbox.redrive({ state: "failed", limit: -1 })).toBe(0);
    expect(await outbox.redrive({ state: "failed", limit: Infinity })).toBe(1);
  });

  test("what is being sent just now cannot be cancelled", async () => {
    let release = (): void => {};
    const { backend, sent } = scriptedBackend(
      ({ to }) => new Promise((resolve) => (release = () => resolve(receiptFor(to)))),
    );
    const outbox = outboxOn(await open(), backend);
    outbox.start();
    const id = await outbox.enqueue(composedMail());
    await inState(outbox, id, "sending");
    expect(await outbox.cancel(id)).toBe(false);
    await expect.poll(() => sent.length).toBe(1);
    release();
    await inState(outbox, id, "sent");
  });

  test("what is held waits until it is released, beyond the time it had", async () => {
    const clock = fixedClock();
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, { clock });
    const id = await outbox.enqueue(composedMail());
    expect(await outbox.hold(id)).toBe(true);
    await outbox.flush();
    expect(await outbox.get(id)).toMatchObject({ state: "held", finishedAt: undefined });
    clock.advance(30 * 24 * 3_600_000);
    expect(await outbox.release(id)).toBe(true);
    await outbox.flush();
    expect(sent).toHaveLength(1);
    expect(await outbox.release(id)).toBe(false);
  });

  test("a message that waits for its retry goes at once when it is released", async () => {
    const { backend } = scriptedBackend(
      () => Promise.reject(refusedConnection()),
      ({ to }) => receiptFor(to),
    );
    const outbox = outboxOn(await open(), backend);
    const id = await outbox.enqueue(composedMail());
    outbox.start();
    expect(await inState(outbox, id, "deferred")).toMatchObject({ wait: { kind: "retry" } });
    expect(await outbox.release(id)).toBe(true);
    expect((await inState(outbox, id, "sent")).wait).toBeUndefined();
  });

  test("what failed is sent again with its history kept, and none of its attempts held against it", async () => {
    const { backend, sent } = scriptedBackend(
      refusedForGood,
      () => Promise.reject(refusedConnection()),
      ({ to }) => receiptFor(to),
    );
    const outbox = outboxOn(await open(), backend, { policy: { maxAttempts: 1, baseMs: 1, capMs: 1 } });
    const id = await outbox.enqueue(composedMail());
    await outbox.flush();
    expect(await outbox.get(id)).toMatchObject({ state: "failed", attempts: 1 });
    expect(await outbox.redrive(id)).toBe(1);
    const message = await inState(outbox, id, "sent");
    expect(message.history.map(({ outcome }) => outcome)).toEqual(["failed", "deferred", "sent"]);
    expect(sent).toHaveLength(3);
    expect(await outbox.redrive(id)).toBe(0);
  });

  test("many are sent again by their state and group, without those whose body is gone", async () => {
    const database = await open();
    let isDown = true;
    const { backend } = scriptedBackend(({ to }) => (isDown ? refusedForGood() : receiptFor(to)));
    const outbox = outboxOn(database, backend);
    const mine = await outbox.enqueue(composedMail("mine"), { group: "mine" });
    const gone = await outbox.enqueue(composedMail("gone"), { group: "mine" });
    const other = await outbox.enqueue(composedMail("other"), { group: "other" });
    await outbox.flush();
    await database.kysely.deleteFrom("outbox_bodies").where("message_id", "=", gone).execute();
    isDown = false;
    expect(await outbox.redrive({ state: "failed", group: "mine" })).toBe(1);
    const misspelt = outbox.list({ state: "faild" as never });
    await expect(misspelt).rejects.toThrow('list: there is no state "faild". Did you mean failed?');
    const sent = outbox.redrive({ state: "sent" as never });
    await expect(sent).rejects.toThrow('no message to send again that is "sent". state is one of failed, unknown');
    await inState(outbox, mine, "sent");
    expect(await outbox.get(gone)).toMatchObject({ state: "failed" });
    expect(await outbox.get(other)).toMatchObject({ state: "failed" });
    await expect(outbox.redrive(gone)).rejects.toMatchObject({ code: "WX_OUTBOX_NO_BODY" });
  });

  test("what nobody knows of is closed by what a person found out", async () => {
    const outbox = outboxOn(await open(), scriptedBackend(lost).backend);
    const one = await outbox.enqueue(composedMail("one"), { onUnknown: "hold" });
    const two = await outbox.enqueue(composedMail("two"), { onUnknown: "hold" });
    await outbox.flush();
    expect(await outbox.get(one)).toMatchObject({ state: "unknown" });
    expect(await outbox.resolve(one, "sent")).toBe(true);
    expect(await outbox.resolve(two, "failed")).toBe(true);
    expect(await outbox.get(one)).toMatchObject({ state: "sent" });
    expect(await outbox.get(two)).toMatchObject({ state: "failed" });
    expect(await outbox.resolve(one, "failed")).toBe(false);
  });

  test("a list is cut into pages, and shown by state, mailer, group and recipient", async () => {
    const outbox = outboxOn(await open(), scriptedBackend(refusedForGood, ({ to }) => receiptFor(to)).backend, {
      concurrency: 1,
    });
    const failed = await outbox.enqueue(composedMail("failed"), { group: "g" });
    await outbox.flush();
    const sent = await outbox.enqueue(composedMail("sent", ["bob@x.cn"]), { using: "bulk" });
    await outbox.flush();
    await outbox.stop();
    const queued = await outbox.enqueue(composedMail("queued", ["bob@x.cn", "ann@x.cn"]));
    const ids = async (options: Parameters<typeof outbox.list>[0]): Promise<string[]> =>
      (await outbox.list(options)).map(({ id }) => id);
    expect(await ids({ limit: 2 })).toEqual([queued, sent]);
    expect(await ids({ limit: 2, before: sent })).toEqual([failed]);
    expect(await ids({ state: "failed" })).toEqual([failed]);
    expect(await ids({ state: "queued" })).toEqual([queued]);
    expect(await ids({ state: "sent" })).toEqual([sent]);
    expect(await ids({ state: "sending" })).toEqual([]);
    expect(await ids({ mailer: "bulk" })).toEqual([sent]);
    expect(await ids({ group: "g" })).toEqual([failed]);
    expect(await ids({ recipient: "bob@x.cn" })).toEqual([queued, sent]);
    await expect(outbox.list({ stat: "sent" } as object)).rejects.toThrow("Did you mean state?");
  });
});
