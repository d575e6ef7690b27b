/** A database that is held, cut off or restarted under load: every accepted message is sent, and none twice that need not be. */
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { migrate, openDatabase } from "../../src/db/index.ts";
import { smtpBackend } from "../../src/mail/index.ts";
import type { Outbox, OutboxOptions } from "../../src/outbox/index.ts";
import { type MailSink, mailSink } from "../support/mail-sink.ts";
import { composedMail, inState, outboxOn } from "../support/outbox.ts";
import { expectWhole, migratedSqlite, opened, outboxProcesses, standings } from "../support/outbox-processes.ts";
import { migratedPostgres, postgresMissing, startPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";

const TIMEOUT = { timeout: 120_000 };
/** How long another process holds the file, in milliseconds: 10 s when more is asked for. */
const HELD_MS = process.env["WAXSEAL_TEST_RUNS"] === undefined ? 1_500 : 10_000;

function backendAt(sink: MailSink) {
  const backend = smtpBackend({ host: "127.0.0.1", port: sink.port, security: "none" });
  onTestFinished(() => backend.close?.());
  return backend;
}

describe("SQLite's file, written by another process", () => {
  test(
    "for long: all who enqueue wait with the event loop free, an outcome waits too, and each mail goes once",
    TIMEOUT,
    async () => {
      const url = await migratedSqlite();
      const sink = await mailSink();
      const outbox = outboxOn(await opened(url), backendAt(sink));
      const start = await outboxProcesses({ url, port: sink.port });
      let answer: (deed?: unknown) => void = () => {};
      const isTaken = new Promise<void>((taken) =>
        sink.at(({ step }) => {
          if (step !== "dot") return undefined;
          sink.at(() => undefined);
          taken();
          return new Promise((resolve) => (answer = resolve));
        }),
      );
      outbox.start();
      await outbox.enqueue(composedMail("under way"));
      await isTaken;
      const holder = start({ name: "holder", holdMs: HELD_MS });
      await holder.says(/^holds$/);
      answer();

      let ticks = 0;
      const ticking = setInterval(() => ticks++, 5);
      onTestFinished(() => clearInterval(ticking));
      let answered = 0;
      const enqueued = Array.from({ length: 50 }, async (_, number) => {
        await outbox.enqueue(composedMail(`m${number}`));
        answered++;
      });
      await sleep(HELD_MS / 2);
      expect(holder.lines).not.toContain("gave back");
      expect(ticks).toBeGreaterThan(10);
      expect(answered).toBe(0);
      await Promise.all(enqueued);
      await until(async () => [...(await standings(url)).values()].every(({ state }) => state === "sent"));
      expect(sink.counts().size).toBe(51);
      expect(sink.copies).toHaveLength(51);
      await expectWhole(url);
    },
  );

  test(
    "for longer than is waited for: who enqueues is told, the outcome is written later, and nothing goes twice",
    TIMEOUT,
    async () => {
      const url = await migratedSqlite();
      const sink = await mailSink();
      const events: string[] = [];
      const database = await openDatabase(url, { busyWaitMs: 100 });
      onTestFinished(() => database.close());
      const outbox = outboxOn(database, backendAt(sink), {
        logger: { log: (_level, event) => void events.push(event) },
      });
      const start = await outboxProcesses({ url, port: sink.port });
      let holder: ReturnType<typeof start> | undefined;
      sink.at(async ({ step }) => {
        if (step !== "dot") return;
        sink.at(() => undefined);
        holder = start({ name: "holder", holdMs: 1_000 });
        await holder.says(/^holds$/);
      });
      outbox.start();
      const id = await outbox.enqueue(composedMail("under way"));
      await until(() => events.includes("outbox.settle-failed"));
      expect(holder?.lines).not.toContain("gave back");
      await expect(outbox.enqueue(composedMail("refused"))).rejects.toMatchObject({ code: "WX_DB_BUSY" });
      expect((await inState(outbox, id, "sent")).history).toHaveLength(1);
      expect([...(await standings(url)).keys()]).toEqual(["<under way@x.cn>"]);
      expect(sink.copies).toHaveLength(1);
    },
  );
});

/** Enqueues so many from several callers, each of whom asks again with the same key until he is answered. */
async function enqueueStubbornly(outbox: Outbox, count: number): Promise<void> {
  const one = async (number: number): Promise<void> => {
    const subject = `m${number}`;
    const options = { idempotencyKey: subject, onUnknown: number % 3 === 0 ? ("hold" as const) : ("resend" as const) };
    for (;;) {
      try {
        await outbox.enqueue(composedMail(subject), options);
        return;
      } catch {
        await sleep(20);
      }
    }
  };
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) {
      await one(next++);
      await sleep(20);
    }
  };
  await Promise.all(Array.from({ length: 8 }, caller));
}

/** Guarantee under test: one row for each key, and copies only for what was taken over, never of what is to be held. */
async function expectOnceEach(url: string, sink: MailSink, count: number): Promise<void> {
  const rows = await until(async () => {
    const found = await standings(url);
    return [...found.values()].every(({ state }) => state === "sent" || state === "unknown") && found;
  });
  expect(rows.size).toBe(count);
  const holds = await openDatabase(url);
  onTestFinished(() => holds.close());
  const { rows: policies } = await sql<{ message_id: string; on_unknown: string }>`
    select message_id, on_unknown from outbox_messages`.execute(holds.kysely);
  for (const { message_id: messageId, on_unknown: policy } of policies) {
    const { state, history } = rows.get(messageId) ?? expect.unreachable();
    const copies = sink.counts().get(messageId) ?? 0;
    const row = JSON.stringify({ messageId, policy, state, history, copies });
    expect(copies, row).toBeLessThanOrEqual(
      1 + (policy === "hold" ? 0 : history.filter((each) => each === "interrupted").length),
    );
    if (state === "sent") expect(copies, row).toBeGreaterThanOrEqual(1);
    else expect(policy, row).toBe("hold");
  }
  await expectWhole(url);
}

const options: Partial<OutboxOptions> = { leaseMs: 2_000, pollMs: 100 };
const COUNT = 200;

describe.skipIf(postgresMissing)("Postgres under load", () => {
  test("its connections cut, again and again", TIMEOUT, async () => {
    const url = await migratedPostgres();
    const sink = await mailSink();
    const database = await opened(url);
    const admin = await opened(url);
    const outboxes = [
      outboxOn(database, backendAt(sink), options),
      outboxOn(await opened(url), backendAt(sink), options),
    ];
    for (const outbox of outboxes) outbox.start();
    const over = new AbortController();
    let cuts = 0;
    const cutting = (async () => {
      while (!over.signal.aborted) {
        await sleep(60 * 1.1 ** Math.max(0, cuts - 30)); // on a slow machine a commit must get through some time
        await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'psql'`.execute(
          admin.kysely,
        );
        cuts++;
      }
    })();
    await enqueueStubbornly(outboxes[0] ?? expect.unreachable(), COUNT);
    over.abort();
    await cutting;
    expect(cuts).toBeGreaterThan(3);
    await expectOnceEach(url, sink, COUNT);
  });

  test("stopped and crashed, and started again", TIMEOUT, async () => {
    const server = await startPostgres();
    const url = server.url();
    const database = await opened(url);
    await migrate(database);
    const sink = await mailSink();
    const outbox = outboxOn(database, backendAt(sink), options);
    outbox.start();
    const enqueueing = enqueueStubbornly(outbox, COUNT);
    for (const end of [server.crash, server.stop, server.crash]) {
      await sleep(150);
      await end();
      await server.start();
    }
    await enqueueing;
    await expectOnceEach(url, sink, COUNT);
  });
});
