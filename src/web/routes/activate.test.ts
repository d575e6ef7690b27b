import { expect, test } from "vitest";
import { testBrowser, type TestBrowser } from "../../../test/support/browser-form.ts";
import { type FakeAccounts, fakeAccounts } from "../../../test/support/fake-accounts.ts";
import { createWeb } from "../index.ts";

function setUp(): { browser: TestBrowser; accounts: FakeAccounts; app: ReturnType<typeof createWeb> } {
  const accounts = fakeAccounts();
  const app = createWeb({ accounts, secretKey: "k", siteUrl: "http://127.0.0.1:8025" });
  return { browser: testBrowser(app), accounts, app };
}

test("the link shows whose account it is, and one button that posts to the same address", async () => {
  const { browser } = setUp();
  const html = await (await browser.get("/user/active/a.b.c")).text();
  expect(html).toContain("<bdi>mac</bdi>");
  expect(html).toContain("<bdi>mac@163.com</bdi>");
  expect(html.match(/<button/g)).toHaveLength(1);
  expect(html).toContain('<form method="post" action="/user/active/a.b.c"');
});

test("its page leaves no trace of the token", async () => {
  const { browser } = setUp();
  const response = await browser.get("/user/active/a.b.c");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(response.headers.get("x-robots-tag")).toBe("noindex");
  expect(response.headers.get("cache-control")).toBe("no-store");
});

test("a fetched link activates nothing, however often and with whatever harmless method", async () => {
  const { app, accounts } = setUp();
  for (const method of ["GET", "HEAD", "OPTIONS", "GET"]) {
    await app.request("/user/active/a.b.c", { method, headers: { purpose: "prefetch" } });
  }
  expect(new Set(accounts.calls.map(([name]) => name))).toEqual(new Set(["inspect"]));
});

test("the button activates, opens no session, and leads to the log-in page", async () => {
  const { browser, accounts } = setUp();
  const response = await browser.submit("/user/active/a.b.c", {});
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe("/user/login?notice=activated");
  expect(accounts.calls.at(-1)).toEqual(["activate", "a.b.c"]);
  expect(browser.cookies.has("waxseal_session")).toBe(false);
});

test.each([
  ["already-active", "/user/login?notice=already-active"],
  ["expired", "/user/activeemail?reason=expired"],
  ["invalid", "/user/activeemail?reason=invalid"],
] as const)("a link that is %s leads to %s, opened or posted", async (status, location) => {
  const { browser, accounts } = setUp();
  accounts.answers.activate = { status };
  const posted = await browser.submit("/user/active/t", {});
  expect([posted.status, posted.headers.get("location")]).toEqual([303, location]);
  accounts.answers.inspect = { status };
  const opened = await browser.get("/user/active/t");
  expect([opened.status, opened.headers.get("location")]).toEqual([303, location]);
  expect(opened.headers.get("referrer-policy")).toBe("no-referrer");
});

test.each([
  ["/user/active/", ""],
  ["/user/active/a/b/c", "a/b/c"],
  ["/user/active/%00%F0%9F%98%80", "\0😀"],
  ["/user/active/%E0%A4%A", "%E0%A4%A"],
  [`/user/active/${"x".repeat(10_000)}`, "x".repeat(10_000)],
])("whatever follows the path is taken for the token: %.40s", async (path, token) => {
  const { browser, accounts } = setUp();
  accounts.answers.inspect = { status: "invalid" };
  const response = await browser.get(path);
  expect(response.headers.get("location")).toBe("/user/activeemail?reason=invalid");
  expect(accounts.calls).toEqual([["inspect", token]]);
});

test("a hostile username is shown as text", async () => {
  const { browser, accounts } = setUp();
  accounts.answers.inspect = { status: "ready", username: "<script>alert(1)</script>", email: "a@b.example" };
  const html = await (await browser.get("/user/active/t")).text();
  expect(html).not.toContain("<script>");
  expect(html).toContain("&lt;script&gt;");
});
