import { expect, test } from "vitest";
import { asciiDomain } from "./idn.ts";

test.each([
  ["例子.中国", "xn--fsqu00a.xn--fiqs8s"],
  ["例子。中国", "xn--fsqu00a.xn--fiqs8s"],
  ["例子．中国", "xn--fsqu00a.xn--fiqs8s"],
  ["例子｡中国", "xn--fsqu00a.xn--fiqs8s"],
  ["ｅｘａｍｐｌｅ．ｃｏｍ", "example.com"],
  ["exa\u00admple.com", "example.com"],
  ["e\u0301.com", "xn--9ca.com"],
  ["É.com", "xn--9ca.com"],
  ["faß.de", "xn--fa-hia.de"],
  ["ﬁ.com", "fi.com"],
  ["\u212A.com", "k.com"],
  ["क्\u200dष.com", "xn--11b2ezcw70k.com"],
  ["😀.com", "xn--e28h.com"],
])("%s is mapped as UTS-46 says", (domain, expected) => {
  expect(asciiDomain(domain)).toBe(expected);
  expect(asciiDomain(domain), "from what is kept").toBe(expected);
});

test.each([
  "Example.COM",
  "xn--fsqu00a.com",
  "XN--ZZZ.com",
  "1.2.3.4",
  "0x7f.1",
  "a_b.example",
  "-a-",
  "a..b",
  "%41",
  "",
])("%j is ASCII and stays as it is", (domain) => {
  expect(asciiDomain(domain)).toBe(domain);
});

test.each([
  ["XN--FSQU00A.中国", "XN--FSQU00A.xn--fiqs8s"],
  ["Mail.例子.Example", "Mail.xn--fsqu00a.Example"],
  ["_dmarc.例子.com", "_dmarc.xn--fsqu00a.com"],
])("of %s, the labels that are ASCII already stay as they are", (domain, expected) => {
  expect(asciiDomain(domain)).toBe(expected);
});

test.each([
  ["an IPv4 address in disguise", ["１２７.1", "0x7f.１", "０x7f.１", "例.1", "１.02.3.4"]],
  [
    "a character that UTS-46 forbids",
    ["℀.com", "a／b.com", "％.com", "a\u2024b.com", "⒈.com", "例\u3000子.com", "\ud800.com"],
  ],
  ["ASCII that hides in another character", ["a⑴b.com", "例⑴.com", "a\u037eb.com", "a\u203cb.com", "例\u207a.com"]],
  [
    "ASCII that no name has",
    ["例%2ecom", "例/x.com", "例:25", "例@x", "例 子.com", "例\t子.com", "[例]", "例?x", "例#x", "例\\x"],
  ],
  ["a joiner where none joins", ["a\u200db.com", "a\u200cb.com", "\u200d.com"]],
  ["an accent at the start", ["\u0300a.com"]],
  ["a label of both directions", ["אa.com"]],
  ["an A-label that is none", ["xn--zzzzzzzzz.中国", "xn--a.例", "xn--.例"]],
  ["hyphens at an end, or third and fourth", ["-例.com", "例-.com", "－例.com", "ab--例.com"]],
  ["an underscore among other letters", ["例_子.com"]],
])("no domain has %s", (_, domains) => {
  for (const domain of domains) expect([domain, asciiDomain(domain)]).toEqual([domain, undefined]);
});

test("a label that is empty when mapped stays empty, for the caller to refuse", () => {
  expect(asciiDomain("a..例.com")).toBe("a..xn--fsq.com");
  expect(asciiDomain("例.com。")).toBe("xn--fsq.com.");
  expect(asciiDomain("\u00ad.com")).toBe(".com");
});

test("a domain that was dropped from what is kept is mapped again", () => {
  const first = asciiDomain("例.com");
  for (let index = 0; index < 1000; index++) expect(asciiDomain(`例${index}.com`)).toMatch(/^xn--.*\.com$/);
  expect(asciiDomain("例.com")).toBe(first);
});
