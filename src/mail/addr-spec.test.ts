import { describe, expect, test } from "vitest";
import { toAsciiAddress } from "./addr-spec.ts";
import { MessageError } from "./errors.ts";

test.each([
  ["mac@163.com", "mac@163.com"],
  ["Mac.Intosh+tag@Example.COM", "Mac.Intosh+tag@Example.COM"],
  ["root@localhost", "root@localhost"],
  ["-dash@example.com", "-dash@example.com"],
  ["o'brien@example.com", "o'brien@example.com"],
  ["=?utf-8?q?x?=@example.com", "=?utf-8?q?x?=@example.com"],
  ['"john doe"@example.com', '"john doe"@example.com'],
  ['"a..b"@docomo.example', '"a..b"@docomo.example'],
  ['"evil@evil.com"@internal.example', '"evil@evil.com"@internal.example'],
  ['"a\\"b\\\\"@example.com', '"a\\"b\\\\"@example.com'],
  [`${"a".repeat(64)}@example.com`, `${"a".repeat(64)}@example.com`],
])("%s is an address and stays as it is", (address, expected) => {
  expect(toAsciiAddress(address)).toBe(expected);
});

test.each([
  ["mac@例子.中国", "mac@xn--fsqu00a.xn--fiqs8s"],
  ["mac@例子。中国", "mac@xn--fsqu00a.xn--fiqs8s"],
  ["mac@ｅｘample.com", "mac@example.com"],
  ["mac@exam\u00ADple.com", "mac@example.com"],
  ["mac@faß.de", "mac@xn--fa-hia.de"],
  ["mac@xn--fa-hia.de", "mac@xn--fa-hia.de"],
  ["Mac@BÜCHER.example", "Mac@xn--bcher-kva.example"],
])("%s has the ASCII form %s", (address, expected) => {
  expect(toAsciiAddress(address)).toBe(expected);
});

describe("refused", () => {
  test.each([
    ["", "is empty"],
    ["   ", "is empty"],
    ["mac", "has no @"],
    ["@", "nothing before the @"],
    ["@example.com", "nothing before the @"],
    ["mac@", "no valid domain"],
    ["a@b@example.com", "more than one @"],
    ["a@example.com, b@example.com", "more than one mailbox"],
    ["a@example.com,b@example.com", "more than one mailbox"],
    ["a@example.com b@example.com", "more than one @"],
    ["john doe@example.com", "special character before the @"],
    ["a..b@docomo.example", 'quote that part: "a..b"@'],
    [".a@example.com", "has a dot at an end"],
    ["a.@example.com", "has a dot at an end"],
    ["a@exa mple.com", "domain that is not a name"],
    ["a@ example.com", "domain that is not a name"],
    ["a@example.com ", "domain that is not a name"],
    ["a@example.com.", "domain that is not a name"],
    ["a@example..com", "domain that is not a name"],
    ["a@-example.com", "domain that is not a name"],
    ["a@(comment)example.com", "domain that is not a name"],
    ['"a"(comment)@example.com', "special character before the @"],
    ['"a" @example.com', "special character before the @"],
    ['"a"b"@example.com', "special character before the @"],
    ["a@[127.0.0.1]", "domain literal"],
    ["a@127.0.0.1", "IP address"],
    ["a@１２７.１", "IP address"],
    ["a@中%2ecom", "no valid domain"],
    ["a@中/x.com", "no valid domain"],
    ["a@℀.com", "no valid domain"],
    ["a@中..com", "domain that is not a name"],
    ["麦克@163.com", "outside ASCII before the @"],
    ["\u0131nfo@example.com", "outside ASCII before the @"],
    ["a＠example.com", "has no @"],
    [`${"a".repeat(65)}@example.com`, "more than 64 octets"],
    [`a@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.${"e".repeat(60)}.${"f".repeat(20)}`, "longer than 254"],
    [`a@${"中".repeat(70)}.com`, "domain that is not a name"],
    [`a@${"b".repeat(64)}.com`, "domain that is not a name"],
    ["a@example.com\r\nRCPT TO:<evil@example.com>", "U+000D"],
    ["a@example.com>\0", "U+0000"],
    ["a@example\u2028.com", "U+2028"],
  ])("%j, because it %s", (address, problem) => {
    expect(() => toAsciiAddress(address, "to[0]")).toThrow(MessageError);
    expect(() => toAsciiAddress(address, "to[0]")).toThrow(problem);
    expect(() => toAsciiAddress(address, "to[0]")).toThrow(/^to\[0\]/);
  });

  test.each([
    [64, 25],
    [1, 60],
  ])("an address that only its ASCII form makes too long", (localLength, labels) => {
    const address = `${"a".repeat(localLength)}@${"é.".repeat(labels)}com`;
    expect(Buffer.byteLength(address)).toBeLessThan(254);
    expect(() => toAsciiAddress(address)).toThrow("longer than 254 octets");
  });
});

test.each(["<", "(", '"a" ', "@", "a@", ".", "a.", '"\\', "中", "a,"])(
  "a megabyte of %j is refused at once",
  (junk) => {
    const started = performance.now();
    expect(() => toAsciiAddress(junk.repeat(1_000_000 / junk.length))).toThrow(MessageError);
    expect(performance.now() - started).toBeLessThan(1000);
  },
);
