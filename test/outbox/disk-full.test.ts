/** A disk without room, a real one: what is refused was never there, what was accepted is sent, and the file is whole. */
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { smtpBackend } from "../../src/mail/index.ts";
import { type MailSink, mailSink } from "../support/mail-sink.ts";
import { composedMail, outboxOn } from "../support/outbox.ts";
import { expectWhole, migratedSqlite, opened, outboxProcesses, standings } from "../support/outbox-processes.ts";
import { canMountDisk, smallDisk } from "../support/small-disk.ts";
import { until } from "../support/until.ts";

const TIMEOUT = { timeout: 60_000 };

/** A database on a disk of its own, which can be filled up to the last byte. */
async function fillableDisk() {
  const disk = smallDisk(4_000_000);
  const url = await migratedSqlite(disk);
  const filler = join(disk, "filler");
  return {
    url,
    fill: () => {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
    },
    free: () => rmSync(filler),
  };
}

async function sender(url: string, sink: MailSink) {
  const backend = smtpBackend({ host: "127.0.0.1", port: sink.port, security: "none" });
  onTestFinished(() => backend.close?.());
  const events: string[] = [];
  const logger = { log: (_level: string, event: string) => void events.push(event) };
  const database = await opened(url);
  return { database, events, outbox: outboxOn(database, backend, { logger }) };
}

const states = async (url: string): Promise<string[]> => [...(await standings(url)).values()].map(({ state }) => state);

/** As long as there are any pages left in the file, a message may find its place there. */
async function enqueueUntilFull(enqueue: (number: number) => Promise<unknown>): Promise<{ code?: string }> {
  for (let number = 0; ; number++) {
    try {
      await enqueue(number);
    } catch (error) {
      return error as { code?: string };
    }
  }
}

test.skipIf(!canMountDisk)(
  "while enqueueing: the callers' transactions fail, nothing of them is there, and what was before is sent when there is room",
  TIMEOUT,
  async () => {
    const { url, fill, free } = await fillableDisk();
    const sink = await mailSink();
    const { database, outbox } = await sender(url, sink);
    const accepted: string[] = [];
    const enqueue = async (subject: string): Promise<void> => {
      const message = {
        ...composedMail(subject),
        bytes: Buffer.concat([composedMail(subject).bytes, Buffer.alloc(5_000, "x")]),
      };
      await outbox.enqueue(message);
      accepted.push(message.messageId);
    };
    await enqueue("before");
    fill();
    expect(await enqueueUntilFull((number) => enqueue(`m${number}`))).toMatchObject({ code: "WX_DB_FULL" });

    // Forty at once, and one in a transaction of the caller's with a row of his own.
    const many = await Promise.allSettled(Array.from({ length: 40 }, (_, number) => enqueue(`at once ${number}`)));
    for (const each of many) expect(each).toMatchObject({ status: "rejected", reason: { code: "WX_DB_FULL" } });
    const transaction = database.kysely.transaction().execute(async (tx) => {
      await tx.insertInto("outbox_marks").values({ name: "order", value: "1" }).execute();
      await outbox.enqueue({ ...composedMail("order"), bytes: Buffer.alloc(50_000, "x") }, { tx });
    });
    await expect(transaction).rejects.toMatchObject({ code: "WX_DB_FULL" });
    await expectWhole(url);
    expect([...(await standings(url)).keys()].toSorted()).toEqual(accepted.toSorted());
    expect(await database.kysely.selectFrom("outbox_marks").where("name", "=", "order").selectAll().execute()).toEqual(
      [],
    );

    free();
    await enqueue("after");
    await outbox.flush();
    expect(new Set(await states(url))).toEqual(new Set(["sent"]));
    expect([...sink.counts()].toSorted()).toEqual(accepted.toSorted().map((id) => [id, 1]));
    await expectWhole(url);
  },
);

test.skipIf(!canMountDisk)(
  "while marking sent: the worker lives, writes it down when there is room, and nothing is sent twice",
  TIMEOUT,
  async () => {
    const { url, fill, free } = await fillableDisk();
    const sink = await mailSink();
    const { outbox, events } = await sender(url, sink);
    for (let number = 0; number < 20; number++) await outbox.enqueue(composedMail(`m${number}`));
    let isFull = false;
    sink.at(({ step }) => {
      if (step === "dot" && !isFull) fill();
      if (step === "dot") isFull = true;
    });
    outbox.start();
    await until(() => events.includes("outbox.settle-failed"));
    expect(await states(url)).toContain("queued");
    await expectWhole(url);
    free();
    await until(async () => (await states(url)).every((state) => state === "sent"));
    expect([...sink.counts().values()]).toEqual(Array.from({ length: 20 }, () => 1));
    await expectWhole(url);
  },
);

test.skipIf(!canMountDisk)(
  "while marking sent, and then killed: the next process sends again what could not be written down, and loses nothing",
  TIMEOUT,
  async () => {
    const { url, fill, free } = await fillableDisk();
    const sink = await mailSink();
    const { outbox } = await sender(url, sink);
    for (let number = 0; number < 5; number++) await outbox.enqueue(composedMail(`m${number}`));
    await outbox.enqueue(composedMail("hold"), { onUnknown: "hold" });
    sink.at(({ step }) => {
      if (step !== "dot") return;
      sink.at(() => undefined);
      fill();
    });
    const start = await outboxProcesses({ url, port: sink.port, leaseMs: 500, delivers: true });
    const worker = start({ name: "first" });
    await worker.says(/^log outbox\.settle-failed /);
    await worker.kill();
    await sink.deserted();
    const before = sink.counts();
    free();
    await expectWhole(url);
    start({ name: "second" });
    await until(async () => (await states(url)).every((state) => state === "sent" || state === "unknown"));
    for (const { messageId, state, history } of (await standings(url)).values()) {
      const isSentByNext = state === "sent" && (history.includes("interrupted") || !before.has(messageId));
      expect(sink.counts().get(messageId) ?? 0).toBe((before.get(messageId) ?? 0) + (isSentByNext ? 1 : 0));
    }
    expect(sink.counts().get("<hold@x.cn>") ?? 0).toBeLessThanOrEqual(1);
    await expectWhole(url);
  },
);
