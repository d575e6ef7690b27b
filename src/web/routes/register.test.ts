import { expect, test } from "vitest";
import { testBrowser, type TestBrowser } from "../../../test/support/browser-form.ts";
import { type FakeAccounts, fakeAccounts } from "../../../test/support/fake-accounts.ts";
import { createWeb } from "../index.ts";

const fields = { username: "mac", email: "mac@163.com", password: "correct horse" };

function setUp(options: { inboxUrl?: string; siteUrl?: string } = {}): {
  browser: TestBrowser;
  accounts: FakeAccounts;
} {
  const accounts = fakeAccounts();
  const web = createWeb({ accounts, secretKey: "k", siteUrl: "http://127.0.0.1:8025", ...options });
  return { browser: testBrowser(web), accounts };
}

test("a good form leads to the page that names the address, which no URL holds", async () => {
  const { browser, accounts } = setUp();
  const posted = await browser.submit("/user/register", fields, { headers: { "accept-language": "zh-CN" } });
  expect(posted.status).toBe(303);
  expect(posted.headers.get("location")).toBe("/user/registered");
  expect(accounts.calls).toEqual([["register", { ...fields, locale: "zh-CN" }]]);
  const page = await (await browser.get("/user/registered")).text();
  expect(page).toContain("<bdi>mac@163.com</bdi>");
  expect(page).toContain("spam or junk folder");
});

test("the page has a button that sends the mail again to that address", async () => {
  const { browser, accounts } = setUp();
  await browser.submit("/user/register", fields);
  const page = await (await browser.get("/user/registered")).text();
  expect(page).toContain('action="/user/activeemail"');
  expect(page).toContain('<input type="hidden" name="login" value="mac@163.com"/>');
  await browser.submit("/user/registered", { login: "mac@163.com" }, { action: "/user/activeemail" });
  expect(accounts.calls.at(-1)).toEqual(["resend", { login: "mac@163.com", locale: "en" }]);
});

test("the address travels in a signed, short-lived, HttpOnly cookie for that one page", async () => {
  const { browser } = setUp({ siteUrl: "https://example.com" });
  const posted = await browser.submit("/user/register", fields);
  expect(posted.headers.getSetCookie().join()).toMatch(
    /^waxseal_mailed=[\w-]+\.[\w-]{43}; Max-Age=900; Path=\/user\/registered; HttpOnly; Secure; SameSite=Lax$/,
  );
  const forged = Buffer.from("evil@example.com").toString("base64url");
  const signature = browser.cookies.get("waxseal_mailed")?.split(".")[1];
  browser.cookies.set("waxseal_mailed", `${forged}.${signature}`);
  const page = await (await browser.get("/user/registered")).text();
  expect(page).not.toContain("evil@example.com");
  expect(page).toContain("We sent you a mail.");
});

test("in development the page links to the inbox, elsewhere not", async () => {
  const { browser } = setUp({ inboxUrl: "http://127.0.0.1:8025/inbox" });
  expect(await (await browser.get("/user/registered")).text()).toContain('<a href="http://127.0.0.1:8025/inbox">');
  expect(await (await setUp().browser.get("/user/registered")).text()).not.toContain("inbox");
});

test("bad input is answered at its field, and keeps what was typed but the password", async () => {
  const { browser, accounts } = setUp();
  accounts.answers.register = {
    status: "invalid",
    problems: { username: "taken", email: "not-an-address", password: "too-short" },
  };
  const typed = { username: "mac", email: "no at sign", password: "hunter2" };
  const response = await browser.submit("/user/register", typed);
  expect(response.status).toBe(422);
  const html = await response.text();
  expect(html).toMatch(
    /<input id="username"[^>]* value="mac"[^>]* aria-invalid="true" aria-describedby="username-remark"/,
  );
  expect(html).toMatch(/<p class="problem" id="username-remark">This username is taken/);
  expect(html).toMatch(/<input id="email"[^>]* value="no at sign"[^>]* aria-invalid="true"/);
  expect(html).toMatch(/<p class="problem" id="email-remark">This does not look like an e-mail address/);
  expect(html).toMatch(/<p class="problem" id="password-remark">Please use at least 8 characters/);
  expect(html).not.toContain("hunter2");
  expect(html.match(/autofocus/g)).toHaveLength(1);
  expect(html).toContain("<title>Please check: Create your account");
});

test("what was typed comes back as text, never as markup", async () => {
  const { browser, accounts } = setUp();
  accounts.answers.register = { status: "invalid", problems: { username: "not-allowed" } };
  const hostile = `"><script>alert(1)</script>`;
  const html = await (await browser.submit("/user/register", { username: hostile, email: hostile })).text();
  expect(html).not.toContain("<script>");
  expect(html).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
});

test("fields that are missing or doubled reach the accounts as single strings", async () => {
  const { browser, accounts } = setUp();
  const html = await (await browser.get("/user/register")).text();
  const token = /name="csrf_token" value="([^"]+)"/.exec(html)?.[1] ?? "";
  await browser.post("/user/register", `csrf_token=${token}&username=a&username=b&email[]=x&__proto__=y`);
  expect(accounts.calls).toEqual([["register", { username: "a", email: "", password: "", locale: "en" }]]);
});

test("line breaks in a field arrive as they were sent, for the accounts to refuse", async () => {
  const { browser, accounts } = setUp();
  await browser.submit("/user/register", { ...fields, email: "mac@163.com\r\nBcc: evil@example.com" });
  expect(accounts.calls[0]?.[1]).toMatchObject({ email: "mac@163.com\r\nBcc: evil@example.com" });
});
