/** Many workers, each a process, at one database: every message is sent once, whoever takes it. `WAXSEAL_TEST_RUNS` for that many messages. */
import { expect, test } from "vitest";
import { mailSink } from "../support/mail-sink.ts";
import { composedMail, outboxOn, scriptedBackend } from "../support/outbox.ts";
import { eachUrl, expectWhole, opened, outboxProcesses, standings } from "../support/outbox-processes.ts";
import { until } from "../support/until.ts";

const MESSAGES = Number(process.env["WAXSEAL_TEST_RUNS"] ?? 400);

eachUrl((urlOf) => {
  test.for([2, 8])("%i workers at once", { timeout: 90_000 }, async (workers) => {
    const url = await urlOf();
    const sink = await mailSink();
    const start = await outboxProcesses({ url, port: sink.port, delivers: true, concurrency: 4 });
    const outbox = outboxOn(await opened(url), scriptedBackend().backend);
    const mails = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => ({ message: composedMail(`m${from + index}`) }));
    await outbox.enqueueMany(mails(0, MESSAGES / 2)); // some wait before the first one starts
    const names = Array.from({ length: workers }, (_, index) => `w${index}`);
    const all = names.map((name) => start({ name }));
    await Promise.all(all.map((worker) => worker.says(/^ready$/)));
    for (let from = MESSAGES / 2; from < MESSAGES; from += 20) {
      await Promise.all(mails(from, Math.min(from + 20, MESSAGES)).map(({ message }) => outbox.enqueue(message)));
      await until(() => sink.copies.length >= from / 2); // so that all of them have something to do to the end
    }
    await until(async () => [...(await standings(url)).values()].every(({ state }) => state === "sent"));
    expect(sink.copies).toHaveLength(MESSAGES);
    expect(sink.counts().size).toBe(MESSAGES);
    for (const { history } of (await standings(url)).values()) expect(history).toEqual(["sent"]);
    expect(new Set(sink.copies.map(({ client }) => client)).size).toBeGreaterThan(1);
    await expectWhole(url);
  });
});
