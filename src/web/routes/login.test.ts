import { expect, test } from "vitest";
import { testBrowser, type TestBrowser } from "../../../test/support/browser-form.ts";
import { type FakeAccounts, fakeAccounts } from "../../../test/support/fake-accounts.ts";
import { createWeb } from "../index.ts";

const fields = { login: "mac", password: "correct horse" };

function setUp(siteUrl = "http://127.0.0.1:8025"): { browser: TestBrowser; accounts: FakeAccounts } {
  const accounts = fakeAccounts();
  return { browser: testBrowser(createWeb({ accounts, secretKey: "k", siteUrl })), accounts };
}

test.each([
  ["activated", "Your account is active"],
  ["already-active", "This account is already active"],
  ["logged-out", "You are logged out"],
])("the notice %s is worded", async (notice, words) => {
  expect(await (await setUp().browser.get(`/user/login?notice=${notice}`)).text()).toContain(words);
});

test("any other notice is not repeated", async () => {
  expect(await (await setUp().browser.get("/user/login?notice=You+won")).text()).not.toMatch(/You won|class="notice/);
});

test("a log-in sets the session cookie and leads to the start page", async () => {
  const { browser, accounts } = setUp();
  const response = await browser.submit("/user/login", fields);
  expect([response.status, response.headers.get("location")]).toEqual([303, "/"]);
  expect(response.headers.getSetCookie()).toEqual([
    "waxseal_session=opaque-session-id; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax",
  ]);
  expect(accounts.calls).toEqual([["login", fields]]);
});

test("on an https site the cookie is Secure and bound to the host", async () => {
  const response = await setUp("https://example.com").browser.submit("/user/login", fields);
  expect(response.headers.getSetCookie()).toEqual([
    "__Host-waxseal=opaque-session-id; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Lax",
  ]);
});

test("a log-in ends the session that the browser had before", async () => {
  const { browser, accounts } = setUp();
  browser.cookies.set("waxseal_session", "planted");
  await browser.submit("/user/login", fields);
  expect(accounts.calls.map(([name]) => name)).toEqual(["login", "logout"]);
  expect(accounts.calls[1]).toEqual(["logout", "planted"]);
  expect(browser.cookies.get("waxseal_session")).toBe("opaque-session-id");
});

test("a refused log-in says no more than that, and points to the activation mail", async () => {
  const { browser, accounts } = setUp();
  accounts.answers.login = { status: "refused" };
  const response = await browser.submit("/user/login", { login: "ma<c", password: "hunter2" });
  expect(response.status).toBe(403);
  const html = await response.text();
  expect(html).toContain("We could not log you in.");
  expect(html).toContain('href="/user/activeemail"');
  expect(html).toContain('value="ma&lt;c"');
  expect(html).not.toContain("hunter2");
  expect(browser.cookies.has("waxseal_session")).toBe(false);
});

test("an account that waits for its activation gets a button that sends the mail again", async () => {
  const { browser, accounts } = setUp();
  accounts.answers.login = { status: "not-active" };
  const response = await browser.submit("/user/login", fields);
  expect(response.status).toBe(403);
  const html = await response.text();
  expect(html).toContain("waiting for its activation");
  expect(html).toMatch(/<form method="post" action="\/user\/activeemail"[^>]*>.*name="login" value="mac".*<\/form>/);
  expect(browser.cookies.has("waxseal_session")).toBe(false);
});

test("empty fields are answered at the field, and no password is checked", async () => {
  const { browser, accounts } = setUp();
  const response = await browser.submit("/user/login", { login: " ", password: "" });
  expect(response.status).toBe(422);
  const html = await response.text();
  expect(html).toMatch(/id="login-remark">Please enter your username/);
  expect(html).toMatch(/id="password-remark">Please enter a password/);
  expect(accounts.calls).toEqual([]);
});

test("a log-out ends the session on the server and in the browser", async () => {
  const { browser, accounts } = setUp();
  await browser.submit("/user/login", fields);
  const response = await browser.submit("/", {}, { action: "/user/logout" });
  expect(response.headers.get("location")).toBe("/user/login?notice=logged-out");
  expect(accounts.calls.at(-1)).toEqual(["logout", "opaque-session-id"]);
  expect(browser.cookies.has("waxseal_session")).toBe(false);
});

test("a link to the log-out logs nobody out", async () => {
  const { browser, accounts } = setUp();
  browser.cookies.set("waxseal_session", "opaque-session-id");
  const response = await browser.get("/user/logout");
  expect(response.headers.get("location")).toBe("/");
  expect(accounts.calls).toEqual([]);
});
