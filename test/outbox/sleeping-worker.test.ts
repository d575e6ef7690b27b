/** A worker that stands still past the end of its lease, and goes on: what it brings back counts for nothing. Real processes, SIGSTOP and SIGCONT. */
import { readdir, readFile } from "node:fs/promises";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/db/index.ts";
import { fastClock } from "../support/fast-clock.ts";
import { mailSink } from "../support/mail-sink.ts";
import { composedMail, outboxOn, scriptedBackend } from "../support/outbox.ts";
import {
  eachUrl,
  expectWhole,
  opened,
  type OutboxProcess,
  outboxProcesses,
  standings,
} from "../support/outbox-processes.ts";
import { until } from "../support/until.ts";

const LEASE_MS = 500;

/** Whether each thread of it has stopped: a signal reaches one of them first, and on a busy machine the others work on for a while. */
async function standsStill({ child: { pid } }: OutboxProcess): Promise<boolean> {
  const tasks = `/proc/${pid}/task`;
  const states = (await readdir(tasks)).map(async (task) => {
    const stat = await readFile(`${tasks}/${task}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2)[0];
  });
  return (await Promise.all(states)).every((state) => state === "T");
}

/** Stops it where it holds no lock: in the middle of a transaction it would keep everybody waiting, on SQLite. */
async function stopBetween(worker: OutboxProcess, url: string): Promise<void> {
  await using database = await openDatabase(url, { busyWaitMs: 100 });
  for (;;) {
    worker.signal("SIGSTOP");
    await until(() => standsStill(worker));
    try {
      await database.kysely.transaction().execute(async (tx) => {
        if (database.dialect === "postgres") await sql`select 1 from outbox_messages for update nowait`.execute(tx);
      });
      return;
    } catch {
      worker.signal("SIGCONT");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
const TIMEOUT = { timeout: 60_000 };

eachUrl((urlOf, dialect) => {
  test.for([
    {
      onUnknown: "resend",
      late: "refuse",
      state: "sent",
      history: ["interrupted", "sent"],
      copies: ["asleep", "awake"],
    },
    { onUnknown: "hold", late: undefined, state: "unknown", history: ["interrupted"], copies: ["asleep"] },
  ] as const)(
    "with $onUnknown, the outcome of one that slept is discarded, and the next one's stands",
    TIMEOUT,
    async ({ onUnknown, late, state, history, copies }) => {
      const url = await urlOf();
      const sink = await mailSink();
      let answer: (deed: unknown) => void = () => {};
      const isTaken = new Promise<void>((taken) =>
        sink.at(({ client, step }) => {
          if (client !== "asleep" || step !== "dot") return undefined;
          taken();
          return new Promise((resolve) => (answer = resolve));
        }),
      );
      const database = await opened(url);
      await outboxOn(database, scriptedBackend().backend).enqueue(composedMail("late"), { onUnknown });
      const start = await outboxProcesses({ url, port: sink.port, leaseMs: LEASE_MS, delivers: true });
      const asleep = start({ name: "asleep" });
      await isTaken;
      await stopBetween(asleep, url);
      start({ name: "awake" });
      const standing = async () => (await standings(url)).get("<late@x.cn>");
      await until(async () => (await standing())?.state === state);
      answer(late); // it waits in the sleeper's socket, and says something else
      asleep.signal("SIGCONT");
      await asleep.says(/^log outbox\.(outcome-discarded|lease-lost) /);
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS)); // what it could still do, it has done
      expect(await standing()).toMatchObject({ state, history, isLeased: false });
      expect(sink.copies.map(({ client }) => client)).toEqual(copies);
      expect(asleep.lines.filter((line) => /^log outbox\.(sent|failed|unknown|deferred)/.test(line))).toEqual([]);
      await expectWhole(url);
      expect(asleep.isOver).toBe(false);
    },
  );

  test.skipIf(dialect === "sqlite")(
    "one that is gone in the middle of a transaction keeps its own rows, and nobody else's",
    TIMEOUT,
    async () => {
      const database = await opened(await urlOf());
      const { backend, sent } = scriptedBackend();
      const outbox = outboxOn(database, backend, fastClock(100));
      await outbox.enqueueMany(["locked", "free"].map((subject) => ({ message: composedMail(subject) })));
      await database.kysely.updateTable("outbox_messages").set({ lease_owner: "gone", due_at: 1 }).execute();
      const subjects = (): string[] =>
        sent.map(({ bytes }) => /Subject: (.*)\r/.exec(Buffer.from(bytes).toString())?.[1] ?? "");
      await database.kysely.transaction().execute(async (tx) => {
        await tx.updateTable("outbox_messages").set({ due_at: 1 }).where("subject", "=", "locked").execute();
        outbox.start();
        await until(() => sent.length > 0);
        expect(subjects()).toEqual(["free"]);
      });
      await until(() => sent.length > 1);
      expect(subjects()).toEqual(["free", "locked"]);
    },
  );

  test("one that slept goes on with what comes after", TIMEOUT, async () => {
    const url = await urlOf();
    const sink = await mailSink();
    const start = await outboxProcesses({ url, port: sink.port, leaseMs: LEASE_MS, delivers: true });
    const worker = start({ name: "asleep" });
    await worker.says(/^ready$/);
    const database = await opened(url);
    const outbox = outboxOn(database, scriptedBackend().backend);
    await stopBetween(worker, url);
    for (let number = 0; number < 5; number++) await outbox.enqueue(composedMail(`m${number}`));
    await new Promise((resolve) => setTimeout(resolve, 2 * LEASE_MS));
    worker.signal("SIGCONT");
    await until(async () => [...(await standings(url)).values()].every(({ state }) => state === "sent"));
    expect([...sink.counts().values()]).toEqual([1, 1, 1, 1, 1]);
  });
});
