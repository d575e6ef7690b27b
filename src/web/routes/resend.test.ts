import { expect, test } from "vitest";
import { testBrowser, type TestBrowser } from "../../../test/support/browser-form.ts";
import { type FakeAccounts, fakeAccounts } from "../../../test/support/fake-accounts.ts";
import { createWeb } from "../index.ts";

function setUp(): { browser: TestBrowser; accounts: FakeAccounts } {
  const accounts = fakeAccounts();
  const web = createWeb({ accounts, secretKey: "k", siteUrl: "http://127.0.0.1:8025", inboxUrl: "/inbox" });
  return { browser: testBrowser(web), accounts };
}

test.each([
  ["expired", "This link has expired"],
  ["invalid", "This link is not valid"],
])("a link that was %s is named", async (reason, words) => {
  const html = await (await setUp().browser.get(`/user/activeemail?reason=${reason}`)).text();
  expect(html).toContain(words);
  expect(html).toContain('role="alert"');
});

test("any other reason is not repeated", async () => {
  const html = await (await setUp().browser.get("/user/activeemail?reason=%3Cb%3Epay%20me")).text();
  expect(html).not.toContain("<b>");
  expect(html).not.toContain('role="alert"');
});

test("a request is handed on and always answered the same", async () => {
  const { browser, accounts } = setUp();
  const response = await browser.submit("/user/activeemail", { login: "mac@163.com" });
  expect([response.status, response.headers.get("location")]).toEqual([303, "/user/activeemail?notice=sent"]);
  expect(accounts.calls).toEqual([["resend", { login: "mac@163.com", locale: "en" }]]);
  const html = await (await browser.get("/user/activeemail?notice=sent")).text();
  expect(html).toContain("If an account with that name or address is waiting");
  expect(html).toContain('<a href="/inbox">');
});

test("an empty field is answered at the field", async () => {
  const { browser, accounts } = setUp();
  accounts.answers.resend = { status: "invalid", problem: "required" };
  const response = await browser.submit("/user/activeemail", { login: "" });
  expect(response.status).toBe(422);
  expect(await response.text()).toMatch(/id="login-remark">Please enter your username or e-mail address/);
});
