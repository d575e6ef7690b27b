import { expect, onTestFinished, test } from "vitest";
import { composed } from "../../test/support/composed.ts";
import { fixedClock } from "../../test/support/fixed-clock.ts";
import { eachDatabase } from "../../test/support/postgres.ts";
import type { Database } from "../db/index.ts";
import { type Backend, receiptForAll } from "../mail/index.ts";
import {
  createLimits,
  createOutbox,
  type Limits,
  type LimitsOptions,
  type Outbox,
  type OutboxHealth,
} from "./index.ts";

const HOUR = 3_600_000;
const backend: Backend = { send: async (envelope) => receiptForAll(envelope, "mx") };

interface Rig {
  clock: ReturnType<typeof fixedClock>;
  outbox: Outbox;
  limits: Limits;
  alerts: OutboxHealth[];
  log: [event: string, fields: unknown][];
}

function rigOn(database: Database, options: Omit<LimitsOptions, "database"> = {}): Rig {
  const clock = fixedClock();
  const limits = createLimits({ database, mailers: ["default", "backup"], ...options, clock });
  const alerts: OutboxHealth[] = [];
  const log: Rig["log"] = [];
  const outbox = createOutbox({
    database,
    mailer: () => backend,
    gate: limits,
    clock,
    monotonic: clock.now,
    logger: { log: (_level, event, fields) => log.push([event, fields]) },
    sinks: [{ alert: (health) => void alerts.push(health) }],
  });
  onTestFinished(() => outbox.stop());
  return { clock, outbox, limits, alerts, log };
}

const mail = composed({ to: ["ann@example.com"], subject: "Hello", text: "World" });

/** Log-ins are refused until then. */
async function refuseLogIns(database: Database, until: number): Promise<void> {
  const row = { reason: "auth", detail: "The log-in was refused. (535 no)", failures: 3, updated_at: 0 };
  await database.kysely
    .insertInto("outbox_pauses")
    .values({ ...row, key: "mailer:default", until })
    .execute();
}

eachDatabase((open) => {
  test("what a pause by an operator keeps back is not late, however long, and is told apart", async () => {
    const { clock, outbox, limits } = rigOn(await open());
    for (const _ of [1, 2]) await outbox.enqueue(mail);
    await outbox.enqueue(mail, { using: "backup" });
    await limits.pause("mailer:default", clock.now() + 9 * HOUR, { detail: "the invoices are wrong" });
    clock.advance(HOUR);
    expect(await outbox.health()).toMatchObject({
      ok: false,
      isStuck: true, // nobody sends what goes by the other mailer
      due: 1,
      oldestDueMs: HOUR,
      limited: 2,
      closed: [{ mailer: "default", limited: 2, oldestMs: HOUR, isLate: false, reason: { key: "mailer:default" } }],
    });
    await outbox.cancel((await outbox.list({ mailer: "backup" }))[0]?.id ?? "");
    expect(await outbox.health()).toMatchObject({ ok: true, isStuck: false, due: 0, oldestDueMs: 0, limited: 2 });
  });

  test("what a used-up quota keeps back is not late; what the quota would let go is", async () => {
    const rules = [{ scope: "mailer" as const, windows: [{ count: 2, seconds: 86_400 }], criticalReserve: 0 }];
    const { clock, outbox } = rigOn(await open(), { rules });
    for (const _ of [1, 2, 3, 4, 5]) await outbox.enqueue(mail);
    clock.advance(HOUR);
    expect(await outbox.health()).toMatchObject({ ok: false, isStuck: true, due: 2, oldestDueMs: HOUR, limited: 3 });
    await outbox.flush();
    expect(await outbox.health()).toMatchObject({ ok: true, due: 0, limited: 3, closed: [{ isLate: false }] });
    clock.advance(48 * HOUR);
    await outbox.stop();
  });

  test("a message for critical mail's share is due although the others wait", async () => {
    const rules = [{ scope: "mailer" as const, windows: [{ count: 2, seconds: 86_400 }], criticalReserve: 0.5 }];
    const { clock, outbox } = rigOn(await open(), { rules });
    for (const _ of [1, 2]) await outbox.enqueue(mail);
    await outbox.flush();
    await outbox.stop();
    const late = rigOn(await open(), { rules });
    expect(await outbox.health()).toMatchObject({ ok: true, due: 0, limited: 1 });
    expect(await late.outbox.health()).toMatchObject({ ok: true, due: 0, limited: 0 });
    await outbox.enqueue(mail, { priority: "critical" });
    clock.advance(HOUR);
    expect(await outbox.health()).toMatchObject({ ok: false, due: 1, oldestDueMs: HOUR, limited: 1 });
  });

  test("what a fault keeps back is late, and the alarm says why, once", async () => {
    const database = await open();
    const { clock, outbox, alerts, log } = rigOn(database);
    await outbox.enqueue(mail);
    await refuseLogIns(database, clock.now() + 9 * HOUR);
    clock.advance(600_000);
    expect(await outbox.health()).toMatchObject({ ok: true, due: 0, limited: 1, closed: [{ isLate: false }] });
    outbox.start();
    clock.advance(1_000);
    await expect.poll(() => alerts.length).toBe(1);
    expect(alerts[0]).toMatchObject({
      ok: false,
      isStuck: false,
      due: 0,
      closed: [{ mailer: "default", isLate: true }],
    });
    expect(log.filter(([event]) => event === "outbox.stuck")).toEqual([
      [
        "outbox.stuck",
        { due: 0, oldestDueMs: 0, behind: ["mailer:default rests (auth): The log-in was refused. (535 no)"] },
      ],
    ]);
    clock.advance(60_000);
    expect((await outbox.health()).ok).toBe(false);
    expect(alerts).toHaveLength(1);
  });

  test("while one message tries whether all is well again, the others are not said to be due", async () => {
    const database = await open();
    const { clock, outbox } = rigOn(database);
    for (const _ of [1, 2, 3]) await outbox.enqueue(mail);
    await refuseLogIns(database, clock.now() + HOUR);
    clock.advance(HOUR + 1);
    expect(await outbox.health()).toMatchObject({ ok: false, isStuck: false, due: 0, limited: 3 });
  });

  test("mail that goes by another mailer meanwhile is due, not kept back", async () => {
    const database = await open();
    const rules = [{ scope: "mailer" as const, key: "default", spillOver: "backup" }];
    const { clock, outbox } = rigOn(database, { rules });
    await outbox.enqueue(mail);
    await refuseLogIns(database, clock.now() + 9 * HOUR);
    clock.advance(HOUR);
    expect(await outbox.health()).toMatchObject({ isStuck: true, due: 1, limited: 0, closed: [] });
  });
});
