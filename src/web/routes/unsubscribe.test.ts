import { expect, test } from "vitest";
import { testBrowser, type TestBrowser } from "../../../test/support/browser-form.ts";
import { fakeAccounts } from "../../../test/support/fake-accounts.ts";
import { createUnsubscribeLinks, createWeb, type UnsubscribeClaim } from "../index.ts";

const siteUrl = "https://example.com";
const links = createUnsubscribeLinks({ secretKey: "a long secret key", siteUrl });
const claim = { address: "ann.lee@example.net", stream: "news", messageId: "<1@example.com>" };
const page = new URL(links.urlFor(claim)).pathname;
const ONE_CLICK = "List-Unsubscribe=One-Click";

interface SetUp {
  app: ReturnType<typeof createWeb>;
  browser: TestBrowser;
  calls: [string, UnsubscribeClaim][];
}

function setUp(): SetUp {
  const calls: SetUp["calls"] = [];
  const app = createWeb({
    accounts: fakeAccounts(),
    secretKey: "k",
    siteUrl,
    unsubscribe: {
      links,
      unsubscribe: async (from) => void calls.push(["unsubscribe", from]),
      resubscribe: async (to) => void calls.push(["resubscribe", to]),
    },
  });
  return { app, browser: testBrowser(app), calls };
}

const crossSite = { origin: "https://mail.example", "sec-fetch-site": "cross-site" };

test("the link shows the masked address, the stream and one button, and changes nothing", async () => {
  const { app, calls } = setUp();
  for (const method of ["GET", "HEAD", "OPTIONS", "GET"]) await app.request(page, { method });
  const response = await app.request(page);
  const html = await response.text();
  expect(response.status).toBe(200);
  expect(html).toContain("<bdi>a***@example.net</bdi>");
  expect(html).toContain("<bdi>news</bdi>");
  expect(html).not.toContain("ann.lee");
  expect(html.match(/<button/g)).toHaveLength(1);
  expect(calls).toEqual([]);
});

test("its page leaves no trace of the token", async () => {
  const response = await setUp().app.request(page);
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(response.headers.get("x-robots-tag")).toBe("noindex");
  expect(response.headers.get("cache-control")).toBe("no-store");
});

test("one click of a mail provider is enough: from elsewhere, without a cookie, as often as it likes", async () => {
  const { app, calls } = setUp();
  const headers = { ...crossSite, "content-type": "application/x-www-form-urlencoded" };
  const multipart = new FormData();
  multipart.set("List-Unsubscribe", "One-Click");
  const requests: RequestInit[] = [
    { headers, body: ONE_CLICK },
    { headers, body: ONE_CLICK },
    { headers: crossSite, body: multipart },
  ];
  for (const init of requests) {
    const response = await app.request(page, { method: "POST", ...init });
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await response.text()).toBe("Unsubscribed.\n");
  }
  expect(calls).toEqual([
    ["unsubscribe", claim],
    ["unsubscribe", claim],
    ["unsubscribe", claim],
  ]);
});

test("the button unsubscribes and shows the way back, which is taken by a button of its own", async () => {
  const { browser, calls } = setUp();
  const done = await browser.submit(page, { "List-Unsubscribe": "One-Click" });
  const html = await done.text();
  expect(html).toContain("You are unsubscribed");
  expect(html).toContain('name="resubscribe"');
  expect(html).not.toContain("ann.lee");
  const back = await browser.submit(page, { resubscribe: "1" });
  expect(await back.text()).toContain("You are subscribed again");
  expect(calls).toEqual([
    ["unsubscribe", claim],
    ["resubscribe", claim],
  ]);
});

test.each([
  ["resubscribe=1", "application/x-www-form-urlencoded"],
  ["List-Unsubscribe=other", "application/x-www-form-urlencoded"],
  [ONE_CLICK, "text/plain"],
  ["no parts at all", "multipart/form-data"],
  ["", "application/x-www-form-urlencoded"],
])("%j as %s from elsewhere is refused, and changes nothing", async (body, type) => {
  const { app, calls } = setUp();
  const headers = { ...crossSite, "content-type": type };
  expect((await app.request(page, { method: "POST", headers, body })).status).toBe(403);
  expect(calls).toEqual([]);
});

test("one click lets nothing through to any other page", async () => {
  const { app } = setUp();
  const headers = { ...crossSite, "content-type": "application/x-www-form-urlencoded" };
  for (const path of ["/user/register", "/user/active/t", "/user/unsubscribe"]) {
    expect((await app.request(path, { method: "POST", headers, body: ONE_CLICK })).status).toBe(403);
  }
});

test.each(["", "a.b.c", `${page.slice("/user/unsubscribe/".length, -6)}tamper`])(
  "a link that is not ours says what to do, opened or posted: %.20s",
  async (token) => {
    const { app, calls } = setUp();
    const path = `/user/unsubscribe/${token}`;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    for (const init of [{}, { method: "POST", headers, body: ONE_CLICK }]) {
      const response = await app.request(path, init);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("open it again from the mail itself");
    }
    expect(calls).toEqual([]);
  },
);

test("a link of all streams says so, in Chinese too", async () => {
  const { app } = setUp();
  const { pathname } = new URL(links.urlFor({ address: "王@example.net", stream: "" }));
  const html = await (await app.request(`${pathname}?lang=zh`)).text();
  expect(html).toMatch(/<bdi>王\*\*\*@example\.net<\/bdi><\/strong> 将不再收到我们的订阅邮件/);
});

test("a site that does not say how to unsubscribe has no such page", async () => {
  const web = createWeb({ accounts: fakeAccounts(), secretKey: "k", siteUrl });
  expect((await web.request(page)).status).toBe(404);
});
