/** A server that takes a message and drops the connection before its reply: sent again with the same Message-ID, or held. */
import { expect, onTestFinished, test } from "vitest";
import { smtpBackend } from "../../src/mail/index.ts";
import { mailSink } from "../support/mail-sink.ts";
import { composedMail, inState, outboxOn } from "../support/outbox.ts";
import { eachDatabase } from "../support/postgres.ts";
import { until } from "../support/until.ts";

eachDatabase((open) => {
  test.for([
    { by: "DATA", chunking: false },
    { by: "BDAT", chunking: true },
  ])("by $by", async ({ chunking }) => {
    const sink = await mailSink({ chunking });
    const dropped = new Set<string>();
    sink.at(({ step, messageId }) => {
      if (step !== "dot" || dropped.has(messageId)) return undefined;
      dropped.add(messageId);
      return "drop";
    });
    const backend = smtpBackend({ host: "127.0.0.1", port: sink.port, security: "none", maxConnections: 1 });
    onTestFinished(() => backend.close?.());
    const outbox = outboxOn(await open(), backend, { policy: { baseMs: 50, capMs: 50 }, concurrency: 1 });
    const again = await outbox.enqueue(composedMail("again"));
    const once = await outbox.enqueue(composedMail("once"), { onUnknown: "hold" });
    outbox.start();

    const resent = await inState(outbox, again, "sent");
    const held = await inState(outbox, once, "unknown");
    expect(resent.history.map(({ outcome }) => outcome)).toEqual(["unknown", "sent"]);
    expect(held.history.map(({ outcome }) => outcome)).toEqual(["unknown"]);
    expect(held.nextAttemptAt).toBeUndefined();
    const first = sink.copies.filter(({ messageId }) => messageId === resent.messageId);
    expect(first).toHaveLength(2);
    expect(first[1]?.content).toBe(first[0]?.content);
    expect(sink.counts().get(held.messageId)).toBe(1);

    // A person looked into the mailbox: one of two, and the other is sent for good.
    const other = await outbox.enqueue(composedMail("other"), { onUnknown: "hold" });
    await inState(outbox, other, "unknown");
    expect(await outbox.resolve(once, "sent")).toBe(true);
    expect(await outbox.redrive(other)).toBe(1);
    await inState(outbox, other, "sent");
    await until(() => sink.counts().get("<other@x.cn>") === 2);
    expect(sink.counts().get(held.messageId)).toBe(1);
    expect((await outbox.get(once))?.state).toBe("sent");
  });
});
