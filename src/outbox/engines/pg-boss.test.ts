import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Database, migrate, openDatabase } from "../../db/index.ts";
import { composedMail, inState, outboxOn, receiptFor, scriptedBackend } from "../../../test/support/outbox.ts";
import { postgresDatabase, postgresMissing, startPostgres } from "../../../test/support/postgres.ts";
import { testDatabase } from "../../../test/support/test-database.ts";
import { until } from "../../../test/support/until.ts";
import type { Gate } from "../seams.ts";
import type { Outbox } from "../api.ts";
import type { Backend } from "../../mail/index.ts";
import { pgBossEngine, type PgBossEngineOptions } from "./pg-boss.ts";

interface JobRow {
  state: string;
  priority: number;
  key: string;
  group: string | null;
  startAfter: Date;
}

async function jobsOf({ kysely }: Database, queue = "waxseal"): Promise<JobRow[]> {
  const { rows } = await sql<JobRow>`
    select state::text, priority, singleton_key as key, group_id as "group", start_after as "startAfter"
    from pgboss.job where name = ${queue} order by priority desc, created_on`.execute(kysely);
  return rows;
}

async function outboxWith(
  backend: Backend,
  options: Omit<PgBossEngineOptions, "database"> = {},
  database?: Database,
): Promise<{ outbox: Outbox; database: Database }> {
  const on = database ?? (await postgresDatabase());
  const engine = await pgBossEngine({ database: on, pollMs: 50, ...options });
  return { outbox: outboxOn(on, backend, { engine }), database: on };
}

describe.skipIf(postgresMissing)("the engine on pg-boss", () => {
  test("a message and its job are one commit, and of what is sent no job is left", async () => {
    const { backend, sent } = scriptedBackend();
    const { outbox, database } = await outboxWith(backend);
    const cancelled = database.kysely.transaction().execute(async (tx) => {
      await outbox.enqueue(composedMail("rolled back"), { tx });
      throw new Error("the order failed");
    });
    await expect(cancelled).rejects.toThrow("the order failed");
    expect(await jobsOf(database)).toEqual([]);
    const id = await outbox.enqueue(composedMail("kept"), { group: "shop" });
    expect(await jobsOf(database)).toMatchObject([{ state: "created", key: id, group: "shop" }]);
    outbox.start();
    await inState(outbox, id, "sent");
    await until(async () => (await jobsOf(database)).length === 0);
    expect(sent).toHaveLength(1);
  });

  test("a job stands where its message does: by priority, by time, and one for each message", async () => {
    const { outbox, database } = await outboxWith(scriptedBackend().backend);
    const sendAt = Date.now() + 86_400_000;
    const low = await outbox.enqueue(composedMail("low"), { priority: "low" });
    const critical = await outbox.enqueue(composedMail("critical"), { priority: "critical", sendAt });
    expect(await jobsOf(database)).toMatchObject([
      { key: critical, priority: 3, startAfter: new Date(sendAt) },
      { key: low, priority: 0 },
    ]);
    expect(await outbox.release(critical)).toBe(true);
    const moved = await jobsOf(database);
    expect(moved).toHaveLength(2);
    expect(Number(moved[0]?.startAfter)).toBeLessThanOrEqual(Date.now());
  });

  test("of one group no more than so many are sent at once, by all workers together", async () => {
    const taken: (() => void)[] = [];
    const backend: Backend = {
      send: ({ to }) => new Promise((resolve) => taken.push(() => resolve(receiptFor(to)))),
    };
    const { outbox, database } = await outboxWith(backend, { groupConcurrency: 1 });
    const { outbox: second } = await outboxWith(backend, { groupConcurrency: 1 }, database);
    const ids = [];
    for (const group of ["a", "a", "a", "b"]) ids.push(await outbox.enqueue(composedMail(), { group }));
    outbox.start();
    second.start();
    await until(() => taken.length >= 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(taken).toHaveLength(2);
    const sending = (await outbox.list()).filter(({ state }) => state === "sending");
    expect(sending.map(({ group }) => group).toSorted()).toEqual(["a", "b"]);
    const taking = setInterval(() => taken.splice(0).forEach((take) => take()), 20);
    for (const id of ids) await inState(outbox, id, "sent");
    clearInterval(taking);
  });

  test("what was enqueued under another engine gets its job, and goes", async () => {
    const { backend, sent } = scriptedBackend();
    const database = await postgresDatabase();
    const before = outboxOn(database, backend);
    const ids = [];
    for (const subject of ["one", "two"]) ids.push(await before.enqueue(composedMail(subject)));
    await database.kysely
      .updateTable("outbox_messages")
      .set({ due_at: Date.now() - 60_000 })
      .execute();
    const { outbox } = await outboxWith(backend, {}, database);
    outbox.start();
    for (const id of ids) await inState(outbox, id, "sent");
    expect(sent).toHaveLength(2);
  });

  test("workers of both engines at one database send each message once", async () => {
    const { backend, sent } = scriptedBackend();
    const database = await postgresDatabase();
    const embedded = outboxOn(database, backend);
    const { outbox } = await outboxWith(backend, {}, database);
    const enqueue = (index: number) => (index % 2 ? outbox : embedded).enqueue(composedMail(`m${index}`));
    embedded.start();
    outbox.start();
    const ids = await Promise.all(Array.from({ length: 60 }, (_, index) => enqueue(index)));
    for (const id of ids) await inState(outbox, id, "sent");
    expect(sent).toHaveLength(60);
    await until(async () => (await jobsOf(database)).length === 0);
  });

  test("a job whose worker died before it had the lease goes to another", { timeout: 60_000 }, async () => {
    const { outbox, database } = await outboxWith(scriptedBackend().backend, { heartbeatSeconds: 10 });
    const id = await outbox.enqueue(composedMail());
    // As a worker leaves it that was killed right after it had fetched the job, a while ago.
    await sql`update pgboss.job set state = 'active', started_on = now() - interval '1 minute',
      heartbeat_on = now() - interval '1 minute' where name = 'waxseal'`.execute(database.kysely);
    outbox.start();
    expect(await inState(outbox, id, "sent")).toMatchObject({ attempts: 1 });
  });

  test("a job that fails again and again is among the dead letters, its message still waits, and goes when it can", async () => {
    let isBroken = true;
    const { backend } = scriptedBackend();
    const database = await postgresDatabase();
    const engine = await pgBossEngine({ database, pollMs: 50, sweepMs: 200 });
    const gate: Gate = {
      allow: async () => [],
      admit: async (_tx, candidates) => {
        if (isBroken) throw new Error("the gate is broken");
        return candidates.map(({ message: { id } }) => ({ id, admitted: true }));
      },
      learn: async () => {},
    };
    const outbox = outboxOn(database, backend, { engine, gate });
    const id = await outbox.enqueue(composedMail());
    await sql`update pgboss.job set retry_limit = 0 where name = 'waxseal'`.execute(database.kysely);
    outbox.start();
    await until(async () => (await jobsOf(database, "waxseal-dead")).length === 1);
    expect(await outbox.get(id)).toMatchObject({ state: "queued" });
    isBroken = false;
    await database.kysely
      .updateTable("outbox_messages")
      .set({ due_at: Date.now() - 60_000 })
      .execute();
    await inState(outbox, id, "sent");
  });

  test("a role that may make no tables uses those that another has made", async () => {
    const owner = await postgresDatabase();
    await expect(pgBossEngine({ database: owner, migrate: false })).rejects.toThrow("pg-boss is not installed");
    await (await pgBossEngine({ database: owner })).close?.();
    const role = `clerk_${randomBytes(6).toString("hex")}`;
    const run = (script: string) => owner.postgres?.run(script);
    await run(`create role ${role} login password 'secret'; grant usage on schema pgboss to ${role};
      grant select, insert, update, delete on all tables in schema pgboss, public to ${role};
      grant usage on all sequences in schema pgboss to ${role}`);
    onTestFinished(async () => void (await run(`drop owned by ${role}; drop role ${role}`)));
    const database = await openDatabase(owner.url.replace("waxseal:***", `${role}:secret`));
    onTestFinished(() => database.close());
    const { backend, sent } = scriptedBackend();
    const { outbox } = await outboxWith(backend, {}, database);
    outbox.start();
    await inState(outbox, await outbox.enqueue(composedMail()), "sent");
    expect(sent).toHaveLength(1);
  });

  test("it stops although Postgres is away, and leaves no connection", { timeout: 60_000 }, async () => {
    const server = await startPostgres();
    const database = await openDatabase(server.url());
    await migrate(database);
    const { outbox } = await outboxWith(scriptedBackend().backend, {}, database);
    outbox.start();
    await inState(outbox, await outbox.enqueue(composedMail()), "sent");
    await server.stop();
    await outbox.stop({ graceMs: 100 });
    await database.close();
    await expect.poll(() => process.getActiveResourcesInfo()).not.toContain("TCPSocketWrap");
  });

  test("what a stop has left under its lease has a job for the lease's end, and is settled if its answer comes after all", async () => {
    const takers: (() => void)[] = [];
    const backend: Backend = { send: ({ to }) => new Promise((resolve) => takers.push(() => resolve(receiptFor(to)))) };
    const { outbox, database } = await outboxWith(backend, { concurrency: 1 });
    outbox.start();
    const id = await outbox.enqueue(composedMail());
    await until(() => takers.length === 1);
    await outbox.stop({ graceMs: 10 });
    const { due_at: leaseEnd } = await database.kysely
      .selectFrom("outbox_messages")
      .select("due_at")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    expect(await jobsOf(database)).toMatchObject([{ state: "created", key: id, startAfter: new Date(leaseEnd ?? 0) }]);
    takers.forEach((take) => take());
    expect((await inState(outbox, id, "sent")).attempts).toBe(1);
  });

  test("what is no Postgres, and options that cannot be meant, are refused", async () => {
    await expect(pgBossEngine({ database: await testDatabase() })).rejects.toMatchObject({
      code: "WX_OUTBOX_OPTIONS",
      message: expect.stringContaining("needs Postgres"),
    });
    const database = await postgresDatabase();
    const misspelt = { database, shema: "jobs" };
    await expect(pgBossEngine(misspelt)).rejects.toThrow('no option "shema". Did you mean schema?');
    await expect(pgBossEngine({ database, heartbeatSeconds: 5 })).rejects.toThrow(
      "heartbeatSeconds is 5. Give a whole number of at least 10.",
    );
  });
});
