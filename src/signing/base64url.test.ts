import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64Url, decodeBase64UrlText, encodeBase64Url } from "./base64url.ts";
import { BadData } from "./errors.ts";
import { decodeUtf8 } from "./utf8.ts";

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

/** What `read` gives, or the class of what it throws. */
function outcome(read: () => string): unknown {
  try {
    return read();
  } catch (error) {
    return (error as Error).constructor;
  }
}

test("text comes back, and any other spelling is refused or read as its bytes are", () => {
  const spelt = fc.string({ unit: "binary", maxLength: 40 }).map(encodeBase64Url);
  const misspelt = fc
    .tuple(
      spelt,
      fc.nat(60),
      fc.constantFrom("", "A", "B", "Q", "z", "-", "_", "+", "/", "=", " ", "\n", "é", "ı", "中"),
    )
    .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1));
  const bytes = fc.uint8Array({ maxLength: 20 }).map(encodeBase64Url);
  fc.assert(
    fc.property(fc.oneof(spelt, misspelt, bytes), (text) => {
      const right = outcome(() => decodeUtf8(decodeBase64Url(text, false)));
      expect(outcome(() => decodeBase64UrlText(text, false))).toBe(right);
    }),
    { numRuns: 1500, seed: 5 },
  );
});

test("every last character that leaves a bit over is refused", () => {
  for (const stem of ["e30A", "e30AQ", "e30AQU"]) {
    const read = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].filter(
      (last) => outcome(() => decodeBase64UrlText(stem + last, false)) !== BadData,
    );
    const right = { e30A: "", e30AQ: "AQgw", e30AQU: "AEIMQUYcgkosw048" }[stem];
    expect(read.join("")).toBe(right);
  }
});
