import { expect, test } from "vitest";
import { fixedClock } from "../../test/support/fixed-clock.ts";
import { healthyOutbox } from "../../test/support/fake-readers.ts";
import {
  composedMail,
  inState,
  outboxOn,
  receiptFor,
  refusedConnection,
  scriptedBackend,
} from "../../test/support/outbox.ts";
import { eachDatabase } from "../../test/support/postgres.ts";
import { entryOf } from "./entry.ts";
import type { OutboxEvent } from "./events.ts";
import type { Allowance, EventSink, Gate, SuppressionGate } from "./seams.ts";

/** A gate that lets everything go but where a test says otherwise. */
function gate(parts: Partial<Gate> = {}): Gate {
  const open = (mailer: string): Allowance => ({ mailer, critical: 1000, others: 1000 });
  return {
    allow: async (_tx, mailers) => mailers.map(open),
    admit: async (_tx, candidates) => candidates.map(({ message }) => ({ id: message.id, admitted: true as const })),
    learn: async () => {},
    ...parts,
  };
}

const suppressing = (...addresses: string[]): SuppressionGate => ({
  find: async (_tx, recipients) =>
    new Map(
      recipients.flatMap(({ address }) => (addresses.includes(address) ? [[address, "it bounced"] as const] : [])),
    ),
  suppress: async () => {},
});

eachDatabase((open) => {
  test("of what a running worker is given at once, the suppressed get nothing, and what is there already goes once", async () => {
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, { suppression: suppressing("bob@x.cn") });
    outbox.start();
    const keys = ["a", "b", "b", "b", "c"];
    const ids = await Promise.all([
      ...keys.map((key) => outbox.enqueue(composedMail(`mail ${key}`), { idempotencyKey: key })),
      ...keys.map((_, index) => outbox.enqueue(composedMail(`plain ${index}`))),
      outbox.enqueue(composedMail("to bob", ["bob@x.cn"])),
      outbox.enqueue(composedMail("to both", ["bob@x.cn", "ann@x.cn"])),
    ]);
    expect(new Set(ids).size).toBe(10);
    await outbox.flush();
    const [toBob, toBoth] = await Promise.all(ids.slice(-2).map((id) => outbox.get(id)));
    expect(toBob).toMatchObject({ state: "suppressed", attempts: 0 });
    expect(toBoth?.recipients.map(({ state }) => state)).toEqual(["suppressed", "sent"]);
    expect(sent.map(({ to }) => to.join())).toEqual(Array(9).fill("ann@x.cn"));
  });

  test("what the limits put off waits until then, and says why", async () => {
    const clock = fixedClock();
    const reason = { kind: "limit" as const, key: "mailer:default", detail: "the hour is full" };
    let isFull = true;
    const learned: string[] = [];
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, {
      clock,
      gate: gate({
        admit: async (_tx, candidates, now) =>
          candidates.map(({ message: { id } }) =>
            isFull ? { id, admitted: false, until: now + 60_000, reason } : { id, admitted: true },
          ),
        learn: async (_tx, { message }, result) => void learned.push(`${message.subject} ${result.kind}`),
      }),
    });
    const id = await outbox.enqueue(composedMail());
    await outbox.flush();
    expect(await outbox.get(id)).toMatchObject({ state: "queued", wait: reason, nextAttemptAt: clock.now() + 60_000 });
    isFull = false;
    clock.advance(60_000);
    await inState(outbox, id, "sent");
    expect(sent).toHaveLength(1);
    expect(learned).toEqual(["Hello accepted"]);
  });

  test("what was put off while nothing else happened goes when its time has come", async () => {
    const clock = fixedClock();
    let isFull = true;
    const reason = { kind: "limit" as const, key: "mailer:default", detail: "the minute is full" };
    const admit: Gate["admit"] = async (_tx, candidates, now) =>
      candidates.map(({ message: { id } }) =>
        isFull ? { id, admitted: false, until: now + 60_000, reason } : { id, admitted: true },
      );
    const outbox = outboxOn(await open(), scriptedBackend().backend, { clock, gate: gate({ admit }) });
    await outbox.flush(); // it has looked, and sleeps
    const id = await outbox.enqueue(composedMail());
    expect(await outbox.get(id)).toMatchObject({ state: "queued", wait: reason });
    isFull = false;
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(60_000);
    await inState(outbox, id, "sent");
  });

  test("a closed mailer keeps its messages and no others; when it opens they go", async () => {
    const clock = fixedClock();
    const opensAt = clock.now() + 60_000;
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, {
      clock,
      gate: gate({
        allow: async (_tx, mailers, _wanted, now) =>
          mailers.map((mailer) =>
            mailer === "slow" && now < opensAt
              ? { mailer, critical: 0, others: 0, opensAt }
              : { mailer, critical: 9, others: 9 },
          ),
      }),
    });
    outbox.start();
    const slow = await outbox.enqueue(composedMail("slow"), { using: "slow" });
    await inState(outbox, await outbox.enqueue(composedMail("quick")), "sent");
    expect(await outbox.get(slow)).toMatchObject({ state: "queued" });
    clock.advance(60_000);
    await inState(outbox, slow, "sent");
    expect(sent).toHaveLength(2);
  });

  test("a reserved share lets critical mail go where others wait, and a second mailer takes over", async () => {
    const went: string[] = [];
    const database = await open();
    const mailer = (name: string) =>
      scriptedBackend(({ to }) => (went.push(`${name} ${to[0]}`), receiptFor(to))).backend;
    const outbox = outboxOn(database, mailer(""), {
      mailer,
      gate: gate({
        allow: async (_tx, mailers) =>
          mailers.map((name) => ({
            mailer: name,
            critical: 5,
            others: 0,
            ...(name === "full" && { others: 5, via: "spare" }),
          })),
      }),
    });
    await outbox.enqueue(composedMail("", ["normal@x.cn"]));
    await outbox.enqueue(composedMail("", ["critical@x.cn"]), { priority: "critical" });
    await outbox.enqueue(composedMail("", ["spilt@x.cn"]), { using: "full" });
    await outbox.flush();
    expect(went.toSorted()).toEqual(["default critical@x.cn", "spare spilt@x.cn"]);
  });

  test("who must not be written to is left out, and a message with nobody left is finished", async () => {
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, { suppression: suppressing("bob@x.cn") });
    const both = await outbox.enqueue(composedMail("both", ["ann@x.cn", "bob@x.cn"]));
    const alone = await outbox.enqueue(composedMail("alone", ["bob@x.cn"]));
    await outbox.flush();
    expect(sent.map(({ to }) => to)).toEqual([["ann@x.cn"]]);
    expect((await outbox.get(both))?.recipients).toEqual([
      { address: "ann@x.cn", state: "sent", detail: "250 ok" },
      { address: "bob@x.cn", state: "suppressed", detail: "it bounced" },
    ]);
    expect(await outbox.get(alone)).toMatchObject({ state: "suppressed", attempts: 0 });
    expect((await outbox.get(alone))?.finishedAt).toBeGreaterThan(0);
  });

  test("a message of a bulk is rendered when it goes; one whose rendering fails, fails alone", async () => {
    const database = await open();
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(database, backend, {
      renderer: {
        withhold: async (_tx, messages) =>
          new Map(
            messages
              .filter(({ variables }) => variables === "paused")
              .map(({ id }) => [id, { state: "held", detail: "paused" }]),
          ),
        render: async (_db, { variables }, address) => {
          if (variables === "bad") throw new Error("there is no name");
          return Buffer.from(`To: ${address}\r\n\r\n${variables}`);
        },
      },
    });
    const bulkEntry = (variables: string) => {
      const entry = entryOf(composedMail(variables), {}, Date.now(), 1000_000);
      return { ...entry, bytes: undefined, message: { ...entry.message, bulk_id: "b", variables } };
    };
    const entries = ["good", "bad", "paused"].map(bulkEntry);
    const inserted = await database.kysely.transaction().execute((tx) => outbox.addEntries(tx, entries));
    expect(inserted).toEqual([true, true, true]);
    await outbox.flush();
    const states = await Promise.all(entries.map(({ message: { id } }) => outbox.get(id)));
    expect(states.map((message) => message?.state)).toEqual(["sent", "failed", "held"]);
    expect(states[1]?.recipients[0]?.detail).toContain("there is no name");
    expect(sent.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(["To: ann@x.cn\r\n\r\ngood"]);
  });

  test("those who want to know are told in the transaction, and after it", async () => {
    const recorded: OutboxEvent[] = [];
    const announced: OutboxEvent[] = [];
    const sink: EventSink = {
      record: async (_tx, events) => void recorded.push(...events),
      announce: (events) => void announced.push(...events),
    };
    const failing: EventSink = {
      announce: () => {
        throw new Error("a listener's own fault");
      },
    };
    const { backend } = scriptedBackend(
      () => Promise.reject(refusedConnection()),
      ({ to }) => receiptFor(to),
    );
    const outbox = outboxOn(await open(), backend, { sinks: [failing, sink], policy: { baseMs: 1, capMs: 1 } });
    outbox.start();
    const id = await outbox.enqueue(composedMail(), { tags: ["t"], group: "g" });
    await inState(outbox, id, "sent");
    const types = ["queued", "sending", "deferred", "sending", "sent"];
    expect(recorded.map(({ type }) => type)).toEqual(types);
    await expect.poll(() => announced.map(({ type }) => type)).toEqual(types);
    expect(announced[2]).toMatchObject({
      id,
      server: "mx:25",
      text: "connection refused",
      tags: ["t"],
      group: "g",
      attempts: 1,
    });
  });

  test("what a sink cannot record is not done", async () => {
    let isBroken = true;
    const sink: EventSink = {
      record: async () => {
        if (isBroken) throw new Error("no room for the event");
      },
    };
    const outbox = outboxOn(await open(), scriptedBackend().backend, { sinks: [sink] });
    await expect(outbox.enqueue(composedMail())).rejects.toThrow("no room for the event");
    expect(await outbox.list()).toEqual([]);
    isBroken = false;
    await outbox.enqueue(composedMail());
    expect(await outbox.list()).toHaveLength(1);
  });

  test("limits that do not work keep no message from being accepted, nor from going once they do", async () => {
    let isBroken = true;
    const broken = gate({
      allow: async (_tx, mailers) => {
        if (isBroken) throw new Error("the limits have a fault");
        return mailers.map((mailer) => ({ mailer, critical: 9, others: 9 }));
      },
    });
    const events: string[] = [];
    const logger = { log: (_level: string, event: string) => void events.push(event) };
    const outbox = outboxOn(await open(), scriptedBackend().backend, { gate: broken, logger });
    outbox.start();
    const id = await outbox.enqueue(composedMail());
    await expect.poll(() => events).toContain("outbox.worker-failed");
    isBroken = false;
    await inState(outbox, id, "sent");
  });

  test("an alarm is raised once when what is due has waited too long, and health says so", async () => {
    const clock = fixedClock();
    const alerts: number[] = [];
    const sinks: EventSink[] = [{ alert: ({ due }) => void alerts.push(due) }];
    const stuck = gate({
      allow: async (_tx, mailers) => mailers.map((mailer) => ({ mailer, critical: 0, others: 0 })),
    });
    const outbox = outboxOn(await open(), scriptedBackend().backend, {
      clock,
      sinks,
      gate: stuck,
      monotonic: clock.now,
    });
    await outbox.enqueue(composedMail());
    expect(await outbox.health()).toEqual(healthyOutbox({ due: 1 }));
    outbox.start();
    clock.advance(601_000);
    await expect.poll(() => alerts).toEqual([1]);
    clock.advance(60_000);
    expect(await outbox.health()).toMatchObject({ ok: false, due: 1, oldestDueMs: 661_000 });
    expect(alerts).toEqual([1]);
  });
});
