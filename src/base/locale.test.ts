import { expect, test } from "vitest";
import { negotiateLocale } from "./locale.ts";

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
