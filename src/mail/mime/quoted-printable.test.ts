import { expect, test } from "vitest";
import { quotedPrintable, quotedPrintableLength } from "./quoted-printable.ts";

function encode(text: string): string {
  return quotedPrintable(Buffer.from(text)).toString("latin1");
}

function decode(text: string): string {
  const octets = text
    .replaceAll("=\r\n", "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(octets, "latin1").toString("utf8");
}

test.each([
  "plain",
  "a=b",
  "trailing blank \r\nand tab\t\r\nend ",
  "x".repeat(1000),
  `${"x".repeat(75)} `,
  `${"x".repeat(76)} y`,
  "你好，世界".repeat(50),
  `${"x".repeat(70)}👩‍👩‍👧‍👦${"y".repeat(70)}`,
  "bare\rreturn\r\n\r\n.\r\n",
  "\0\u0007\u001b[31m",
  `From the start\r\nFrom again ${"=".repeat(100)}From inside`,
])("%j comes back, in lines of at most 76 characters without a blank at their ends", (text) => {
  const encoded = encode(text);
  expect(decode(encoded)).toBe(text);
  for (const line of encoded.split("\r\n")) {
    expect(line).toMatch(/^[\t -~]{0,76}$/);
    expect(line).not.toMatch(/[ \t]$|^From /);
  }
});

test("no character is cut by a soft line break", () => {
  for (let lead = 0; lead < 80; lead++) {
    for (const line of encode(`${"x".repeat(lead)}${"中👩é".repeat(20)}`).split("=\r\n")) {
      expect(decode(line)).not.toContain("\ufffd");
    }
  }
});

test("the length is foreseen closely enough to choose by", () => {
  for (const [text, escapes] of [
    ["x".repeat(5000), 0],
    ["你好".repeat(500), 3000],
    ["a=b ".repeat(300), 300],
  ] as const) {
    const foreseen = quotedPrintableLength(Buffer.byteLength(text), escapes);
    expect(Math.abs(foreseen / encode(text).length - 1)).toBeLessThan(0.05);
  }
});
