/** The main job over HTTP: sign up, get the mail, activate, log in, log out; and every way the link can be wrong. */
import { expect, test } from "vitest";
import { createVisitor } from "../../src/cli/visitor.ts";
import type { Development } from "../../src/development.ts";
import { findLink } from "../../src/testing/index.ts";
import { fixedClock } from "../support/fixed-clock.ts";
import { mac, macsLogin, startSite } from "../support/start-site.ts";
import { until } from "../support/until.ts";

const pathOf = (page: { url: string }): string => new URL(page.url).pathname;

async function mailTo(site: Development, address: string, index = 0) {
  const summary = await until(async () =>
    (await site.inbox.list()).filter((mail) => mail.envelopeTo.includes(address)).at(index),
  );
  const mail = await site.inbox.get(summary.id);
  if (mail === undefined) throw new Error("the mail is gone");
  return mail;
}

async function register(site: Development, person = mac) {
  const visitor = createVisitor();
  const page = await visitor.submit(await visitor.open(`${site.url}/user/register`), person);
  return { visitor, page };
}

test("sign up, get the mail, activate, log in, log out", async () => {
  const site = await startSite();
  const { visitor, page: registered } = await register(site);
  expect(registered.status).toBe(200);
  expect(registered.html).toContain("mac@163.com");

  const mail = await mailTo(site, "mac@163.com");
  expect(mail.text).toContain("mac");
  expect(mail.html).toContain("mac");
  const link = findLink(mail, "/user/active/") ?? "";
  expect(link.startsWith(`${site.url}/user/active/`)).toBe(true);
  expect(mail.html).toContain(link);

  const refused = await visitor.submit(await visitor.open(`${site.url}/user/login`), macsLogin, "/user/login");
  expect(refused.status).toBe(403);
  expect(refused.html).toContain("/user/activeemail");

  const activation = await visitor.open(link);
  expect(activation.status).toBe(200);
  expect(activation.html.match(/<button/g)).toHaveLength(1);
  const login = await visitor.submit(activation, {});
  expect(pathOf(login)).toBe("/user/login");
  expect(login.html).toMatch(/role="status"/);

  const home = await visitor.submit(login, macsLogin, "/user/login");
  expect(pathOf(home)).toBe("/");
  expect(home.html).toContain("mac");
  const out = await visitor.submit(home, {}, "/user/logout");
  expect(out.html).not.toContain("/user/logout");

  const again = await visitor.open(link);
  expect(pathOf(again)).toBe("/user/login");
  expect(again.html).toMatch(/already active/i);
});

test("a scanner that fetches, follows and probes the link changes nothing", async () => {
  const site = await startSite();
  const { visitor } = await register(site);
  const link = findLink(await mailTo(site, "mac@163.com"), "/user/active/") ?? "";
  for (const method of ["GET", "HEAD", "OPTIONS", "GET"]) await fetch(link, { method });
  const withoutToken = await fetch(link, { method: "POST" });
  expect(withoutToken.status).toBe(403);
  const refused = await visitor.submit(await visitor.open(`${site.url}/user/login`), macsLogin, "/user/login");
  expect(refused.status).toBe(403);
  expect(pathOf(await visitor.submit(await visitor.open(link), {}))).toBe("/user/login");
});

test("a tampered, truncated or foreign link leads to the resend page, which says that it is not valid", async () => {
  const site = await startSite();
  const { visitor } = await register(site);
  const link = findLink(await mailTo(site, "mac@163.com"), "/user/active/") ?? "";
  const other = await startSite();
  await register(other);
  const foreign = findLink(await mailTo(other, "mac@163.com"), "/user/active/") ?? "";
  const wrong = [`${link.slice(0, -4)}AAAA`, link.slice(0, -10), `${site.url}${new URL(foreign).pathname}`];
  for (const url of wrong) {
    const page = await visitor.open(url);
    expect(pathOf(page), url).toBe("/user/activeemail");
    expect(page.html).toMatch(/not valid/i);
    expect(page.html).not.toMatch(/expired/i);
  }
});

test("an expired link leads to the resend page, which says that it has expired and sends a new one that works", async () => {
  const clock = fixedClock();
  const site = await startSite({}, { clock });
  const { visitor } = await register(site);
  const link = findLink(await mailTo(site, "mac@163.com"), "/user/active/") ?? "";
  clock.advance(3_601_000);
  const expired = await visitor.open(link);
  expect(pathOf(expired)).toBe("/user/activeemail");
  expect(expired.html).toMatch(/expired/i);

  await visitor.submit(expired, { login: mac.email }, "/user/activeemail");
  const second = await until(async () => {
    clock.advance(1_000); // the worker sleeps by this clock
    return (await site.inbox.list()).length === 2 && mailTo(site, "mac@163.com", 0);
  });
  const fresh = findLink(second, "/user/active/") ?? "";
  expect(fresh).not.toBe(link);
  expect(pathOf(await visitor.submit(await visitor.open(fresh), {}))).toBe("/user/login");
});

test("a Chinese browser gets Chinese pages and a Chinese mail", async () => {
  const site = await startSite();
  const visitor = createVisitor({ "accept-language": "zh-CN,zh;q=0.9" });
  const page = await visitor.submit(await visitor.open(`${site.url}/user/register`), { ...mac, username: "王小明" });
  expect(page.html).toContain('lang="zh-CN"');
  const mail = await mailTo(site, "mac@163.com");
  expect(mail.subject).toBe("请激活您的 Waxseal 账号");
  expect(mail.text).toContain("王小明");
});

test.each([
  ["no @", { email: "mac.163.com" }],
  ["a 300-character address", { email: `${"a".repeat(292)}@163.com` }],
  ["no password", { password: "" }],
  ["<script> as a name", { username: "<script>alert(1)</script>" }],
  ["CR LF in the e-mail field", { email: "mac@163.com\r\nBcc: eve@evil.example" }],
])("bad input (%s) is answered at its field, keeps what was typed, and writes nothing", async (_, wrong) => {
  const site = await startSite();
  const typed = { ...mac, ...wrong };
  const { page } = await register(site, typed);
  expect(page.status).toBe(422);
  expect(page.html.match(/aria-invalid="true"/g)).toHaveLength(1);
  expect(page.html).not.toContain("<script>alert");
  expect(page.html).not.toContain(mac.password);
  if (!("username" in wrong)) expect(page.html).toContain('value="mac"');
  const { kysely } = site.waxseal.database;
  expect(await kysely.selectFrom("users").selectAll().execute()).toEqual([]);
  expect(await kysely.selectFrom("outbox_messages").select("id").execute()).toEqual([]);
});
