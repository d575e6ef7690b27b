/** Leaving a stream in a real Chromium, without a script: the link, the button, the way back; with pictures of each page. */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { migrate, openDatabase } from "../../src/db/index.ts";
import { createSuppressions } from "../../src/outbox/suppression/suppressions.ts";
import { createUnsubscribeLinks, createWeb, serveNode } from "../../src/web/index.ts";
import { launchChromium, screenshotPath } from "../support/chromium.ts";
import { fakeAccounts } from "../support/fake-accounts.ts";
import { tempFolder } from "../support/temp-folder.ts";

const launched = await launchChromium();
const browser = "browser" in launched ? launched.browser : undefined;
if ("reason" in launched) console.warn(`browser tests are skipped: ${launched.reason}`);
afterAll(() => browser?.close());

const desktop = { viewport: { width: 1200, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

async function startPages() {
  const folder = tempFolder();
  const database = await openDatabase(`sqlite:${join(folder, "test.db")}`);
  onTestFinished(() => database.close());
  await migrate(database);
  const suppressions = createSuppressions({ database });
  const secretKey = "a long secret key";
  let fetch: (request: Request) => Response | Promise<Response> = () => new Response();
  const server = await serveNode({ fetch: (request) => fetch(request), host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const siteUrl = `http://127.0.0.1:${server.port}`;
  const links = createUnsubscribeLinks({ secretKey, siteUrl });
  const { unsubscribe, resubscribe } = suppressions;
  const web = createWeb({
    accounts: fakeAccounts(),
    secretKey,
    siteUrl,
    siteName: "Paper Shop",
    unsubscribe: { links, unsubscribe, resubscribe },
  });
  fetch = web.fetch;
  return { suppressions, links, siteUrl };
}

describe.skipIf(browser === undefined)("in Chromium, without scripts", { timeout: 60_000 }, () => {
  test.each([
    ["en-desktop-light", { ...desktop, locale: "en-US", colorScheme: "light" }],
    ["zh-phone-dark", { ...phone, locale: "zh-CN", colorScheme: "dark" }],
    ["en-phone-light", { ...phone, locale: "en-US", colorScheme: "light" }],
    ["zh-desktop-dark", { ...desktop, locale: "zh-CN", colorScheme: "dark" }],
  ] as const)("a person leaves, and comes back: %s", async (prefix, options) => {
    const { suppressions, links, siteUrl } = await startPages();
    const context = await (browser as Browser).newContext({ ...options, javaScriptEnabled: false });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    const shoot = (name: string) =>
      page.screenshot({ path: screenshotPath(`unsubscribe-${prefix}-${name}`), fullPage: true });
    const press = () => Promise.all([page.waitForEvent("load"), page.locator("main form[method=post] button").click()]);

    await page.goto(links.urlFor({ address: "ann.lee@example.net", stream: "weekly-news" }));
    await shoot("1-ask");
    expect(await suppressions.get("ann.lee@example.net")).toEqual([]);
    await press();
    await shoot("2-done");
    const [entry] = await suppressions.get("ann.lee@example.net");
    expect([entry?.reason, entry?.stream]).toEqual(["unsubscribe", "weekly-news"]);
    await press();
    await shoot("3-back");
    expect(await suppressions.get("ann.lee@example.net")).toEqual([]);
    expect(faults).toEqual([]);

    const width = await page.evaluate("document.documentElement.scrollWidth <= innerWidth").catch(() => true);
    expect(width).toBe(true);
    await page.goto(`${siteUrl}/user/unsubscribe/broken`);
    await shoot("4-broken");
    expect(await page.locator("main a").count()).toBe(1);
  });
});
