import { describe, expect, test } from "vitest";
import { expectLinearTime } from "../../test/support/linear-time.ts";
import { toAsciiAddress } from "./addr-spec.ts";
import { MessageError } from "./errors.ts";

test.each([
  ["mac@163.com", "mac@163.com"],
  ["Mac.Intosh+tag@Example.COM", "Mac.Intosh+tag@Example.COM"],
  ["root@localhost", "root@localhost"],
  ["-dash@example.com", "-dash@example.com"],
  ["o'brien@example.com", "o'brien@example.com"],
  ["=what?@example.com", "=what?@example.com"],
  ["bounces+ann=example.org@example.com", "bounces+ann=example.org@example.com"],
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
    ["a@(comment)example.com", "has a comment"],
    ["a@example.com(comment)", "has a comment"],
    ["a(comment)@example.com", "has a comment"],
    ["(a@example.com)b@example.com", "has a comment"],
    ["a@example(c).com", "has a comment"],
    ["a@example .com", "domain that is not a name"],
    ["a @example.com", "special character before the @"],
    ["@relay.example:a@example.com", "has a route"],
    ["Team:a@example.com;", "is a group"],
    ["Team:;", "has no @"],
    ['"a"(comment)@example.com', "has a comment"],
    ['"a>b"@example.com', "special character before the @"],
    ['"a<b"@example.com', "special character before the @"],
    ['"a\\>b"@example.com', "special character before the @"],
    ['"a" @example.com', "special character before the @"],
    ['"a"b"@example.com', "special character before the @"],
    ["a@[127.0.0.1]", "domain literal"],
    ["a@127.0.0.1", "IP address"],
    ["a@127.1", "IP address"],
    ["a@0x7f.1", "IP address"],
    ["a@0x7f000001", "IP address"],
    ["a@2130706433", "IP address"],
    ["a@host.0X7F", "IP address"],
    ["a@１.２.３.４", "IP address"],
    ["a@127.0.0.０x1", "IP address"],
    ["a@１２７.１", "domain that is not a name"],
    ["a@中%2ecom", "domain that is not a name"],
    ["a@中/x.com", "domain that is not a name"],
    ["a@℀.com", "domain that is not a name"],
    ["a@中..com", "domain that is not a name"],
    ["=?utf-8?q?x?=@example.com", "encoded-word before the @"],
    ["=?x?B?YUBiLmNvbQ==?=foo@example.com", "encoded-word before the @"],
    ['"=?iso-8859-1?Q?a=40b.com=3e=00?="@example.com', "encoded-word before the @"],
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

test("a longer address than any server takes is refused, quoted or not", () => {
  const domain = Array.from({ length: 4 }, () => "d".repeat(61)).join(".");
  expect(toAsciiAddress(`123456@${domain}`)).toHaveLength(254);
  expect(() => toAsciiAddress(`1234567@${domain}`)).toThrow("longer than 254 octets");
  expect(() => toAsciiAddress(`"${"a".repeat(63)}"@example.com`)).toThrow("more than 64 octets");
});

describe("a domain literal", () => {
  test.each(["a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "a@[ipv6:::1]", "a@[IPv6:::ffff:192.0.2.1]"])(
    "%s stays as it is when it is asked for",
    (address) => {
      expect(toAsciiAddress(address, "to", { domainLiteral: true })).toBe(address);
      expect(() => toAsciiAddress(address, "to")).toThrow("option domainLiteral");
    },
  );

  test.each([
    "[]",
    "[1.2.3]",
    "[01.2.3.4]",
    "[2001:db8::1]",
    "[IPv6:fe80::1%eth0]",
    "[IPv6:]",
    "[x:y]",
    "[1.2.3.4",
    "[1.2.3.4].com",
  ])("a@%s is none", (domain) => {
    expect(() => toAsciiAddress(`a@${domain}`, "to", { domainLiteral: true })).toThrow("no IP address");
  });
});

describe("a local part outside ASCII, when it is asked for", () => {
  test.each([
    ["麦克@163.com", "麦克@163.com"],
    ["\u0131nfo@example.com", "\u0131nfo@example.com"],
    ["\u212Aim@例子.中国", "\u212Aim@xn--fsqu00a.xn--fiqs8s"],
    ["e\u0301@example.com", "e\u0301@example.com"],
    ["👍🏽@example.com", "👍🏽@example.com"],
    ["plain@example.com", "plain@example.com"],
  ])("%s is kept character for character", (address, expected) => {
    expect(toAsciiAddress(address, "to", { smtpUtf8: true })).toBe(expected);
    if (/[^ -~]/.test(expected)) expect(() => toAsciiAddress(address, "to")).toThrow("outside ASCII before the @");
  });

  test.each([
    ["麦..克@example.com", "special character"],
    ["麦\u3000克@example.com", "special character"],
    ['"麦克"@example.com', "special character"],
    ["a\u200bb@example.com", "special character"],
    ["麦＞@example.com，", "domain"],
    ["麦>b@example.com", "special character"],
    ["\ud83d@example.com", "special character"],
    ["麦，a@example.com@example.com", "more than one @"],
    [`${"麦".repeat(22)}@example.com`, "more than 64 octets"],
    ["麦\u0085@example.com", "U+0085"],
  ])("%j is still refused, because it %s", (address, problem) => {
    expect(() => toAsciiAddress(address, "to", { smtpUtf8: true })).toThrow(problem);
  });
});

test("a misspelt option is refused with the one that was meant", () => {
  const options = { smtputf8: true } as object;
  expect(() => toAsciiAddress("a@example.com", "to", options)).toThrow(/"smtputf8".*Did you mean smtpUtf8/);
});

test.each(["<", "(", '"a" ', "@", "a@", ".", "a.", '"\\', "中", "a,", ":", ";", "[", " ", "\\"])(
  "junk made of %j is refused in linear time",
  (junk) => {
    expectLinearTime((size) => {
      const text = junk.repeat(size / junk.length);
      expect(() => toAsciiAddress(text)).toThrow(MessageError);
      expect(() => toAsciiAddress(`${text}@${text}`, "to", { smtpUtf8: true, domainLiteral: true })).toThrow(
        MessageError,
      );
    });
  },
);
