import { describe, expect, test } from "vitest";
import { composed, readBoth } from "../../test/support/composed.ts";
import { expectLinearTime } from "../../test/support/linear-time.ts";
import { brokenRules } from "../../test/support/strict-mime.ts";
import type { Attachment, MessageFields } from "./message-fields.ts";

function source(attachments: Attachment[], fields: MessageFields = {}): string {
  const { bytes } = composed({ text: "see below\n", ...fields, attachments });
  expect(brokenRules(bytes)).toEqual([]);
  return Buffer.from(bytes).toString("latin1");
}

describe("content", () => {
  test.each<[Attachment, string]>([
    [{ content: "aGVsbG8=", encoding: "base64" }, "hello"],
    [{ content: "aGVs\r\nbG8", encoding: "base64" }, "hello"],
    [{ content: "-_-_", encoding: "base64url" }, "\xfb\xff\xbf"],
    [{ content: "00fF", encoding: "hex" }, "\0\xff"],
    [{ content: "é", encoding: "latin1" }, "\xe9"],
    [{ content: "é", encoding: "utf8" }, "\xc3\xa9"],
    [{ content: "é", contentType: "text/csv; charset=iso-8859-1" }, "\xe9"],
  ])("%j comes back as the bytes that it stands for", async (attachment, expected) => {
    const { postalMime, mailparser } = await readBoth({
      text: "x",
      attachments: [{ filename: "a.bin", ...attachment }],
    });
    expect(mailparser.attachments[0]?.content).toBe(expected);
    expect(postalMime.attachments).toHaveLength(1);
  });

  test.each<[Attachment, string, string]>([
    [{ content: "no base64!", encoding: "base64" }, "attachments[0].content", "is not base64"],
    [{ content: "AAAAA", encoding: "base64" }, "attachments[0].content", "is not base64"],
    [{ content: "AA==AA", encoding: "base64" }, "attachments[0].content", "is not base64"],
    [{ content: "a+b/", encoding: "base64url" }, "attachments[0].content", "is not base64url"],
    [{ content: "abc", encoding: "hex" }, "attachments[0].content", "is not hex"],
    [{ content: "天", encoding: "latin1" }, "attachments[0].content", "is not latin1"],
    [{ content: "x", encoding: "utf7" as "utf8" }, "attachments[0].encoding", "is not an encoding"],
    [{ path: "/etc/hosts" }, "attachments[0].path", "has not been read"],
    [{ content: (async function* (): AsyncIterable<string> {})() }, "attachments[0].content", "has not been read"],
    [{ content: "天", contentType: "text/plain; charset=gb18030" }, "attachments[0].contentType", "is not a charset"],
    [{ content: "天", contentType: "text/plain; charset=latin1" }, "attachments[0].content", "is not in iso-8859-1"],
    [{ content: "x", contentDisposition: "form-data" as "inline" }, "attachments[0].contentDisposition", "is not how"],
    [{ content: "x", cid: "a b" }, "attachments[0].cid", "is not a Content-ID"],
    [{ content: "x", cid: "<a@b>" }, "attachments[0].cid", "is not a Content-ID"],
    [{ content: "x", href: "http://x" } as Attachment, "attachments[0]", "is not a field of an attachment"],
    [
      { content: "x", headers: { "Content-Type": "text/html" } },
      'attachments[0].headers["Content-Type"]',
      "may not be",
    ],
    [{ content: "x", headers: { "X Y": "a" } }, 'attachments[0].headers["X Y"]', "may not be"],
    [{ content: "x", headers: { "X-Y": "a\r\nBcc: b" } }, 'attachments[0].headers["X-Y"]', "line break"],
    ["a.pdf" as Attachment, "attachments[0]", "is not an attachment"],
  ])("%j is refused by name", (attachment, field, problem) => {
    expect(() => composed({ attachments: [attachment] })).toThrow(
      expect.objectContaining({ field, message: expect.stringContaining(problem) }),
    );
  });
});

test("whatever is not base64 is found out in linear time", () => {
  expectLinearTime((size) => {
    expect(() => composed({ attachments: [{ content: `${" ".repeat(size)}!`, encoding: "base64" }] })).toThrow(
      /base64/,
    );
  }, 400_000);
});

test("a file without a name has none, and shows as it is told", () => {
  const raw = source([{ filename: false, content: "x", contentDisposition: "inline", headers: { "X-Tag": "天" } }]);
  expect(raw).toContain(
    "Content-Disposition: inline\r\nX-Tag: =?UTF-8?B?5aSp?=\r\nContent-Transfer-Encoding: base64\r\n",
  );
});

describe("inline files", () => {
  const logo: Attachment = { filename: "logo.png", content: Buffer.from([1, 2, 3]), cid: "logo@example.com" };
  const types = (raw: string): string[] =>
    [...raw.matchAll(/^Content-Type: ([^;\r]+)/gm)].map(([, type]) => type ?? "");

  test("stand beside the HTML that shows them", async () => {
    const fields = { text: "x\n", html: '<img src="cid:logo@example.com" alt="">\n' };
    const raw = source([logo, { filename: "a.pdf", content: "x" }], fields);
    expect(types(raw)).toEqual([
      "multipart/mixed",
      "multipart/alternative",
      "text/plain",
      "multipart/related",
      "text/html",
      "image/png",
      "application/pdf",
    ]);
    expect(raw).toContain('multipart/related; type="text/html";\r\n boundary="');
    expect(raw).toContain('Content-Disposition: inline; filename="logo.png"\r\nContent-ID: <logo@example.com>\r\n');
    const { postalMime, mailparser } = await readBoth({ ...fields, attachments: [logo] });
    expect(postalMime.attachments[0]?.cid).toBe("logo@example.com");
    expect(mailparser.attachments[0]?.content).toBe("\x01\x02\x03");
  });

  test("are files where no HTML shows them, or where they are to be", () => {
    expect(types(source([logo]))).toEqual(["multipart/mixed", "text/plain", "image/png"]);
    expect(types(source([{ ...logo, contentDisposition: "attachment" }], { text: "", html: "<p>x\n" }))).toEqual([
      "multipart/mixed",
      "text/html",
      "image/png",
    ]);
  });

  test("go with HTML that was given as an alternative", () => {
    const alternatives = [{ content: "<p>x\n", contentType: "text/html" }];
    expect(types(source([logo], { text: "", alternatives }))).toEqual(["multipart/related", "text/html", "image/png"]);
  });

  test("may not share a name", () => {
    const fields = { html: "x", attachments: [logo, logo] };
    expect(() => composed(fields)).toThrow(/^attachments\[1\]\.cid: "logo@example\.com" is there twice/);
  });
});

describe("a message inside the message", () => {
  const letter = "From: a@example.com\r\nSubject: Old\r\n\r\nold text\r\n";

  test.each<[string, Attachment]>([
    ["by its type", { content: letter, contentType: "message/rfc822" }],
    ["by its name, with the line ends of a file", { filename: "old.eml", content: letter.replaceAll("\r\n", "\n") }],
  ])("%s, is not encoded", (_, attachment) => {
    const raw = source([attachment]);
    expect(raw).toContain(`Content-Transfer-Encoding: 7bit\r\n\r\n${letter}`);
    expect(raw).toContain("Content-Type: message/rfc822\r\n");
  });

  test("has its 8-bit parts encoded, and keeps what they say", async () => {
    const content = `${letter.slice(0, -12)}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nalter Käse\r\n`;
    const raw = source([{ content, contentType: "message/rfc822" }]);
    expect(raw).toContain("alter K=C3=A4se");
    expect(raw).not.toContain("8bit");
    const { mailparser } = await readBoth({ text: "x", attachments: [{ content, contentType: "message/rfc822" }] });
    expect(mailparser.attachments[0]?.content).toContain("K=C3=A4se");
  });

  test("that cannot be made 7-bit is refused, or goes as a file where only its name says what it is", () => {
    const content = "Subject: Käse\r\n\r\nx\r\n";
    expect(() => composed({ attachments: [{ content, contentType: "message/rfc822" }] })).toThrow(
      expect.objectContaining({ code: "WX_MESSAGE_RAW", field: "attachments[0].content" }),
    );
    expect(source([{ filename: "k.eml", content }])).toContain("Content-Type: application/octet-stream\r\n");
  });
});

describe("a raw part", () => {
  const raw = "Content-Type: text/x-note; charset=us-ascii\r\nContent-ID: <n@example.com>\r\n\r\nFrom me to you \r\n";

  test("is taken as it is", () => {
    expect(source([{ raw }])).toContain(`\r\n${raw}\r\n--=_`);
    expect(source([{ raw: Buffer.from(raw) }])).toContain(raw);
  });

  test.each<[Attachment, RegExp]>([
    [{ raw, filename: "a" }, /^attachments\[0\]\.filename stands beside raw/],
    [{ raw: raw.replaceAll("\r\n", "\n") }, /^attachments\[0\]\.raw has a CR or LF alone/],
    [{ raw: `${raw}\0` }, /holds a NUL/],
    [{ raw: `${raw}é` }, /holds characters outside ASCII/],
    [{ raw: `${raw}${"x".repeat(999)}` }, /has a line of more than 998/],
    [{ raw: "just text\r\n\r\n" }, /does not begin with the headers/],
    [{ raw: "Content-Type: text/plain" }, /does not begin with the headers/],
    [{ raw: 1 as unknown as string }, /is neither text nor bytes/],
  ])("%j is refused", (attachment, message) => {
    expect(() => composed({ attachments: [attachment] })).toThrow(message);
  });

  test("never becomes the message, whose header it would write", () => {
    const text = source([{ raw: `X-Evil: yes\r\n${raw}` }], { text: "" });
    expect(text.slice(0, text.indexOf("\r\n\r\n"))).toContain("Content-Type: multipart/mixed");
    expect(text.slice(0, text.indexOf("\r\n\r\n"))).not.toContain("X-Evil");
  });

  test("whose content looks like a boundary stays whole", async () => {
    const part = "Content-Type: text/x-note\r\n\r\n--=_0.0123\r\n--=_1\r\n";
    const { mailparser } = await readBoth({ text: "x", attachments: [{ raw: part }, { content: "y", filename: "b" }] });
    expect(mailparser.attachments).toHaveLength(2);
  });
});

test.each(["\x0b", "\x1b", "\x7f"])("a finished part whose header holds %j is refused", (control) => {
  const raw = `Content-Type: text/plain\r\nX-A: a${control}Bcc: eve@evil.example\r\n\r\nbody\r\n`;
  expect(() => composed({ text: "x", attachments: [{ raw }] })).toThrow(/does not begin with the headers of a part/);
});
