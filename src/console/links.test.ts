import { expect, test } from "vitest";
import { splitLinks } from "./links.ts";
import { expectLinearTime } from "../../test/support/linear-time.ts";

test.each([
  ["see https://example.com/a?b=1&c=2#d now", ["https://example.com/a?b=1&c=2#d"]],
  ["请打开http://127.0.0.1:8025/user/active/a.b-c_d激活账号", ["http://127.0.0.1:8025/user/active/a.b-c_d"]],
  ["Go to https://example.com.", ["https://example.com"]],
  ["(see https://example.com/help.)", ["https://example.com/help"]],
  ["https://en.wikipedia.org/wiki/Seal_(emblem)", ["https://en.wikipedia.org/wiki/Seal_(emblem)"]],
  ["<https://example.com/x>", ["https://example.com/x"]],
  ["http://a.example/ and HTTPS://B.EXAMPLE/", ["http://a.example/", "HTTPS://B.EXAMPLE/"]],
  ["javascript:alert(1) data:text/html,x ftp://example.com http://", []],
  ["", []],
])("%j", (text, links) => {
  const pieces = splitLinks(text);
  expect(pieces.flatMap(({ href }) => href ?? [])).toEqual(links);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
});

test.each([
  ["", "http://"],
  ["http://a", "("],
  ["http://a", ")."],
])("a megabyte of %j and %j takes linear time", (start, junk) => {
  expectLinearTime((size) => splitLinks(start + junk.repeat(size / junk.length)));
});
