/** The inputs that have broken the bodies and files of other mailers, each with the outcome that is right. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { composed, readBoth } from "../support/composed.ts";
import { brokenRules } from "../support/strict-mime.ts";

test.each<[string, string]>([
  ["LF", "a\nb\n"],
  ["CRLF", "a\r\nb\r\n"],
  ["mixed line ends", "a\r\nb\nc\r\n\nd\n"],
  ["a line of 78", `${"x".repeat(78)}\n`],
  ["a line of 79", `${"x".repeat(79)}\n`],
  ["a line of 998", `${"x".repeat(998)}\n`],
  ["a line of 999", `${"x".repeat(999)}\n`],
  ["a line of 10,000", `${"x".repeat(10_000)}\n`],
  ["Chinese", "你好，世界\n".repeat(200)],
  ["one letter that is not ASCII", `${"plain words ".repeat(50)}é\n`],
  ["blanks at the ends of lines", "a \nb\t\n \n\t\n"],
  ["From at the start of a line", "From here\n>From\nFrom\n"],
  ["what quoted-printable says", "=\n==\n=3D\n=E5=A4=A9\na=\n"],
  [
    "characters of four octets at each soft break",
    Array.from({ length: 80 }, (_, at) => `${"x".repeat(at)}😀`).join("\n") + "\n",
  ],
  ["dots", ".\n..\n.a\n\n.\n"],
  ["what looks like a boundary", "--\n--=_0\n--=_0--\n------=_Part_1\n--=_1.abc\n"],
  ["what looks like headers", "\nSubject: x\nBcc: eve@evil.example\n\n"],
  ["a link that is long", `http://127.0.0.1:8000/user/active/${"eyJhbGciOiJIUzUxMiJ9.".repeat(60)}\n`],
  ["a byte order mark inside", "a\ufeffb\n"],
])("%s in a text comes back exactly", async (_, text) => {
  const { postalMime, mailparser } = await readBoth({ text, html: `<p>${text}` });
  const read = text.replaceAll("\r\n", "\n");
  expect([mailparser.text, mailparser.html]).toEqual([read, `<p>${read}`]);
  expect([postalMime.text, postalMime.html].map((body) => body.trimEnd())).toEqual([
    read.trimEnd(),
    `<p>${read}`.trimEnd(),
  ]);
});

test.each<[string, string, RegExp]>([
  ["a bare CR", "a\rb\n", /a=0Db|YQ1iDQo=/],
  ["NUL", "a\0b\n", /a=00b|YQBiDQo=/],
  ["ESC", "a\u001bb\n", /a=1Bb|YRtiDQo=/],
  ["half of a character", "a\ud83db\n", /a=EF=BF=BDb|Ye\+\/vWINCg==/],
])("%s in a text is encoded", (_, text, encoded) => {
  const { bytes } = composed({ text });
  expect(brokenRules(bytes)).toEqual([]);
  expect(Buffer.from(bytes).toString("latin1")).toMatch(encoded);
});

test.each<[string, Uint8Array]>([
  ["nothing", new Uint8Array()],
  ["every octet", Uint8Array.from({ length: 256 }, (_, octet) => octet)],
  ["text with its own line ends", Buffer.from("a\nb\r\nc\rd")],
  ["five megabytes", Buffer.alloc(5_000_000, "0123456789abcdef\n")],
])("a file of %s comes back octet for octet", async (_, content) => {
  const { postalMime, mailparser } = await readBoth({
    text: "x",
    attachments: [{ filename: "a.bin", content, contentType: "image/png" }],
  });
  for (const { attachments } of [postalMime, mailparser]) {
    const [file] = attachments.map((one) => Buffer.from(one.content, "latin1"));
    expect(
      createHash("sha256")
        .update(file ?? "")
        .digest("hex"),
    ).toBe(createHash("sha256").update(content).digest("hex"));
  }
});

test("files of the same name are both there, and an image of the HTML stands beside it", async () => {
  const { mailparser } = await readBoth({
    html: '<img src="cid:logo@example.com">',
    attachments: [
      { filename: "a.txt", content: "1" },
      { filename: "a.txt", content: "2" },
      { filename: "logo.png", content: "3", cid: "logo@example.com" },
    ],
  });
  const files = mailparser.attachments.map(({ filename, cid, content }) => [filename, cid, content]);
  expect(files.toSorted()).toEqual([
    ["a.txt", undefined, "1"],
    ["a.txt", undefined, "2"],
    ["logo.png", "logo@example.com", "3"],
  ]);
});

test("a thousand files break no rule", () => {
  const attachments = Array.from({ length: 1000 }, (_, index) => ({
    filename: `报告 ${index}.txt`,
    content: "x".repeat(index),
  }));
  expect(brokenRules(composed({ attachments }).bytes)).toEqual([]);
});
