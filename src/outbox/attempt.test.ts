import { expect, onTestFinished, test } from "vitest";
import { composedMail, inState, outboxOn, receiptFor } from "../../test/support/outbox.ts";
import { testDatabase } from "../../test/support/test-database.ts";
import type { Backend, Receipt } from "../mail/index.ts";
import { createOutbox } from "./outbox.ts";

test.each([
  ["nothing", undefined],
  ["null", null],
  ["a word", "queued"],
  ["half a receipt", { accepted: ["ann@x.cn"], response: null }],
])("a mailer that answers %s has the message all the same, which is not sent again", async (_what, answer) => {
  let sends = 0;
  const backend: Backend = {
    send: async () => {
      sends++;
      return answer as unknown as Receipt;
    },
  };
  const outbox = outboxOn(await testDatabase(), backend);
  const id = await outbox.enqueue(composedMail());
  outbox.start();
  const { attempts, history } = await inState(outbox, id, "sent");
  expect({ sends, attempts }).toEqual({ sends: 1, attempts: 1 });
  expect(history[0]).toMatchObject({ outcome: "sent", server: "default", text: expect.stringContaining("no receipt") });
});

test("whatever a mailer throws, the attempt is written down", async () => {
  const thrown = {
    toString: () => {
      throw new Error("not even a text");
    },
  };
  const backend: Backend = {
    send: async () => {
      throw thrown;
    },
  };
  const outbox = outboxOn(await testDatabase(), backend, { policy: { baseMs: 60_000 } });
  const id = await outbox.enqueue(composedMail());
  outbox.start();
  expect((await inState(outbox, id, "deferred")).history[0]?.text).toBe("an error that cannot be shown");
});

test("a mailer that is not configured costs a message no attempt, however often it is asked for", async () => {
  let [asked, isThere] = [0, true];
  const mailer = (): Backend => {
    if (!isThere) asked++;
    if (isThere || asked > 15) return { send: async ({ to }) => receiptFor(to) };
    throw new Error("there is no mailer bulk");
  };
  const outbox = createOutbox({
    database: await testDatabase(),
    mailer,
    pollMs: 5,
    policy: { baseMs: 1, capMs: 1, maxAttempts: 3 },
  });
  onTestFinished(() => outbox.stop());
  const id = await outbox.enqueue(composedMail());
  isThere = false;
  outbox.start();
  const { history } = await inState(outbox, id, "sent");
  expect(history).toHaveLength(16);
  expect(history[0]).toMatchObject({ outcome: "deferred", stage: "connect", text: "there is no mailer bulk" });
});
