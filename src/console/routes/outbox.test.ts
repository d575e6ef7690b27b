import { expect, test } from "vitest";
import { fakeInbox, fakeOutbox, queuedMessage } from "../../../test/support/fake-readers.ts";
import type { DeliveryState, OutboxMessage } from "../../outbox/index.ts";
import { createConsole } from "../index.ts";

const now = Date.UTC(2026, 0, 2, 12, 0, 0);
const clock = { now: () => now, sleep: async () => {} };

async function page(path: string, ...messages: OutboxMessage[]): Promise<string> {
  const options = { inbox: fakeInbox(), outbox: fakeOutbox(...messages), allowedHosts: ["localhost"], clock };
  return (await createConsole(options).request(path)).text();
}

test("an empty outbox says so", async () => {
  expect(await page("/outbox")).toContain("Nothing has been sent yet.");
});

test.each([
  ["queued", "queued"],
  ["sending", "sending"],
  ["deferred", "waiting to retry"],
  ["sent", "sent"],
  ["failed", "failed"],
  ["unknown", "unclear"],
  ["held", "held"],
  ["cancelled", "cancelled"],
  ["suppressed", "suppressed"],
] as [DeliveryState, string][])("a message that is %s shows it", async (state, word) => {
  expect(await page("/outbox", queuedMessage({ state }))).toContain(`<span class="badge ${state}">${word}</span>`);
});

test("the list shows recipients, attempts and when the next one is due", async () => {
  const nextAttemptAt = now + 90_000;
  const html = await page("/outbox", queuedMessage({ attempts: 2, nextAttemptAt, subject: "<b>" }));
  expect(html).toContain("&lt;b&gt;");
  expect(html).toContain("user@example.com");
  expect(html).toContain("2 attempts");
  expect(html).toMatch(/next at \d\d:01:30/);
  expect(html).toContain('href="/outbox/o1"');
});

test("a message shows what became of each recipient, and each attempt in the server's words", async () => {
  const html = await page(
    "/outbox/o1",
    queuedMessage({
      state: "failed",
      recipients: [
        { address: "a@example.com", state: "sent", detail: "" },
        { address: "b@example.com", state: "failed", detail: "550 5.1.1 <b@example.com>: no such user" },
      ],
      history: [
        {
          at: now,
          outcome: "deferred",
          server: "smtp.163.com:465",
          stage: "rcpt",
          code: 450,
          enhancedCode: "4.2.1",
          text: "Mailbox busy <wait>",
        },
        {
          at: now,
          outcome: "failed",
          server: "smtp",
          stage: "connect",
          code: 0,
          enhancedCode: "",
          text: "ECONNREFUSED",
        },
      ],
    }),
  );
  expect(html).toContain("550 5.1.1 &lt;b@example.com&gt;: no such user");
  expect(html).toContain("smtp.163.com:465");
  expect(html).toContain("while: rcpt");
  expect(html).toContain("<strong>450 4.2.1 </strong>Mailbox busy &lt;wait&gt;");
  expect(html).toContain('<p class="words">ECONNREFUSED</p>');
  expect(html).toContain("&lt;1@example.com&gt;");
});

test("a reply that begins with its code shows it once", async () => {
  const reply = { stage: "", code: 250, enhancedCode: "2.0.0", text: "250 2.0.0 OK: queued" };
  const html = await page(
    "/outbox/o1",
    queuedMessage({ history: [{ at: now, outcome: "sent", server: "s", ...reply }] }),
  );
  expect(html).toContain('<p class="words">250 2.0.0 OK: queued</p>');
});

test("a Chinese page says what a failure means and what to do", async () => {
  const diagnosis = {
    id: "netease.daily-quota",
    about: "account",
    meaning: { en: "The account has sent enough.", zh: "该账号当天的发送数量已达上限。" },
    advice: { en: "Send the rest tomorrow.", zh: "请明天再发其余邮件。" },
  } as const;
  const reply = { stage: "mail", code: 554, enhancedCode: "", text: "554 MI:STC. Send the rest tomorrow." };
  const message = queuedMessage({ history: [{ at: now, outcome: "deferred", server: "s", ...reply, diagnosis }] });
  expect(await page("/outbox/o1?lang=zh-CN", message)).toContain("该账号当天的发送数量已达上限。请明天再发其余邮件。");
  expect(await page("/outbox/o1", message)).not.toContain("请明天");
});

test("a message without attempts says so", async () => {
  expect(await page("/outbox/o1", queuedMessage())).toContain("No attempt has been made yet.");
});
