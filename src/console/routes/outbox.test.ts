import { expect, test } from "vitest";
import { fakeInbox, fakeOutbox, healthyOutbox, queuedMessage } from "../../../test/support/fake-readers.ts";
import type { DeliveryState, OutboxMessage } from "../../outbox/index.ts";
import { OutboxError } from "../../outbox/index.ts";
import { type ConsoleOptions, createConsole } from "../index.ts";

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
  expect(html).toMatch(/leaves at \d\d:01:30/);
  expect(await page("/outbox", queuedMessage({ nextAttemptAt: now - 1 }))).toContain("as soon as a worker is free");
  const wait = { kind: "pause", key: "mailer:default", detail: "it rests" } as const;
  expect(await page("/outbox", queuedMessage({ nextAttemptAt, wait }))).toContain("waits for mailer:default");
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

function consoleWith(options: Partial<ConsoleOptions>) {
  return createConsole({ inbox: fakeInbox(), outbox: fakeOutbox(), allowedHosts: ["localhost"], clock, ...options });
}

/** The buttons of a message's page, by the last part of where they post to. */
async function buttonsOf(message: OutboxMessage): Promise<string[]> {
  const html = await page("/outbox/o1", message);
  return [...html.matchAll(/action="\/outbox\/o1\/([\w-]+)"/g)].map(([, action = ""]) => action);
}

const to = (...states: DeliveryState[]) =>
  states.map((state, at) => ({ address: `user${at}@example.com`, state, detail: "" }));

test.each<[DeliveryState, Partial<OutboxMessage>, string[]]>([
  ["queued", {}, ["hold", "cancel"]],
  ["queued", { nextAttemptAt: now + 1 }, ["release", "hold", "cancel"]],
  [
    "queued",
    { nextAttemptAt: now + 1, wait: { kind: "pause", key: "mailer:default", detail: "it rests" } },
    ["hold", "cancel"],
  ],
  ["sending", { recipients: to("queued"), nextAttemptAt: now + 1 }, []],
  ["sent", {}, []],
  ["failed", {}, ["redrive"]],
  ["failed", { recipients: to("failed", "deferred") }, ["redrive", "hold", "cancel"]],
  ["suppressed", {}, ["redrive"]],
  ["unknown", {}, ["redrive", "mark-sent", "mark-failed"]],
  ["held", {}, ["release", "cancel"]],
  ["cancelled", {}, []],
])("a message that is %s %j has the buttons that would change something", async (state, parts, buttons) => {
  expect(await buttonsOf(queuedMessage({ state, recipients: to(state), ...parts }))).toEqual(buttons);
});

test("a button's form does what it says, and the page then says what was done", async () => {
  const outbox = fakeOutbox(queuedMessage());
  const app = consoleWith({ outbox });
  const token = /name="token" value="([\w-]+)"/.exec(await (await app.request("/outbox/o1")).text())?.[1] ?? "";
  const press = (action: string, form = token, headers: Record<string, string> = {}) =>
    app.request(`/outbox/o1/${action}`, { method: "POST", body: new URLSearchParams({ token: form }), headers });
  const done = await press("hold");
  expect([done.status, done.headers.get("location")]).toEqual([303, "/outbox/o1?done=hold"]);
  for (const action of ["redrive", "cancel", "release", "mark-sent", "mark-failed"]) await press(action);
  const right = ["hold o1", "redrive o1", "cancel o1", "release o1", "resolve o1 as sent", "resolve o1 as failed"];
  expect(outbox.told).toEqual(right);
  expect(await (await app.request("/outbox/o1?done=hold")).text()).toContain("It is held until you let it go.");

  expect((await press("hold", "wrong")).status).toBe(403);
  expect((await press("hold", token, { "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await press("hold", token, { origin: "https://evil.example" })).status).toBe(403);
  expect((await press("explode")).status).toBe(404);
  expect((await app.request("/outbox/o1/hold")).status).toBe(404);
  expect(outbox.told).toEqual(right);
});

test("what cannot be sent again says why, and what changed nothing says so", async () => {
  const refusal = new OutboxError("WX_OUTBOX_NO_BODY", "The body was deleted.");
  const outbox = { ...fakeOutbox(queuedMessage()), redrive: () => Promise.reject(refusal), hold: async () => false };
  const app = consoleWith({ outbox });
  const token = /name="token" value="([\w-]+)"/.exec(await (await app.request("/outbox/o1")).text())?.[1] ?? "";
  const press = (action: string) =>
    app.request(`/outbox/o1/${action}`, { method: "POST", body: new URLSearchParams({ token }) });
  const refused = await press("redrive");
  expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining("The body was deleted.")]);
  expect((await press("hold")).headers.get("location")).toBe("/outbox/o1?done=nothing");
});

test("the list asks for what the filters say, keeps them in its form and in the way to older messages", async () => {
  const messages = Array.from({ length: 51 }, (_, at) => queuedMessage({ id: `o${at}` }));
  const outbox = fakeOutbox(...messages);
  const app = consoleWith({ outbox });
  const html = await (await app.request("/outbox?state=failed&mailer=bulk&group=&to=ann%40x.cn&nonsense=1")).text();
  expect(outbox.asked).toEqual([{ state: "failed", mailer: "bulk", recipient: "ann@x.cn", limit: 51 }]);
  expect(html).toMatch(/<option value="failed" selected=""/);
  expect(html).toContain('value="ann@x.cn"');
  expect(html.match(/<li>/g)?.length).toBe(50);
  expect(html).toContain('href="/outbox?state=failed&amp;mailer=bulk&amp;to=ann%40x.cn&amp;before=o49"');
  expect(await page("/outbox?state=failed")).toContain("No message is like that.");
});

test("what needs attention stands above the list: a queue that is stuck, and scopes that rest", async () => {
  const late = { mailer: "bulk", limited: 7, oldestMs: 3_600_000, reason: undefined, isLate: true };
  const closed = [late, { ...late, mailer: "other", isLate: false }];
  const health = async () =>
    healthyOutbox({ ok: false, isStuck: true, due: 12, oldestDueMs: 3 * 3_600_000, limited: 14, closed });
  const scopes = async () => [
    { key: "account:163:mac@163.com", pausedUntil: now + 60_000, text: { en: "554 too many", zh: "额度已用完" } },
    { key: "mailer:default", pausedUntil: now - 1 },
    { key: "mailer:other" },
    { key: "domain:gmail.com", pace: { text: { en: "may send 9 per minute", zh: "每分钟最多 9 封" } } },
    { key: "mailer:slow", learnedConcurrency: { text: { en: "may deliver 4 at once", zh: "最多同时发送 4 封" } } },
  ];
  const app = consoleWith({ outbox: { ...fakeOutbox(), health }, insight: { scopes } });
  const html = await (await app.request("/outbox")).text();
  expect(html).toContain("12 messages are due and nobody sends them; the oldest for 3 hours.");
  expect(html).toContain("7 messages wait behind the mailer bulk, the oldest for 1 hour.");
  expect(html).not.toContain("the mailer other");
  expect(html).toContain("One scope rests:");
  expect(html).toContain("554 too many");
  expect(html).toContain('2 scopes go slower:</p><ul><li><span class="mono">domain:gmail.com</span> may send 9');
  expect(html).toContain('<li><span class="mono">mailer:slow</span> may deliver 4 at once</li>');
  const chinese = await (await app.request("/outbox?lang=zh-CN")).text();
  for (const words of ["额度已用完", "mailer:slow</span> 最多同时发送 4 封"]) expect(chinese).toContain(words);
  expect(html).toContain("account:163:mac@163.com");
  expect(html).not.toContain("mailer:other");
  expect(await page("/outbox")).not.toContain('class="attention"');
});

test("a message says when it will leave and why it waits, and shows what came back", async () => {
  const wait = { kind: "limit", key: "mailer:default", detail: "200 a day are sent" } as const;
  const message = queuedMessage({ nextAttemptAt: now + 60_000, wait });
  expect(await page("/outbox/o1", message)).toContain("200 a day are sent");
  const insight = {
    forecast: async () => ({ text: { en: "It leaves at about 2026-01-02T12:01:00.000Z.", zh: "十点发送。" } }),
    reports: async () => [{ address: "a@x.cn", kind: "hard", status: "5.1.1", detail: "no such user", at: now }],
  };
  const app = consoleWith({ outbox: fakeOutbox(message), insight });
  const html = await (await app.request("/outbox/o1")).text();
  expect(html).toMatch(/It leaves at about Jan \d, 2026, \d\d:01:00 \S+\./);
  expect(html).toContain('<p class="words">5.1.1 no such user</p>');
  expect(await (await app.request("/outbox/o1?lang=zh-CN")).text()).toContain("十点发送。");
});
