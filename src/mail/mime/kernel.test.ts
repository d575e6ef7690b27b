import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../test/support/property.ts";
import { base64Length, writeBase64 } from "./base64.ts";
import { canonicalText, type TextEncoding } from "./canonical-text.ts";
import { KERNEL_INPUT_OCTETS, loadKernel } from "./kernel.ts";
import { quotedPrintable } from "./quoted-printable.ts";

const pieces = constantFrom(
  "a", "b ", "\t", " ", "\n", "\r\n", "\r", "From ", "From", "--=_", "--", "=", "é", "中", "👩", "\ud800", "\0", "\x7f",
  "x".repeat(15), "x".repeat(16), "x".repeat(77), "x".repeat(78), "x".repeat(79),
); // prettier-ignore
const texts = array(pieces, { maxLength: 40 }).map((parts) => parts.join(""));

test("the code is what kernel.wat says", () => {
  const script = fileURLToPath(new URL("../../../scripts/assemble-kernel.mjs", import.meta.url));
  expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
});

test("it runs here, so that the tests below compare two ways", () => {
  expect(loadKernel()).not.toBeNull();
});

describe("base64, with and without the kernel,", () => {
  const encode = (octets: Uint8Array, kernel?: null): string => {
    const target = Buffer.alloc(base64Length(octets.length) + 4, "#");
    writeBase64(octets, target, 2, kernel);
    expect(target.toString("latin1", 0, 2) + target.toString("latin1", target.length - 2)).toBe("####");
    return target.toString("latin1", 2, target.length - 2);
  };

  test("is what Node writes, in lines of 76", () => {
    const all = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 89 + 3) % 256));
    for (let length = 1; length <= all.length; length++) {
      const octets = all.subarray(0, length);
      const expected = octets.toString("base64").replace(/.{1,76}/g, "$&\r\n");
      expect(encode(octets)).toBe(expected);
      expect(encode(octets, null)).toBe(expected);
    }
  });

  test.each([0, 57 * 256 - 1, 57 * 256, 57 * 256 + 1, 100_000])("%i octets come back exactly", (length) => {
    const octets = Buffer.from(Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) % 256));
    expect(Buffer.from(encode(octets), "base64").equals(octets)).toBe(true);
    expect(encode(octets, null)).toBe(encode(octets));
  });
});

describe("text, with and without the kernel,", () => {
  test.each<TextEncoding>(["utf8", "latin1"])("is the same octets and the same judgement, in %s", (encoding) => {
    assert(
      property(texts, (given) => {
        const text = encoding === "utf8" ? given : given.replace(/[^\0-\xff]/g, "ü");
        expect(canonicalText(text, encoding)).toEqual(canonicalText(text, encoding, null));
      }),
      runs(2000),
    );
  });

  test.each([
    ["of whole lines", `${"天 line\n".repeat(KERNEL_INPUT_OCTETS / 8)}end`],
    ["with CRLF, and safe", "a line\r\n".repeat(KERNEL_INPUT_OCTETS / 6)],
    ["of one line", "x".repeat(KERNEL_INPUT_OCTETS * 2)],
  ])("may be longer than the kernel's memory: %s", (_, text) => {
    const { octets, isSafe } = canonicalText(text, "utf8");
    const plainly = canonicalText(text, "utf8", null);
    expect(octets.equals(plainly.octets)).toBe(true);
    expect(isSafe).toBe(plainly.isSafe);
  });

  test("never shows what stood in the memory before", () => {
    canonicalText("From secret\n".repeat(100), "utf8");
    expect(canonicalText("x", "utf8").octets.toString()).toBe("x\r\n");
    expect(canonicalText("", "utf8").octets.toString()).toBe("\r\n");
  });
});

describe("quoted-printable, with and without the kernel,", () => {
  const encode = (text: string, kernel?: null): string => quotedPrintable(Buffer.from(text), kernel).toString("latin1");

  test("is the same", () => {
    assert(
      property(texts, (text) => {
        expect(encode(text)).toBe(encode(text, null));
      }),
      runs(2000),
    );
  });

  test.each([72, 73, 74, 75, 76])("keeps a blank at the end of a line of %i", (length) => {
    for (const end of ["", "\r\n", "\r\nx"]) {
      const text = `${"x".repeat(length - 1)} ${end}`;
      expect(encode(text)).toBe(encode(text, null));
      expect(encode(text).replaceAll("=\r\n", "")).toBe(text.replace(" ", "=20"));
      for (const line of encode(text).split("\r\n")) expect(line.length).toBeLessThanOrEqual(76);
    }
  });
});
