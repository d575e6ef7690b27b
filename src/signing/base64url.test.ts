import { expect, test } from "vitest";
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";
import { BadData } from "./errors.ts";

test("bytes come back, unpadded and in the URL-safe alphabet", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const text = encodeBase64Url(bytes);
  expect(text).toMatch(/^[\w-]+$/);
  expect(decodeBase64Url(text, false)).toEqual(Buffer.from(bytes));
  expect(decodeBase64Url("", false)).toHaveLength(0);
});

test("strict reading takes one spelling only", () => {
  for (const misspelt of ["_-8=", "/+8", "_ -8", "_-9", "A", "_-8é", "_-8\n"]) {
    expect(() => decodeBase64Url(misspelt, false)).toThrow(BadData);
  }
  expect(decodeBase64Url("_-8", false)).toEqual(Buffer.from([0xff, 0xef]));
});

// What CPython 3.11's urlsafe_b64decode answers once itsdangerous has padded the text.
test.each([
  ["_-8=", "ffef"],
  ["/+8", "ffef"],
  ["_-9", "ffef"],
  ["_-8==", "ffef"],
  ["_!!!!-8", "ffef"],
  ["_é-8é", "ffef"],
  ["QQ==QQ", "41"],
  ["Q=Q=Q=", "4104"],
  ["", ""],
  ["!!!!", ""],
])("lenient reading finds in %j what Python finds", (text, hex) => {
  expect(decodeBase64Url(text, true).toString("hex")).toBe(hex);
});

test.each(["A", "AAAAA", "Q!", "_!-8", "A===", "=QQ"])("lenient reading refuses %j, as Python does", (text) => {
  expect(() => decodeBase64Url(text, true)).toThrow(BadData);
});
