import { expect, test } from "vitest";
import { isIpHost, isLocalHost, isSameOwner, isShortener } from "./hosts.ts";

const hostOf = (url: string): string => new URL(url).hostname;

test.each([
  "http://localhost:8025/",
  "http://127.0.0.1/",
  "http://2130706433/", // 127.0.0.1 as one number
  "http://10.1.2.3/",
  "http://172.31.0.1/",
  "http://192.168.1.1/",
  "http://169.254.0.1/",
  "http://100.64.0.1/",
  "http://[::1]/",
  "http://[::ffff:10.0.0.1]/",
  "http://[fe80::1]/",
  "http://[fd00::1]/",
  "http://intranet/",
  "http://shop.local/",
  "http://shop.test./",
  "http://app.internal/",
])("%s is reached from here only", (url) => {
  expect(isLocalHost(hostOf(url))).toBe(true);
});

test.each([
  "https://example.com/",
  "http://8.8.8.8/",
  "http://172.32.0.1/",
  "http://[2001:db8::1]/",
  "https://localhost.com/",
])("%s is reached from everywhere", (url) => {
  expect(isLocalHost(hostOf(url))).toBe(false);
});

test("an address is told from a name", () => {
  expect(["8.8.8.8", "[2001:db8::1]", "example.com"].map(isIpHost)).toEqual([true, true, false]);
});

test.each([
  ["www.example.com", "example.com", true],
  ["mail.example.com", "link.Example.com", true],
  ["example.com", "example.org", false],
  ["a.co.uk", "b.co.uk", false],
  ["www.a.co.uk", "a.co.uk", true],
  ["shop.com.cn", "other.com.cn", false],
  ["notexample.com", "example.com", false],
])("%s and %s are one owner's: %s", (one, other, expected) => {
  expect(isSameOwner(one, other)).toBe(expected);
});

test("a shortener is known by its name", () => {
  expect(["bit.ly", "www.t.cn", "T.CO", "orbit.ly"].map(isShortener)).toEqual([true, true, true, false]);
});
