/** The observers on a real outbox: what happens to one message, as each of them is told it. */
import { expect, onTestFinished, test } from "vitest";
import { composed } from "../../../test/support/composed.ts";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { parsePrometheus } from "../../../test/support/prometheus-text.ts";
import { until } from "../../../test/support/until.ts";
import { webhookReceiver } from "../../../test/support/webhook-receiver.ts";
import { type Backend, type BackendCallOptions, DeliveryError } from "../../mail/index.ts";
import {
  createListeners,
  createMetrics,
  createOutbox,
  createWebhooks,
  type OutboxEvent,
  verifyWebhook,
} from "../index.ts";

const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

eachDatabase((open) => {
  test("a message that some get and one does not is told to listeners, endpoints and metrics alike", async () => {
    const database = await open();
    const calls: BackendCallOptions[] = [];
    const words = { en: "", zh: "" };
    const diagnosis = { id: "mailbox-unknown", about: "recipient", meaning: words, advice: words } as const;
    const server: Backend = {
      send: async ({ to }, _bytes, options) => {
        calls.push(options ?? {});
        const [gone = ""] = to.filter((address) => address.startsWith("gone"));
        const reply = { retryable: false, code: 550, enhancedCode: "5.1.1", text: "no such user", diagnosis };
        return {
          server: "mx.test:25",
          accepted: to.filter((address) => address !== gone),
          rejected: [{ address: gone, ...reply }],
          response: "250 2.0.0 ok",
        };
      },
    };
    const receiver = await webhookReceiver();
    const events: OutboxEvent[] = [];
    const listeners = createListeners();
    listeners.on("*", (event) => events.push(event));
    const metrics = await createMetrics({ database });
    const endpoints = { crm: { url: receiver.url, secret } };
    const webhooks = createWebhooks({ database, endpoints, pollMs: 20, report: metrics.report });
    onTestFinished(() => webhooks.stop());
    const outbox = createOutbox({
      database,
      mailer: (name) => metrics.backend(name, server),
      sinks: [listeners.sink, webhooks.sink, metrics.sink],
    });
    onTestFinished(() => outbox.stop());
    webhooks.start();

    const message = composed({ to: ["ann@example.com", "gone@example.com"], text: "hello" });
    const undone = database.kysely.transaction().execute(async (tx) => {
      await outbox.enqueue(message, { tx, idempotencyKey: "undone" });
      throw new Error("changed my mind");
    });
    await expect(undone).rejects.toThrow("changed my mind");
    const id = await outbox.enqueue(message, { trace, tags: ["welcome"] });
    await outbox.flush();
    await until(() => receiver.calls.length === 2);

    const done = events.filter((event) => event.id === id);
    expect(done.map(({ type, recipients }) => [type, ...recipients])).toEqual([
      ["queued", "ann@example.com", "gone@example.com"],
      ["sending", "ann@example.com", "gone@example.com"],
      expect.arrayContaining([expect.stringMatching(/sent|failed/)]),
      expect.arrayContaining([expect.stringMatching(/sent|failed/)]),
    ]);
    expect(done.find(({ type }) => type === "failed")).toMatchObject({
      recipients: ["gone@example.com"],
      attempts: 1,
      server: "mx.test:25",
      tags: ["welcome"],
      trace,
    });
    expect(calls).toMatchObject([{ queued: { id, messageId: message.messageId, attempt: 1, trace } }]);

    const told = receiver.calls.map(({ headers, body }) => verifyWebhook(secret, headers, body));
    expect(told.map(({ type, data }) => [type, data.id, ...data.recipients]).toSorted()).toEqual([
      ["mail.failed", id, "gone@example.com"],
      ["mail.sent", id, "ann@example.com"],
    ]);

    const samples = parsePrometheus(await metrics.text());
    const attempts = samples.filter(({ name }) => name === "waxseal_outbox_attempts_total");
    expect(attempts.map(({ labels, value }) => [labels["outcome"], value]).toSorted()).toEqual([
      ["failed", 1],
      ["sent", 1],
    ]);
    expect(samples.find(({ name }) => name === "waxseal_outbox_attempt_seconds_count")?.value).toBe(1);
  });

  test("a webhook hears of a message that a person holds, cancels and sends again", async () => {
    const database = await open();
    const receiver = await webhookReceiver();
    const webhooks = createWebhooks({ database, endpoints: { crm: { url: receiver.url, secret } }, pollMs: 20 });
    onTestFinished(() => webhooks.stop());
    const refuse = async (): Promise<never> => {
      throw new DeliveryError("450 later", { retryable: true, outcome: "not-sent" });
    };
    const outbox = createOutbox({ database, mailer: () => ({ send: refuse }), sinks: [webhooks.sink] });
    onTestFinished(() => outbox.stop());
    const id = await outbox.enqueue(composed({ text: "hello" }), { sendAt: Date.now() + 3_600_000 });
    await outbox.hold(id);
    await outbox.cancel(id);
    webhooks.start();
    await until(() => receiver.calls.length === 2);
    const types = receiver.calls.map(({ body }) => (JSON.parse(body) as { type: string }).type);
    expect(types.toSorted()).toEqual(["mail.cancelled", "mail.held"]);
  });
});
