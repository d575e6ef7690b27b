/** The main job in a real Chromium: sign up, read the mail, press the button, log in, log out; with pictures of each page. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import type { Development } from "../../src/development.ts";
import { launchChromium, screenshotPath } from "../support/chromium.ts";
import { startSite } from "../support/start-site.ts";
import { until } from "../support/until.ts";

const launched = await launchChromium();
const browser = "browser" in launched ? launched.browser : undefined;
if ("reason" in launched) console.warn(`browser tests are skipped: ${launched.reason}`);
afterAll(() => browser?.close());

const desktop = { viewport: { width: 1200, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** A browser window, in which whatever the page does wrong fails the test. */
async function openWindow(
  options: BrowserContextOptions,
): Promise<{ context: BrowserContext; page: Page; faults: string[] }> {
  const context = await (browser as Browser).newContext(options);
  onTestFinished(() => context.close());
  const faults: string[] = [];
  context.on("weberror", (error) => faults.push(String(error.error())));
  context.on("console", (message) => {
    // The browser reports a page's status as an error; 403 and 422 are answers of ours.
    const answer = /status of (403|422)/.test(message.text());
    if (message.type() === "error" && !answer) faults.push(message.text());
  });
  return { context, page: await context.newPage(), faults };
}

const shoot = (page: Page, name: string): Promise<Buffer> =>
  page.screenshot({ path: screenshotPath(name), fullPage: true });
const pathOf = (page: Page): string => new URL(page.url()).pathname;

/** Presses a button that leads to a page, and waits for that page. */
async function press(page: Page, button: string): Promise<void> {
  await Promise.all([page.waitForEvent("load"), page.locator(button).first().click()]);
}

const submit = (page: Page): Promise<void> => press(page, "main form[method=post] button");

async function fillIn(page: Page, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await page.fill(`[name="${name}"]`, value);
}

/** Walks the whole journey, and takes a picture of each page under `prefix`. */
async function walk(
  site: Development,
  options: BrowserContextOptions,
  prefix: string,
  username: string,
): Promise<string[]> {
  const { context, page, faults } = await openWindow(options);
  const person = { username, email: "mac@163.com", password: "correct horse battery" };
  const login = { login: username, password: person.password };

  // The inbox stands open beside, and shows the mail without being reloaded.
  const inbox = await context.newPage();
  await inbox.goto(site.inboxUrl);
  await shoot(inbox, `${prefix}-00-inbox-empty`);

  await page.goto(site.url);
  await shoot(page, `${prefix}-01-home`);
  await page.goto(`${site.url}/user/register`);
  await fillIn(page, person);
  await shoot(page, `${prefix}-02-register`);
  await submit(page);
  await page.getByText("mac@163.com").first().waitFor();
  await shoot(page, `${prefix}-03-mail-sent`);

  const mailRow = inbox.locator("#mail [data-id] a").first();
  await mailRow.waitFor();
  await shoot(inbox, `${prefix}-04-inbox`);
  await mailRow.click();
  const html = inbox.frameLocator("iframe");
  await html.getByText(username).first().waitFor();
  await shoot(inbox, `${prefix}-05-mail-html`);

  await page.goto(`${site.url}/user/login`);
  await fillIn(page, login);
  await submit(page);
  expect(await page.locator('form[action$="/user/activeemail"] button').count()).toBe(1);
  await shoot(page, `${prefix}-06-login-too-early`);

  // The link in the mail opens in a window of its own, as in a mail program.
  const [activation] = await Promise.all([
    context.waitForEvent("page"),
    html.locator('a[href*="/user/active/"]').first().click(),
  ]);
  await activation.waitForLoadState();
  expect(await activation.locator("main button").count()).toBe(1);
  await shoot(activation, `${prefix}-07-activate`);
  const link = activation.url();
  await submit(activation);
  await activation.waitForURL(/\/user\/login/);
  expect(await activation.locator('[role="status"]').count()).toBe(1);
  await shoot(activation, `${prefix}-08-activated`);

  await fillIn(activation, login);
  await submit(activation);
  await activation.waitForURL(`${site.url}/`);
  await activation.getByText(username).first().waitFor();
  await shoot(activation, `${prefix}-09-logged-in`);
  await press(activation, 'form[action$="/user/logout"] button');
  expect(await activation.locator('form[action$="/user/logout"]').count()).toBe(0);

  await activation.goto(link);
  expect(pathOf(activation)).toBe("/user/login");
  await shoot(activation, `${prefix}-10-already-active`);
  await activation.goto(`${link.slice(0, -6)}tamper`);
  expect(pathOf(activation)).toBe("/user/activeemail");
  await shoot(activation, `${prefix}-11-not-valid`);
  return faults;
}

describe.skipIf(browser === undefined)("in Chromium", { timeout: 120_000 }, () => {
  test("the whole journey, on a desktop in English", async () => {
    const site = await startSite();
    expect(await walk(site, { ...desktop, locale: "en-US", colorScheme: "light" }, "en-desktop-light", "mac")).toEqual(
      [],
    );
  });

  test("the whole journey, on a phone in Chinese in the dark", async () => {
    const site = await startSite();
    expect(await walk(site, { ...phone, locale: "zh-CN", colorScheme: "dark" }, "zh-phone-dark", "王小明")).toEqual([]);
  });

  test("no account step needs a script", async () => {
    const site = await startSite();
    const { page } = await openWindow({ ...phone, javaScriptEnabled: false, locale: "en-US" });
    await page.goto(`${site.url}/user/register`);
    await fillIn(page, { username: "mac", email: "mac@163.com", password: "correct horse battery" });
    await submit(page);
    await page.getByText("mac@163.com").first().waitFor();
    const summary = await until(async () => (await site.inbox.list())[0]);
    const mail = await site.inbox.get(summary.id);
    await page.goto(/http:\S+\/user\/active\/\S+/.exec(mail?.text ?? "")?.[0] ?? "");
    await submit(page);
    await fillIn(page, { login: "mac", password: "correct horse battery" });
    await submit(page);
    await page.getByText("mac").first().waitFor();
    expect(pathOf(page)).toBe("/");
  });

  test("bad input is shown at its field, and what was typed is kept", async () => {
    const site = await startSite();
    const { page, faults } = await openWindow({ ...phone, locale: "zh-CN", colorScheme: "light" });
    await page.goto(`${site.url}/user/register`);
    await fillIn(page, { username: "<script>alert(1)</script>", email: "mac.163.com", password: "short" });
    await submit(page);
    expect(await page.locator('[aria-invalid="true"]').count()).toBe(3);
    expect(await page.inputValue('[name="email"]')).toBe("mac.163.com");
    expect(await page.inputValue('[name="username"]')).toBe("<script>alert(1)</script>");
    expect(await page.inputValue('[name="password"]')).toBe("");
    await shoot(page, "zh-phone-light-bad-input");
    expect(faults).toEqual([]);
  });
});
