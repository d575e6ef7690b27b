/** The limits as the outbox asks them. */
import { expect, onTestFinished, test } from "vitest";
import { composed } from "../../../test/support/composed.ts";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { until } from "../../../test/support/until.ts";
import type { Database } from "../../db/index.ts";
import { type Backend, DeliveryError, receiptForAll } from "../../mail/index.ts";
import { createOutbox, type Outbox } from "../index.ts";
import { createLimits, type Limits, type LimitsOptions } from "./limits.ts";

interface Sent {
  mailer: string;
  to: string;
}

/** Two workers on one database, each with limits of its own. */
function twoWorkers(
  database: Database,
  options: Omit<LimitsOptions, "database">,
  backends: Record<string, Backend>,
  concurrency?: number,
): [Outbox, Outbox, Limits] {
  const limits = createLimits({ database, ...options });
  const make = (gate: Limits): Outbox =>
    createOutbox({
      database,
      gate,
      concurrency,
      pollMs: 20,
      mailer: (name) => backends[name] ?? expect.fail(`no mailer ${name}`),
    });
  const workers: [Outbox, Outbox] = [make(limits), make(createLimits({ database, ...options }))];
  onTestFinished(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
  return [...workers, limits];
}

function backendInto(sent: Sent[], mailer: string): Backend {
  return {
    send: async (envelope) => {
      sent.push({ mailer, to: envelope.to.join() });
      return receiptForAll(envelope, mailer);
    },
  };
}

function tooManyConnections(): DeliveryError {
  const words = { en: "Too many connections.", zh: "连接过多。" };
  const diagnosis = { id: "netease.too-many-connections", about: "settings", meaning: words, advice: words } as const;
  const failure = { retryable: true, outcome: "not-sent", stage: "greeting", server: "mx:25", replyCode: 421 } as const;
  return new DeliveryError("421 HL:ICC", { ...failure, retryAfterMs: 60_000, diagnosis });
}

const mailTo = (to: string) => composed({ to: [to], subject: "Hello", text: "World" });

eachDatabase((open) => {
  test("two workers send as many as they may, critical mail has its share, and the rest says when and why", async () => {
    const database = await open();
    const sent: Sent[] = [];
    const rules = [{ scope: "mailer" as const, windows: [{ count: 5, seconds: 3_600 }] }];
    const [one, two, limits] = twoWorkers(database, { rules }, { default: backendInto(sent, "default") });
    const ids: string[] = [];
    for (let index = 0; index < 8; index++) ids.push(await one.enqueue(mailTo(`n${index}@example.com`)));
    one.start();
    two.start();
    await until(() => sent.length === 4);
    await one.enqueue(mailTo("urgent@example.com"), { priority: "critical" });
    await until(() => sent.length === 5);
    expect(sent[4]?.to).toBe("urgent@example.com");
    // Either worker may have been the first, with the four that it had claimed.
    const left = ids.find((_, index) => !sent.some(({ to }) => to === `n${index}@example.com`)) ?? "";
    const waiting = await limits.forecast(left);
    expect(waiting).toMatchObject({ kind: "waiting", reason: { kind: "limit", key: "mailer:default" } });
    expect((waiting?.leavesAt ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
    expect((await limits.list())[0]?.windows[0]).toMatchObject({ limit: 5, used: 5 });
  });

  test("mail goes by the second mailer while the first one is closed", async () => {
    const database = await open();
    const sent: Sent[] = [];
    const rules = [
      {
        scope: "mailer" as const,
        key: "default",
        windows: [{ count: 2, seconds: 3_600 }],
        criticalReserve: 0,
        spillOver: "backup",
        spillOverAfterSeconds: 1,
      },
    ];
    const backends = { default: backendInto(sent, "default"), backup: backendInto(sent, "backup") };
    const [one, two] = twoWorkers(database, { rules, mailers: ["default", "backup"] }, backends);
    for (let index = 0; index < 6; index++) await one.enqueue(mailTo(`n${index}@example.com`));
    one.start();
    two.start();
    await until(() => sent.length === 6);
    expect(sent.filter(({ mailer }) => mailer === "default")).toHaveLength(2);
  });

  test("connections that are refused together halve what both workers had under way, once, and both keep to it", async () => {
    const database = await open();
    const refusals: (() => void)[] = [];
    let [isFull, started, underWay, most, sent] = [true, 0, 0, 0, 0];
    const backend: Backend = {
      send: async (envelope) => {
        if (isFull) {
          await new Promise<void>((refuse) => refusals.push(refuse));
          throw tooManyConnections();
        }
        most = Math.max(most, ++underWay);
        // The first one tries, and those after it fill all places before the others come.
        if (++started > 1) await until(() => started > 4);
        underWay--;
        sent++;
        return receiptForAll(envelope, "default");
      },
    };
    const [one, two, limits] = twoWorkers(database, { mailers: ["default"] }, { default: backend }, 4);
    for (let index = 0; index < 20; index++) await one.enqueue(mailTo(`n${index}@example.com`));
    one.start();
    two.start();
    await until(() => refusals.length === 8);
    isFull = false;
    for (const refuse of refusals) refuse();
    await until(async () => (await one.list({ state: "deferred" })).length === 8);
    expect(await limits.list()).toMatchObject([{ key: "mailer:default", phase: "closed", concurrency: 4 }]);
    await database.kysely.updateTable("outbox_pauses").set({ until: 1 }).where("key", "!=", "").execute();
    // What one of them claimed while the other's message tried may wait for half a minute.
    await until(() => {
      for (const worker of [one, two]) worker.wake();
      return sent >= 10;
    });
    expect(most).toBe(4);
  });

  test("a refused log-in closes the mailer for all of them, and an operator opens it", async () => {
    const database = await open();
    const sent: Sent[] = [];
    let refused = 0;
    let isWrong = true;
    const good = backendInto(sent, "default");
    const backend: Backend = {
      send: async (...call) => {
        if (!isWrong) return good.send(...call);
        refused += 1;
        const failure = {
          retryable: false,
          outcome: "not-sent" as const,
          stage: "auth",
          server: "mx:25",
          replyCode: 535,
        };
        throw new DeliveryError("535 wrong password", failure);
      },
    };
    const [two, one, limits] = twoWorkers(database, {}, { default: backend });
    for (let index = 0; index < 3; index++) await one.enqueue(mailTo(`n${index}@example.com`));
    one.start();
    await until(async () => (await limits.list())[0]?.phase === "closed");
    for (let index = 3; index < 9; index++) await two.enqueue(mailTo(`n${index}@example.com`));
    isWrong = false;
    two.start();
    await two.flush(); // it has looked, and would look again when the pause is over
    expect([refused, sent.length]).toEqual([3, 0]);
    await limits.resume("mailer:default");
    // The three that were refused wait for half a minute.
    await until(() => sent.length === 6);
  });
});
