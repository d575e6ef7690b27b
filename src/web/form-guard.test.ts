import { expect, test } from "vitest";
import { testBrowser, type TestBrowser } from "../../test/support/browser-form.ts";
import { type FakeAccounts, fakeAccounts } from "../../test/support/fake-accounts.ts";
import { createWeb } from "./index.ts";

const fields = { username: "mac", email: "mac@163.com", password: "correct horse" };

function setUp(siteUrl = "https://example.com"): { browser: TestBrowser; accounts: FakeAccounts } {
  const accounts = fakeAccounts();
  return { browser: testBrowser(createWeb({ accounts, secretKey: "k", siteUrl })), accounts };
}

test.each([
  { "sec-fetch-site": "same-origin" },
  { "sec-fetch-site": "none" },
  { "sec-fetch-site": "same-origin", origin: "null" },
  { origin: "https://example.com" },
  { origin: "http://localhost" }, // The address that the request itself was sent to.
  {},
])("a form from our own page is taken: %j", async (headers) => {
  const { browser, accounts } = setUp();
  expect((await browser.submit("/user/register", fields, { headers })).status).toBe(303);
  expect(accounts.calls).toHaveLength(1);
});

test.each([
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "cross-site", origin: "https://example.com" },
  { origin: "https://evil.example" },
  { origin: "https://example.com.evil.example" },
  { origin: "http://example.com" },
  { origin: "null" },
])("a form from elsewhere is refused, whatever its token: %j", async (headers) => {
  const { browser, accounts } = setUp();
  for (const path of ["/user/register", "/user/login", "/user/activeemail"]) {
    const response = await browser.submit(path, fields, { headers });
    expect(response.status).toBe(403);
  }
  expect(accounts.calls).toEqual([]);
});

test("the page says that it was open too long, and how to go on", async () => {
  const { browser } = setUp();
  const response = await browser.post("/user/login", "login=mac&password=x");
  expect(response.status).toBe(403);
  const html = await response.text();
  expect(html).toContain("This page was open too long");
  expect(html).toContain('href="/user/login"');
});

test("a token is worth nothing without its cookie, with another cookie, or from another site's key", async () => {
  const { browser, accounts } = setUp();
  const html = await (await browser.get("/user/register")).text();
  const token = /name="csrf_token" value="([^"]+)"/.exec(html)?.[1] ?? "";
  const body = new URLSearchParams({ csrf_token: token, ...fields }).toString();
  const cookie = browser.cookies.get("__Host-waxseal_csrf") ?? "";
  for (const other of ["", cookie.replace(/^./, (first) => (first === "A" ? "B" : "A")), "short"]) {
    expect((await browser.post("/user/register", body, { cookie: `__Host-waxseal_csrf=${other}` })).status).toBe(403);
  }
  const foreign = testBrowser(createWeb({ accounts, secretKey: "other", siteUrl: "https://example.com" }));
  expect((await foreign.post("/user/register", body, { cookie: `__Host-waxseal_csrf=${cookie}` })).status).toBe(403);
  expect(accounts.calls).toEqual([]);
  expect((await browser.post("/user/register", body)).status).toBe(303);
});

test.each(["text/plain", "application/json", "multipart/form-data; boundary=x", ""])(
  "a body of type %j is no form",
  async (type) => {
    const { browser, accounts } = setUp();
    const response = await browser.submit("/user/register", fields, { headers: { "content-type": type } });
    expect(response.status).toBe(403);
    expect(accounts.calls).toEqual([]);
  },
);

test("the activation button works where no-referrer makes its Origin null and Sec-Fetch-Site is not sent", async () => {
  const { browser } = setUp("http://192.168.1.5:8025");
  const response = await browser.submit("/user/active/token", {}, { headers: { origin: "null" } });
  expect(response.headers.get("location")).toBe("/user/login?notice=activated");
  const { browser: other } = setUp();
  expect((await other.submit("/user/active/t", {}, { headers: { origin: "https://evil.example" } })).status).toBe(403);
});

test("the cookie is HttpOnly, SameSite, and Secure with the __Host- prefix on an https site", async () => {
  const https = await setUp().browser.get("/user/login");
  expect(https.headers.getSetCookie()[0]).toMatch(
    /^__Host-waxseal_csrf=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  const http = await setUp("http://127.0.0.1:8025").browser.get("/user/login");
  expect(http.headers.getSetCookie()[0]).toMatch(/^waxseal_csrf=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
});
