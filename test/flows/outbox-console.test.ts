/** The outbox screen in a real Chromium, over a real outbox: what it says of each message, and what its buttons do. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { createConsole } from "../../src/console/index.ts";
import { type Backend, DeliveryError } from "../../src/mail/index.ts";
import { createLimits, createOutbox, type Outbox } from "../../src/outbox/index.ts";
import { serveNode } from "../../src/web/index.ts";
import { launchChromium, screenshotPath } from "../support/chromium.ts";
import { composed } from "../support/composed.ts";
import { testDatabase } from "../support/test-database.ts";

const launched = await launchChromium();
const browser = "browser" in launched ? launched.browser : undefined;
if ("reason" in launched) console.warn(`the outbox' browser tests are skipped: ${launched.reason}`);
afterAll(() => browser?.close());

const quota = {
  id: "netease.daily-quota",
  about: "account",
  retryAfterSeconds: 86_400,
  meaning: { en: "The account has sent as many mails as it may in a day.", zh: "该账号当天的发送数量已达上限。" },
  advice: { en: "Send the rest tomorrow.", zh: "请明天再发其余邮件。" },
} as const;

/** What the recipient's name asks for. */
const server: Backend = {
  send: async ({ to }) => {
    const [address = ""] = to;
    const failure = { server: "smtp.163.com:465", recipients: [] } as const;
    if (address.startsWith("gone")) {
      const refusal = { replyCode: 550, enhancedCode: "5.1.1", stage: "rcpt" as const, retryable: false };
      throw new DeliveryError("550 5.1.1 User not found", { ...failure, ...refusal, outcome: "not-sent" });
    }
    if (address.startsWith("tomorrow")) {
      const reply = {
        replyCode: 554,
        stage: "mail" as const,
        retryable: true,
        retryAfterMs: 86_400_000,
        diagnosis: quota,
      };
      throw new DeliveryError(`554 MI:DAY. ${quota.advice.en}`, { ...failure, ...reply, outcome: "not-sent" });
    }
    if (address.startsWith("lost")) {
      const lost = { stage: "data-end" as const, retryable: true, outcome: "unknown" as const };
      throw new DeliveryError("The connection was lost after the final dot", { ...failure, ...lost });
    }
    return { server: "smtp.163.com:465", accepted: [...to], rejected: [], response: "250 2.0.0 Mail OK queued" };
  },
};

interface Site {
  url: string;
  outbox: Outbox;
  ids: Record<"sent" | "gone" | "tomorrow" | "lost" | "later", string>;
}

/** An outbox with a message in every state, and the console over it. */
async function startConsole(): Promise<Site> {
  const database = await testDatabase();
  const limits = createLimits({ database, mailers: ["default"] });
  const outbox = createOutbox({ database, mailer: () => server, gate: limits });
  onTestFinished(() => outbox.stop());
  const enqueue = (subject: string, to: string[], options = {}) =>
    outbox.enqueue(composed({ subject, to, text: "Hello", from: "mac@163.com" }), options);
  const ids = {
    sent: await enqueue("Welcome to the shop", ["ann@example.com", "bob@example.com"]),
    gone: await enqueue("您的订单已发货", ["gone@example.com"], { group: "orders", tags: ["shipping"] }),
    lost: await enqueue("Your one-time code", ["lost@example.com"], { onUnknown: "hold", priority: "critical" }),
    tomorrow: await enqueue("Weekly news", ["tomorrow@example.com"], { group: "newsletter", priority: "low" }),
    later: "",
  };
  await outbox.flush();
  ids.later = await enqueue("Your appointment", ["carl@example.com"], { sendAt: Date.now() + 3_600_000 });
  await outbox.stop();
  await limits.pause("domain:example.org", Date.now() + 600_000, { detail: "450 too many connections" });

  const pace = JSON.stringify({ count: 10, seconds: 40, refusedAt: Date.now(), reviewedAt: Date.now() });
  const slowed = { key: "domain:gmail.com", until: 0, reason: "rate", detail: "", failures: 0, pace };
  await database.kysely
    .insertInto("outbox_pauses")
    .values({ ...slowed, updated_at: Date.now() })
    .execute();

  const app = createConsole({
    inbox: { list: async () => [], get: async () => undefined, clear: async () => {}, subscribe: () => () => {} },
    outbox,
    allowedHosts: ["127.0.0.1"],
    insight: {
      forecast: (id) => limits.forecast(id),
      scopes: () => limits.list(),
    },
  });
  const served = await serveNode({ fetch: (request) => app.fetch(request), host: "127.0.0.1", port: 0 });
  onTestFinished(() => served.close());
  return { url: served.url, outbox, ids };
}

const shoot = (page: Page, name: string): Promise<Buffer> =>
  page.screenshot({ path: screenshotPath(`outbox-${name}`), fullPage: true });

async function openPage(options: BrowserContextOptions): Promise<{ page: Page; faults: string[] }> {
  const context = await (browser as Browser).newContext(options);
  onTestFinished(() => context.close());
  const faults: string[] = [];
  context.on("weberror", (error) => faults.push(String(error.error())));
  context.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  return { page: await context.newPage(), faults };
}

async function press(page: Page, label: string): Promise<void> {
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: label, exact: true }).click()]);
}

/** The times at which a message's page says that it leaves, to the second. */
async function saidTimes(page: Page): Promise<{ outlook: number; fact: number }> {
  const sentence = (await page.locator(".outlook").textContent()) ?? "";
  const [, outlook = ""] = /at about (.+?)\. /.exec(sentence) ?? [];
  const fact = await page.locator("dt:text-is('Leaves at') + dd time").getAttribute("datetime");
  return { outlook: Date.parse(outlook), fact: toSecond(Date.parse(fact ?? "")) };
}

/** The same as programs are told it, by the list as by the message. */
async function leavesAt(url: string, id: string): Promise<number> {
  const one = (await (await fetch(`${url}/api/outbox/${id}`)).json()) as { nextAttemptAt: number };
  const { messages } = (await (await fetch(`${url}/api/outbox`)).json()) as {
    messages: { id: string; nextAttemptAt: number }[];
  };
  expect(messages.find((message) => message.id === id)?.nextAttemptAt).toBe(one.nextAttemptAt);
  return toSecond(one.nextAttemptAt);
}

const toSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

describe.skipIf(browser === undefined)("the outbox screen", () => {
  test(
    "finds messages, says why each waits or failed, and does what its buttons say",
    { timeout: 60_000 },
    async () => {
      const { url, outbox, ids } = await startConsole();
      const { page, faults } = await openPage({
        viewport: { width: 1200, height: 800 },
        colorScheme: "light",
        locale: "en",
      });
      await page.goto(`${url}/outbox`);
      expect(await page.locator(".rows li").count()).toBe(5);
      expect(await page.locator(".attention").textContent()).toContain("domain:example.org");
      expect(await page.locator(".attention").textContent()).toContain(
        "domain:gmail.com may send 10 messages per 40 seconds",
      );
      await shoot(page, "list-light");

      await page.selectOption("[name=state]", "failed");
      await press(page, "Show");
      expect(await page.locator(".rows li").count()).toBe(1);
      await page.locator(".rows a").click();
      await page.getByText("550 5.1.1 User not found").first().waitFor();
      await shoot(page, "failed-light");
      await press(page, "Send again");
      expect(await page.locator(".done").textContent()).toBe("It is queued again.");
      expect((await outbox.get(ids.gone))?.state).toBe("queued");

      await page.goto(`${url}/outbox/${ids.later}`);
      // Its own time is in an hour, but its mailer rests for a day: that is the one time, wherever it is said.
      const { outlook, fact } = await saidTimes(page);
      expect([outlook, fact]).toEqual([await leavesAt(url, ids.later), await leavesAt(url, ids.later)]);
      expect(fact).toBeGreaterThan(Date.now() + 23 * 3_600_000);
      expect(await page.locator(".outlook").textContent()).toContain("mailer:default rests (quota)");
      expect(await page.getByRole("button", { name: "Send now" }).count()).toBe(0);
      await shoot(page, "resting-light");
      await press(page, "Hold");
      expect((await outbox.get(ids.later))?.state).toBe("held");
      await press(page, "Send now");
      expect((await outbox.get(ids.later))?.state).toBe("queued");
      await press(page, "Cancel");
      expect((await outbox.get(ids.later))?.state).toBe("cancelled");
      expect(await page.locator(".actions").count()).toBe(0);

      await page.goto(`${url}/outbox/${ids.lost}`);
      await press(page, "Mark as sent");
      expect((await outbox.get(ids.lost))?.state).toBe("sent");
      expect(faults).toEqual([]);
    },
  );

  test("reads well on a phone, in Chinese and in the dark", { timeout: 60_000 }, async () => {
    const { url, ids } = await startConsole();
    const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
    const { page, faults } = await openPage({ ...phone, colorScheme: "dark", locale: "zh-CN" });
    for (const [name, path] of [
      ["list", "/outbox"],
      ["tomorrow", `/outbox/${ids.tomorrow}`],
      ["resting", `/outbox/${ids.later}`],
      ["unknown", `/outbox/${ids.lost}`],
    ] as const) {
      await page.goto(url + path);
      await shoot(page, `${name}-phone-dark-zh`);
      const overflows = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
      expect(overflows, path).toBe(false);
    }
    await page.goto(`${url}/outbox/${ids.later}`);
    const outlook = (await page.locator(".outlook").textContent()) ?? "";
    expect(outlook).toContain(`mailer:default 暂停发送（发送额度已用完）：${quota.meaning.zh}（554 MI:DAY.）`);
    expect(outlook).not.toMatch(/because|rests|Send the rest/);
    await page.goto(`${url}/outbox/${ids.tomorrow}`);
    expect(await page.locator(".history").textContent()).toContain(quota.meaning.zh);
    expect(faults).toEqual([]);
  });
});
