/** The wall clock of a machine jumps by an hour while two workers are at it: no mail waits for that hour, and none goes twice. Real processes. */
import { expect, test } from "vitest";
import { mailSink } from "../support/mail-sink.ts";
import { composedMail, outboxOn, scriptedBackend } from "../support/outbox.ts";
import { eachUrl, expectWhole, opened, outboxProcesses, standings } from "../support/outbox-processes.ts";
import { until } from "../support/until.ts";

const HOUR_MS = 3_600_000;
const LEASE_MS = 1_500;
const MESSAGES = 60;

eachUrl((urlOf) => {
  test.for([
    ["ahead", HOUR_MS],
    ["back", -HOUR_MS],
  ] as const)("by an hour %s", { timeout: 60_000 }, async ([, jumpMs]) => {
    const url = await urlOf();
    const sink = await mailSink();
    const outbox = outboxOn(await opened(url), scriptedBackend().backend);
    for (let number = 0; number < MESSAGES; number++) await outbox.enqueue(composedMail(`m${number}`));
    const start = await outboxProcesses({
      url,
      port: sink.port,
      leaseMs: LEASE_MS,
      delivers: true,
      concurrency: 2,
      jumpMs,
    });

    // Some are on their way when the clock jumps, and still are when a lease has passed.
    let goOn: () => void = () => {};
    const pause = new Promise<void>((resolve) => (goOn = resolve));
    const isUnderWay = new Promise<void>((resolve) => {
      sink.at(({ step }) => {
        if (step !== "dot" || sink.copies.length < 20) return undefined;
        resolve();
        return pause;
      });
    });
    const workers = [start({ name: "first" }), start({ name: "second" })];
    await isUnderWay;
    for (const worker of workers) await worker.says(/^ready$/);
    for (const worker of workers) worker.signal("SIGUSR2");
    for (const worker of workers) await worker.says(/^jumped$/);
    await new Promise((resolve) => setTimeout(resolve, 1.5 * LEASE_MS));
    sink.at(() => undefined);
    goOn();

    await until(async () => [...(await standings(url)).values()].every(({ state }) => state === "sent"));
    expect(sink.copies).toHaveLength(MESSAGES);
    expect(sink.counts().size).toBe(MESSAGES);
    for (const { history } of (await standings(url)).values()) expect(history).toEqual(["sent"]);
    await expectWhole(url);
  });
});
