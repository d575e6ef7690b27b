import { expect, test } from "vitest";
import { caughtMail, fakeInbox, fakeOutbox, queuedMessage } from "../../test/support/fake-readers.ts";
import type { Logger } from "../base/index.ts";
import { createConsole } from "./index.ts";

const readers = { inbox: fakeInbox(caughtMail()), outbox: fakeOutbox(queuedMessage()) };
const allowedHosts = ["localhost"];

test.each(["/inbox", "/inbox/m1", "/inbox/m1?view=source", "/outbox", "/outbox/o1", "/inbox/none", "/outbox/none"])(
  "%s carries the headers that keep it safe, and no inline script or style",
  async (path) => {
    const response = await createConsole({ ...readers, allowedHosts }).request(path);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("same-origin");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.text()).not.toMatch(/<style|style=|\son\w+=|<script(?! src="\/console-assets\/inbox\.js")/i);
  },
);

test.each([
  ["localhost", ["localhost"]],
  ["localhost:8025", ["localhost"]],
  ["LOCALHOST:8025", ["localhost"]],
  ["mail.test:8025", ["mail.test:8025"]],
  ["[::1]:8025", ["::1"]],
  ["[::1]:8025", ["[::1]"]],
])("a request for %s is answered when %j is allowed", async (host, allowed) => {
  const app = createConsole({ ...readers, allowedHosts: allowed });
  expect((await app.request("/inbox", { headers: { host } })).status).toBe(200);
});

test.each(["evil.example", "localhost.evil.example:8025", "127.0.0.1", "localhost:8025@evil.example", "mail.test:1"])(
  "a request for %s is refused on every path, with a text that says why",
  async (host) => {
    const app = createConsole({ ...readers, allowedHosts: ["localhost", "mail.test:8025"] });
    const paths = ["/inbox", "/inbox/", "/inbox/messages.json", "/inbox/m1/html", "/inbox/events", "/outbox"];
    for (const path of [...paths, "/console-assets/inbox.js"]) {
      const response = await app.request(path, { headers: { host } });
      expect(response.status).toBe(403);
      expect(await response.text()).toContain("answers only at localhost, mail.test:8025");
    }
  },
);

test("the pages speak Chinese to those who prefer it, and remember the switch", async () => {
  const app = createConsole({ ...readers, allowedHosts });
  const chinese = await (await app.request("/inbox", { headers: { "accept-language": "zh-CN" } })).text();
  expect(chinese).toContain('<html lang="zh-CN">');
  expect(chinese).toContain("收件箱");
  const switched = await app.request("/inbox?lang=en", { headers: { "accept-language": "zh-CN" } });
  expect(await switched.text()).toContain('<html lang="en">');
  expect(switched.headers.getSetCookie().join()).toMatch(/^waxseal_lang=en; /);
});

test("the style sheet is served at an address that holds its hash, the script as JavaScript", async () => {
  const app = createConsole({ ...readers, allowedHosts });
  const html = await (await app.request("/inbox")).text();
  const style = /href="(\/console-assets\/style\.[\w-]{12}\.css)"/.exec(html)?.[1] ?? "";
  expect((await app.request(style)).headers.get("cache-control")).toContain("immutable");
  const script = await app.request("/console-assets/inbox.js");
  expect(script.headers.get("content-type")).toMatch(/^text\/javascript/);
  expect(await script.text()).toContain('new EventSource("/inbox/events")');
});

test("a form far larger than the one there is is refused, and is no fault", async () => {
  const lines: unknown[] = [];
  const logger: Logger = { log: (...line) => lines.push(line) };
  const app = createConsole({ ...readers, allowedHosts, logger });
  const response = await app.request("/inbox/clear", {
    method: "POST",
    body: new URLSearchParams({ token: "x".repeat(5_000) }),
  });
  expect(response.status).toBe(413);
  expect(lines).toEqual([]);
});

test("a fault is a 500 page without details, and a log line", async () => {
  const lines: unknown[] = [];
  const logger: Logger = { log: (...line) => lines.push(line) };
  const inbox = { ...readers.inbox, list: () => Promise.reject(new Error("disk on fire")) };
  const response = await createConsole({ ...readers, inbox, allowedHosts, logger }).request("/inbox");
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("disk on fire");
  expect(lines).toEqual([["error", "console.fault", expect.objectContaining({ error: "disk on fire" })]]);
});
