/** Workers on pg-boss as processes of their own: `kill -9` of some of them, and a Postgres that crashes below both of its engines. */
import { describe, expect, test } from "vitest";
import { pgBossEngine } from "../../src/outbox/index.ts";
import { mailSink } from "../support/mail-sink.ts";
import { composedMail, outboxOn, scriptedBackend } from "../support/outbox.ts";
import { expectWhole, opened, outboxProcesses, type Standing, standings } from "../support/outbox-processes.ts";
import { migratedPostgres, postgresMissing, startPostgres } from "../support/postgres.ts";
import { migrate, openDatabase } from "../../src/db/index.ts";
import { until } from "../support/until.ts";

async function allSent(url: string): Promise<ReadonlyMap<string, Standing>> {
  return until(async () => {
    const rows = await standings(url).catch(() => undefined); // Postgres may be away
    return rows !== undefined && [...rows.values()].every(({ state }) => state === "sent") && rows;
  });
}

describe.skipIf(postgresMissing)("workers as processes", () => {
  test(
    "four at once, two of them killed: nothing is lost, and twice comes only what they held",
    { timeout: 120_000 },
    async () => {
      const url = await migratedPostgres();
      const sink = await mailSink();
      const database = await opened(url);
      const engine = await pgBossEngine({ database });
      const outbox = outboxOn(database, scriptedBackend().backend, { engine });
      const start = await outboxProcesses({
        url,
        port: sink.port,
        engine: "pg-boss",
        delivers: true,
        concurrency: 4,
        leaseMs: 2_000,
      });
      const workers = ["w0", "w1", "w2", "w3"].map((name) => start({ name }));
      await Promise.all(workers.map((worker) => worker.says(/^ready$/)));
      sink.at(({ client, step }) => {
        // One dies when the server has the message and it does not know; one before its content has left.
        if (client === "w0" && step === "dot") workers[0]?.signal("SIGKILL");
        if (client === "w1" && step === "data") workers[1]?.signal("SIGKILL");
      });
      const ids: string[] = [];
      for (let batch = 0; batch < 15; batch++) {
        const mails = Array.from({ length: 20 }, (_, index) => ({ message: composedMail(`m${batch}.${index}`) }));
        ids.push(...(await outbox.enqueueMany(mails)));
      }
      await until(() => workers[0]?.isOver === true && workers[1]?.isOver === true);
      const rows = await allSent(url);
      expect(rows.size).toBe(300);
      const copies = sink.counts();
      for (const { messageId, history } of rows.values()) {
        const deaths = history.filter((outcome) => outcome === "interrupted").length;
        const count = copies.get(messageId) ?? 0;
        expect(count, messageId).toBeGreaterThanOrEqual(1);
        expect(count, `${messageId} ${history.join()}`).toBeLessThanOrEqual(1 + deaths);
      }
      await expectWhole(url);
    },
  );

  test.for(["embedded", "pg-boss"] as const)(
    "%s: Postgres crashes under load, and comes back",
    { timeout: 120_000 },
    async (name) => {
      const server = await startPostgres();
      const url = server.url();
      {
        await using database = await openDatabase(url);
        await migrate(database);
      }
      const sink = await mailSink();
      const start = await outboxProcesses({
        url,
        port: sink.port,
        leaseMs: 2_000,
        concurrency: 4,
        ...(name === "pg-boss" && { engine: "pg-boss" as const }),
      });
      const producer = start({ name: "producer", enqueues: true });
      const workers = ["w0", "w1"].map((each) => start({ name: each, delivers: true }));
      await Promise.all(workers.map((worker) => worker.says(/^ready$/)));
      for (const way of ["crash", "stop"] as const) {
        const before = sink.copies.length;
        await until(() => sink.copies.length > before + 30);
        await server[way]();
        await server.start();
      }
      const last = sink.copies.length;
      await until(() => sink.copies.length > last + 30);
      await producer.kill();
      const rows = await allSent(url);
      const acknowledged = producer.lines.flatMap((line) => (line.startsWith("took ") ? [line.slice(5)] : []));
      expect(acknowledged.filter((id) => !rows.has(id))).toEqual([]);
      const copies = sink.counts();
      // No worker ended: an outcome that could not be written is written when Postgres is back, within its lease or after it.
      for (const { messageId, history } of rows.values()) {
        const deaths = history.filter((outcome) => outcome === "interrupted").length;
        expect(copies.get(messageId), `${messageId} ${history.join()}`).toBeLessThanOrEqual(1 + deaths);
      }
      expect([...rows.keys()].filter((id) => !copies.has(id))).toEqual([]);
      await expectWhole(url);
    },
  );
});
