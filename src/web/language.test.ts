import { expect, test } from "vitest";
import { testBrowser, type TestBrowser } from "../../test/support/browser-form.ts";
import { fakeAccounts } from "../../test/support/fake-accounts.ts";
import { createWeb } from "./index.ts";

function browser(): TestBrowser {
  return testBrowser(createWeb({ accounts: fakeAccounts(), secretKey: "k", siteUrl: "http://127.0.0.1:8025" }));
}

test("a page speaks the language the browser prefers", async () => {
  const chinese = await (await browser().get("/user/login", { "accept-language": "zh-CN,zh;q=0.9" })).text();
  expect(chinese).toContain('<html lang="zh-CN">');
  expect(chinese).toContain("用户名或邮箱地址");
  const english = await (await browser().get("/user/login", { "accept-language": "de" })).text();
  expect(english).toContain('<html lang="en">');
  expect(english).toContain("Username or e-mail address");
});

test("the switch wins over the browser, and is remembered", async () => {
  const b = browser();
  const switched = await b.get("/user/login?lang=zh-CN", { "accept-language": "en" });
  expect(await switched.text()).toContain('<html lang="zh-CN">');
  expect(switched.headers.getSetCookie().join()).toMatch(
    /waxseal_lang=zh-CN; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax/,
  );
  expect(await (await b.get("/", { "accept-language": "en" })).text()).toContain('<html lang="zh-CN">');
  await b.get("/?lang=en");
  expect(await (await b.get("/", { "accept-language": "zh" })).text()).toContain('<html lang="en">');
});

test("the switch keeps the rest of the address", async () => {
  const html = await (await browser().get("/user/activeemail?reason=expired")).text();
  expect(html).toContain('<a href="?reason=expired&amp;lang=zh-CN" lang="zh-CN"');
});

test("an unknown language changes nothing", async () => {
  const response = await browser().get("/?lang=%22%3E%3Cscript%3E", { "accept-language": "zh" });
  expect(await response.text()).toContain('<html lang="zh-CN">');
  expect(response.headers.getSetCookie()).toEqual([]);
});
