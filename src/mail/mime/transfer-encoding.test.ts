import { expect, test } from "vitest";
import { layOut, writeLayout } from "./part.ts";
import { encodeBytes, encodeText, type EncodedBody } from "./transfer-encoding.ts";

/** The body as it stands in a message. */
function written(body: EncodedBody): string {
  return writeLayout(layOut("", { headers: "", body })).toString("latin1");
}

test.each([
  ["plain text", "7bit", "plain text\r\n"],
  ["two\nlines\n", "7bit", "two\r\nlines\r\n"],
  ["two\r\nlines\nmixed", "7bit", "two\r\nlines\r\nmixed\r\n"],
  ["", "7bit", "\r\n"],
  ["x".repeat(78), "7bit", `${"x".repeat(78)}\r\n`],
  ["not From inside", "7bit", "not From inside\r\n"],
  ["bare\rreturn", "quoted-printable", "bare=0Dreturn\r\n"],
  ["From the start", "quoted-printable", "=46rom the start\r\n"],
  ["blank \nat the end", "quoted-printable", "blank=20\r\nat the end\r\n"],
  ["--=_0.abc", "quoted-printable", "--=3D_0.abc\r\n"],
  ["NUL\0", "quoted-printable", "NUL=00\r\n"],
  ["Café", "quoted-printable", "Caf=C3=A9\r\n"],
  ["你好", "base64", `${Buffer.from("你好\r\n").toString("base64")}\r\n`],
])("%j goes as %s", (text, encoding, expected) => {
  const body = encodeText(text);
  expect(body.encoding).toBe(encoding);
  expect(written(body)).toBe(expected);
  expect(body.length).toBe(expected.length);
});

test("a long ASCII line goes as quoted-printable, Chinese text as base64", () => {
  expect(encodeText("x".repeat(79)).encoding).toBe("quoted-printable");
  expect(encodeText("x".repeat(100_000)).encoding).toBe("quoted-printable");
  expect(encodeText("天天生鲜欢迎信息".repeat(100)).encoding).toBe("base64");
});

test("bytes come back exactly from lines of 76 characters", () => {
  for (const length of [0, 1, 56, 57, 58, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => index % 256);
    const body = written(encodeBytes(bytes));
    expect(body).toMatch(/^(?:[A-Za-z0-9+/=]{0,76}\r\n)+$/);
    expect(Buffer.from(body, "base64").equals(bytes)).toBe(true);
  }
});

test("a view into a larger buffer is encoded, not the buffer", () => {
  expect(written(encodeBytes(Buffer.from("xxabcxx").subarray(2, 5)))).toBe("YWJj\r\n");
});
