import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { fakeAccounts } from "../../test/support/fake-accounts.ts";
import { testBrowser } from "../../test/support/browser-form.ts";
import type { Logger } from "../base/index.ts";
import { createWeb, serveNode, WebError } from "./index.ts";

const options = { secretKey: "test key", siteUrl: "https://example.com" };
const pages = [
  "/",
  "/user/register",
  "/user/registered",
  "/user/active/t",
  "/user/activeemail",
  "/user/login",
  "/nope",
];

test.each(pages)("%s carries the headers that keep it safe, and no script or inline style", async (path) => {
  const response = await createWeb({ ...options, accounts: fakeAccounts() }).request(path);
  expect(response.headers.get("content-security-policy")).toBe(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("x-frame-options")).toBe("DENY");
  expect(response.headers.get("cross-origin-opener-policy")).toBe("same-origin");
  expect(response.headers.get("permissions-policy")).toContain("camera=()");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("referrer-policy")).toBe(path === "/user/active/t" ? "no-referrer" : "same-origin");
  const html = await response.text();
  expect(html).not.toMatch(/<script|<style|style=|\son\w+=|https?:/i);
});

test("an unknown address gets a friendly 404, inside /user/ too", async () => {
  const web = createWeb({ ...options, accounts: fakeAccounts() });
  for (const path of ["/nope", "/user/nope", "/user/register/more"]) {
    const response = await web.request(path);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("There is no page at this address");
  }
});

test.each([
  ["PUT", "/user/register", 403, null],
  ["DELETE", "/", 405, "GET, HEAD"],
  ["OPTIONS", "/user/active/token", 405, "GET, HEAD, POST"],
])("%s %s is refused with %i, and changes nothing", async (method, path, status, allow) => {
  const accounts = fakeAccounts();
  const web = createWeb({ ...options, accounts });
  const response = await web.request(path, { method });
  expect([response.status, response.headers.get("allow")]).toEqual([status, allow]);
  expect(accounts.calls).toEqual([]);
});

test("a form of more than 64 KB is refused before it is read", async () => {
  const accounts = fakeAccounts();
  const browser = testBrowser(createWeb({ ...options, accounts }));
  const response = await browser.submit("/user/register", { username: "x".repeat(70_000) });
  expect(response.status).toBe(413);
  expect(await response.text()).toContain("larger than this form can take");
  expect(accounts.calls).toEqual([]);
});

test("a fault is a 500 page without details, and a log line without the token", async () => {
  const accounts = fakeAccounts();
  accounts.answers.inspect = new Error("disk on fire");
  const lines: unknown[] = [];
  const logger: Logger = { log: (...line) => lines.push(line) };
  const response = await createWeb({ ...options, accounts, logger }).request("/user/active/secret-token");
  expect(response.status).toBe(500);
  const html = await response.text();
  expect(html).toContain("Something broke on our side");
  expect(html).not.toContain("disk on fire");
  expect(lines).toEqual([["error", "web.fault", expect.objectContaining({ method: "GET", error: "disk on fire" })]]);
  expect(JSON.stringify(lines)).not.toContain("secret-token");
});

test("a browser that leaves in the middle of its form is not logged as a fault", async () => {
  const events = new EventEmitter();
  const logger: Logger = { log: (...line) => events.emit("line", ...line) };
  const web = createWeb({ ...options, accounts: fakeAccounts(), logger });
  await using server = await serveNode({ fetch: web.fetch, host: "127.0.0.1", port: 0 });
  const logged = once(events, "line");
  const socket = connect(server.port, "127.0.0.1");
  const head = "POST /user/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
  socket.write(`${head}Content-Length: 9\r\n\r\nlogin=`, () => socket.resetAndDestroy());
  expect((await logged).slice(0, 2)).toEqual(["debug", "web.fault"]);
});

test("the style sheet and the seal may be kept for ever, at an address that changes with them", async () => {
  const web = createWeb({ ...options, accounts: fakeAccounts(), siteName: "Öko & Co" });
  const html = await (await web.request("/")).text();
  const hrefs = [...html.matchAll(/(?:href|src)="(\/waxseal-assets\/[^"]+)"/g)].map(([, href]) => href ?? "");
  expect(new Set(hrefs).size).toBe(2);
  for (const href of hrefs) {
    const response = await web.request(href);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(response.headers.get("content-type")).toMatch(href.endsWith(".css") ? /^text\/css/ : /^image\/svg\+xml/);
  }
  expect((await web.request("/waxseal-assets/style.000.css")).status).toBe(404);
  const other = await (
    await createWeb({ ...options, accounts: fakeAccounts(), siteName: "Paper" }).request("/")
  ).text();
  expect(other).not.toContain(hrefs.find((href) => href.endsWith(".svg")));
});

test("options that cannot work are refused by name", () => {
  const accounts = fakeAccounts();
  expect(() => createWeb({ ...options, accounts, secretKey: "" })).toThrow(/secretKey is empty/);
  expect(() => createWeb({ ...options, accounts, siteUrl: "example.com" })).toThrow(/siteUrl is "example.com"/);
  expect(() => createWeb({ ...options, accounts, secretKey: "" })).toThrow(WebError);
});

test("a part mounted beside the pages keeps its own rules", async () => {
  const { Hono } = await import("hono");
  const web = createWeb({ ...options, accounts: fakeAccounts() });
  web.route(
    "/",
    new Hono().post("/other", (c) => c.text("taken")),
  );
  const response = await web.request("/other", { method: "POST" });
  expect(await response.text()).toBe("taken");
  expect(response.headers.get("content-security-policy")).toBeNull();
});
