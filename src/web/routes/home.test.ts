import { expect, test } from "vitest";
import { testBrowser, type TestBrowser } from "../../../test/support/browser-form.ts";
import { type FakeAccounts, fakeAccounts, mac } from "../../../test/support/fake-accounts.ts";
import { createWeb } from "../index.ts";

function setUp(): { browser: TestBrowser; accounts: FakeAccounts } {
  const accounts = fakeAccounts();
  const web = createWeb({ accounts, secretKey: "k", siteUrl: "http://127.0.0.1:8025", siteName: "Paper & Ink" });
  return { browser: testBrowser(web), accounts };
}

test("a stranger is welcomed to the site, with the ways to sign up and to log in", async () => {
  const { browser, accounts } = setUp();
  const html = await (await browser.get("/")).text();
  expect(html).toContain("Welcome to Paper &amp; Ink");
  expect(html).toContain('href="/user/register"');
  expect(html).toContain('href="/user/login"');
  expect(accounts.calls).toEqual([]);
});

test("a person who is logged in is greeted by name, with the way to log out", async () => {
  const { browser, accounts } = setUp();
  accounts.answers.session = { ...mac, username: "<b>麦克</b>" };
  browser.cookies.set("waxseal_session", "opaque-session-id");
  const html = await (await browser.get("/")).text();
  expect(html).toContain("Hello, <bdi>&lt;b&gt;麦克&lt;/b&gt;</bdi>");
  expect(html).toContain('action="/user/logout"');
  expect(accounts.calls).toEqual([["session", "opaque-session-id"]]);
});

test("a session that has ended is a stranger's", async () => {
  const { browser, accounts } = setUp();
  accounts.answers.session = undefined;
  browser.cookies.set("waxseal_session", "old");
  expect(await (await browser.get("/")).text()).toContain("Welcome to");
});
