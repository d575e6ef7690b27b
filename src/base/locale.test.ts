import { expect, test } from "vitest";
import { chooseLocale, languageLinks, negotiateLocale } from "./locale.ts";

test.each([
  [undefined, "en"],
  ["", "en"],
  ["zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"],
  ["en-GB,zh;q=0.9", "en"],
  ["fr, zh-Hant;q=0.4", "zh-CN"],
  ["en;q=0.2, zh;q=0.7", "zh-CN"],
  ["fr,de", "en"],
  ["zh;q=0", "en"],
])("Accept-Language %j asks for %s", (header, locale) => {
  expect(negotiateLocale(header)).toBe(locale);
});

test.each([
  ["zh-CN", "en", "en", "zh-CN"],
  [undefined, "zh-CN", "en", "zh-CN"],
  ["fr", "nonsense", "zh", "zh-CN"],
  [undefined, undefined, undefined, "en"],
])("asked %j, kept %j, accepted %j: the page is in %s", (asked, kept, acceptLanguage, locale) => {
  expect(chooseLocale({ asked, kept, acceptLanguage })).toBe(locale);
});

test("the switch leads to the same page, with what else its address asks for", () => {
  expect(languageLinks("https://x.cn/user/login?notice=activated&lang=en", "en")).toEqual([
    { locale: "zh-CN", href: "?notice=activated&lang=zh-CN" },
  ]);
});
