import { describe, expect, test } from "vitest";
import { expectLinearTime } from "../../../test/support/linear-time.ts";
import { refuseDeepNesting, refuseUnsafe, sevenBitMessage } from "./entity.ts";

const sevenBit = (text: string): string => sevenBitMessage(Buffer.from(text), "x").toString("latin1");

/** So many multiparts inside each other. */
function nested(depth: number): string {
  let text = "Content-Type: text/plain\r\n\r\nx\r\n";
  for (let level = 1; level < depth; level++) {
    text = `Content-Type: multipart/mixed; boundary="b${level}"\r\n\r\n--b${level}\r\n${text}\r\n--b${level}--\r\n`;
  }
  return text;
}

test("a 7-bit message comes back as it is, the same octets", () => {
  const octets = Buffer.from(nested(5));
  expect(sevenBitMessage(octets, "x")).toBe(octets);
});

test("LF becomes CRLF", () => {
  expect(sevenBit("A: b\n\nx\r\ny\n")).toBe("A: b\r\n\r\nx\r\ny\r\n");
});

describe("a part that is not 7-bit", () => {
  test("of text goes as quoted-printable, of much else as base64", () => {
    expect(sevenBit("Content-Type: text/plain; charset=utf-8\r\n\r\nCafé\r\n")).toBe(
      "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nCaf=C3=A9\r\n",
    );
    expect(sevenBit("Content-Type: text/plain; charset=utf-8\r\n\r\n天天生鲜\r\n")).toBe(
      `Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${Buffer.from("天天生鲜\r\n").toString("base64")}\r\n`,
    );
  });

  test("is encoded where it stands, and what is around it says 7bit", () => {
    const text = [
      "Content-Type: multipart/mixed;",
      " boundary=b",
      "Content-Transfer-Encoding: 8bit",
      "",
      "preamble",
      "--b",
      "Content-Transfer-Encoding:",
      " 8bit",
      "",
      "Café",
      "--b",
      "Content-Transfer-Encoding: base64",
      "",
      "5aSp",
      "--b--",
      "",
    ].join("\r\n");
    expect(sevenBit(text).split("\r\n")).toEqual([
      "Content-Transfer-Encoding: 7bit",
      "Content-Type: multipart/mixed;",
      " boundary=b",
      "",
      "preamble",
      "--b",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "Caf=C3=A9",
      "--b",
      "Content-Transfer-Encoding: base64",
      "",
      "5aSp",
      "--b--",
      "",
    ]);
  });

  test("with long lines is encoded too", () => {
    const long = sevenBit(`A: b\r\n\r\n${"x".repeat(2000)}\r\n`);
    expect(Math.max(...long.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(76);
  });
});

test.each([
  ["A: é\r\n\r\nx\r\n", "characters outside ASCII"],
  [`A: ${"x".repeat(999)}\r\n\r\nx\r\n`, "a line of more than 998"],
  ["A: b\rc\r\n\r\nx\r\n", "a CR or LF alone"],
])("a header that may not travel is refused: %j", (text, problem) => {
  expect(() => sevenBit(text)).toThrow(
    expect.objectContaining({ code: "WX_MESSAGE_RAW", message: expect.stringContaining(problem) }),
  );
});

test("64 levels are taken, and one more is refused", () => {
  expect(() => refuseDeepNesting(Buffer.from(nested(64)), "x")).not.toThrow();
  expect(() => refuseDeepNesting(Buffer.from(nested(65)), "x")).toThrow(
    expect.objectContaining({ code: "WX_MESSAGE_NESTING" }),
  );
  const letters = "Content-Type: message/rfc822\r\n\r\n".repeat(65);
  expect(() => refuseDeepNesting(Buffer.from(letters), "x")).toThrow(/nested more than 64 deep/);
});

test("octets that may travel are let through", () => {
  expect(() => refuseUnsafe(Buffer.from(`${"x".repeat(998)}\r\n\t~\r\n`), "x")).not.toThrow();
  expect(() => refuseUnsafe(Buffer.from("é\r\n"), "x", true)).not.toThrow();
  expect(() => refuseUnsafe(Buffer.from(""), "x")).not.toThrow();
});

test.each(["\n", "\r", "a\r\r\n", "\r\n\n", "x\0"])("%j is refused", (text) => {
  expect(() => refuseUnsafe(Buffer.from(text), "raw")).toThrow(expect.objectContaining({ field: "raw" }));
});

test.each(["--b\r\n", "\r\n", "--", "Content-Type: multipart/mixed; boundary=b\r\n", "A:\r\n b\r\n", ";\r\n boundary"])(
  "junk is read in linear time: %j",
  (junk) => {
    expectLinearTime((size) => {
      const octets = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${junk.repeat(size / junk.length)}`;
      try {
        sevenBitMessage(Buffer.from(octets), "x");
      } catch {
        // Refused is as good.
      }
    }, 100_000);
  },
);
