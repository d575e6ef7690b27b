/** The inputs that have broken the headers of other mailers, each with the outcome that is right. */
import { describe, expect, test } from "vitest";
import { MessageError, type MessageFields } from "../../src/mail/index.ts";
import { composed, fieldsNamed, headerOf, readBoth } from "../support/composed.ts";
import { expectLinearTime } from "../support/linear-time.ts";
import { brokenRules } from "../support/strict-mime.ts";

const CONTROLS = ["\r\n", "\n", "\r", "\0", "\t", "\u000b", "\u000c", "\u001b", "\u007f", "\u0085", "\u2028", "\u2029"];

/** The names of the header's fields, in lower case. */
function namesIn(fields: MessageFields): string[] {
  const lines = headerOf(composed(fields)).split(/\r\n(?! )/);
  return lines.map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
}

describe("a subject comes back exactly, on lines as short as they can be", () => {
  test.each([
    "a subject that is long, and in English, ".repeat(20).trim(),
    "天天生鲜欢迎信息".repeat(40),
    "👩‍👩‍👧‍👦".repeat(40),
    "mixed 中文 and English ".repeat(20).trim(),
    "two  blanks   and three",
    " blanks at both ends ",
    "=?utf-8?B?5aSp?=",
    "=?utf-8?Q?a=0D=0ABcc:_eve@evil.example?=",
    "x =?",
    "word".repeat(500),
    `${"a".repeat(70)} ${"b".repeat(2000)} c`,
    'a: b; c, "d" <e@f> (g) \\',
    "\u00ad\u200b\u202e",
    "e\u0301",
    "-",
  ])("%j", async (subject) => {
    const { postalMime, mailparser } = await readBoth({ subject });
    expect([postalMime.subject, mailparser.subject]).toEqual([subject, subject]);
  });

  test("of 100 kB too", async () => {
    for (const subject of ["天".repeat(33_000), "word ".repeat(20_000).trim(), "x".repeat(100_000)]) {
      const { mailparser } = await readBoth({ subject });
      expect(mailparser.subject).toBe(subject);
    }
  });

  test("but half of a character is one that nobody knows", async () => {
    const { mailparser } = await readBoth({ subject: "a \ud83d b" });
    expect(mailparser.subject).toBe("a \ufffd b");
  });
});

describe("a line break or another control character is refused by the name of its field", () => {
  test.each<[string, (text: string) => MessageFields]>([
    ["subject", (text) => ({ subject: text })],
    ["from", (text) => ({ from: `${text} <a@example.com>` })],
    ["from.name", (text) => ({ from: { name: text, address: "a@example.com" } })],
    ["from", (text) => ({ from: { name: "", address: `a@example.com${text}` } })],
    ["sender", (text) => ({ sender: `a@example.com${text}` })],
    ["to[0]", (text) => ({ to: [`"${text}" <a@example.com>`] })],
    ["cc[0]", (text) => ({ cc: [`a${text}@example.com`] })],
    ["bcc[0]", (text) => ({ bcc: [`"a${text}"@example.com`] })],
    ["replyTo[0]", (text) => ({ replyTo: [`a@[${text}]`] })],
    ["envelope.from", (text) => ({ envelope: { from: `a@example.com${text}` } })],
    ["envelope.to[0]", (text) => ({ envelope: { to: [`a@example.com${text}`] } })],
    ["messageId", (text) => ({ messageId: `<a@b${text}>` })],
    ["messageIdDomain", (text) => ({ messageIdDomain: `a.example${text}` })],
    ["date", (text) => ({ date: `Thu, 01 Jan 2026 08:00:00 +0800${text}` })],
    ["inReplyTo", (text) => ({ inReplyTo: `<a@b${text}>` })],
    ["references[1]", (text) => ({ references: ["<a@b>", `<c@d>${text}`] })],
    ["list.unsubscribe", (text) => ({ list: { unsubscribe: `https://example.com/${text}` } })],
    ["list.help[0]", (text) => ({ list: { help: [`help${text}@example.com`] } })],
    ["list.id", (text) => ({ list: { id: `news.example.com${text}` } })],
    ["list.id.name", (text) => ({ list: { id: { name: text, id: "news.example.com" } } })],
    ['headers["X-Tag"]', (text) => ({ headers: { "X-Tag": text } })],
    ['headers["X-Tag"][1]', (text) => ({ headers: { "X-Tag": ["ok", text] } })],
    ['headers["List-Unsubscribe"]', (text) => ({ headers: { "List-Unsubscribe": `<https://example.com/>${text}` } })],
    ['headers["X-Priority"]', (text) => ({ headers: { "X-Priority": `1${text}` } })],
    ['headers["To"]', (text) => ({ headers: { To: `a@example.com, ${text}` } })],
    ['headers["Message-ID"]', (text) => ({ headers: { "Message-ID": `<a@b${text}>` } })],
    ["attachments[0].filename", (text) => ({ attachments: [{ filename: text, content: "" }] })],
    ["attachments[0].cid", (text) => ({ html: "a", attachments: [{ cid: text, content: "" }] })],
    ["attachments[0].contentType", (text) => ({ attachments: [{ contentType: `text/x${text}`, content: "" }] })],
    ["attachments[0].contentType", (text) => ({ attachments: [{ contentType: `text/x; a="${text}"`, content: "" }] })],
    ['attachments[0].headers["X-A"]', (text) => ({ attachments: [{ content: "", headers: { "X-A": text } }] })],
    ["alternatives[0].contentType", (text) => ({ alternatives: [{ contentType: `text/x${text}`, content: "" }] })],
    ["charset", (text) => ({ charset: `utf-8${text}` })],
  ])("%s", (field, fields) => {
    for (const control of CONTROLS) {
      const attack = (): unknown => composed(fields(`x${control}Bcc: eve@evil.example`));
      expect(attack, JSON.stringify(control)).toThrow(MessageError);
      expect(attack, JSON.stringify(control)).toThrow(
        expect.objectContaining({ code: "WX_MESSAGE_CONTROL_CHARACTER", field }),
      );
    }
  });

  test.each<[string, unknown]>([
    ["priority", "high\r\nBcc: eve@evil.example"],
    ["autoSubmitted", "no\r\nBcc: eve@evil.example"],
    ["contentSubtype", "plain\r\nBcc: eve@evil.example"],
  ])("%s, which is one of a few words", (field, value) => {
    expect(() => composed({ [field]: value })).toThrow(expect.objectContaining({ field }));
  });
});

test.each([
  "X-A\r\nBcc",
  "X-A:",
  "X A",
  " X-A",
  "",
  "名",
  "X-\u00e9",
  "X-\0",
  "x".repeat(77),
  "Bcc",
  "bCC",
  "Subject",
  "MIME-Version",
  "Content-Type",
  "content-transfer-encoding",
])("the header name %j is refused", (name) => {
  expect(() => composed({ headers: { [name]: "a" } })).toThrow(expect.objectContaining({ code: "WX_MESSAGE_HEADER" }));
  expect(() => composed({ headers: { "X-A": "b", [name]: "a" } })).toThrow(MessageError);
});

test("a header that is there twice in another case, or without a value, is refused", () => {
  expect(() => composed({ headers: { "X-A": "a", "x-a": "b" } })).toThrow("there twice");
  expect(() => composed({ headers: { "X-A": "" } })).toThrow("is empty");
});

describe("one of each, and a header given by name wins over the field", () => {
  test.each<[string, MessageFields, string]>([
    ["From", { headers: { From: "Ann <ann@example.com>" } }, "From: Ann <ann@example.com>"],
    ["To", { headers: { To: "Ann <ann@example.com>" } }, "To: Ann <ann@example.com>"],
    ["Date", { headers: { Date: "Thu, 01 Jan 2026 08:00:00 +0800" } }, "Date: Thu, 01 Jan 2026 08:00:00 +0800"],
    ["Date", { headers: { date: new Date(0) } }, "Date: Thu, 01 Jan 1970 00:00:00 +0000"],
    ["Message-ID", { messageId: "<2@b.c>", headers: { "message-id": "<1@b.c>" } }, "Message-ID: <1@b.c>"],
    ["Reply-To", { replyTo: ["b@c.d"], headers: { "REPLY-TO": "a@b.c" } }, "Reply-To: a@b.c"],
    ["References", { references: ["<1@b.c>"], headers: { References: "<2@b.c>" } }, "References: <2@b.c>"],
  ])("%s", (name, fields, line) => {
    const message = composed(fields);
    expect(fieldsNamed(message, name)).toEqual([line]);
    expect(brokenRules(message.bytes)).toEqual([]);
    expect(message.envelope).toEqual({ from: "mac@example.com", to: ["bob@example.com"] });
  });

  test.each(["References", "In-Reply-To"])("a list of texts does not make several of %s", (name) => {
    expect(() => composed({ headers: { [name]: ["<1@b.c>", "<2@b.c>"] } })).toThrow(
      expect.objectContaining({ code: "WX_MESSAGE_HEADER", field: `headers["${name}"]` }),
    );
  });

  test("the sender is one mailbox", () => {
    expect(() => composed({ headers: { Sender: "a@example.com, b@example.com" } })).toThrow(MessageError);
  });
});

test.each([
  "News",
  "天天生鲜",
  "=?utf-8?q?x?=",
  "a =?utf-8?q?x?= b",
  " Ann ",
  'a "b"',
  "天".repeat(100),
  "word ".repeat(30).trim(),
  "x".repeat(300),
])("the name of a list, %j, comes back exactly", async (name) => {
  const { postalMime } = await readBoth({ list: { id: { name, id: "news.example.com" } } });
  const quoted = /^"(.*)" </.exec(postalMime.headers.get("list-id") ?? "")?.[1]?.replace(/\\(.)/g, "$1");
  expect(quoted ?? postalMime.headers.get("list-id")?.replace(/ <news\.example\.com>$/, "")).toBe(name);
});

test("a header with a long name holds its encoded-words on lines of their own", async () => {
  for (const length of [45, 48, 49, 74]) {
    const name = `X-${"a".repeat(length)}`;
    const { postalMime } = await readBoth({ headers: { [name]: "天天生鲜欢迎您 👩‍👩‍👧‍👦".repeat(9) } });
    expect(postalMime.headers.get(name.toLowerCase())).toBe("天天生鲜欢迎您 👩‍👩‍👧‍👦".repeat(9));
  }
});

test("1,000 headers and 100 references are all there, and folded", async () => {
  const headers = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [`X-Header-${index}`, `value ${index}`]),
  );
  expect(namesIn({ headers }).filter((name) => name.startsWith("x-header-"))).toHaveLength(1000);
  const references = Array.from({ length: 100 }, (_, index) => `<message.${index}@mail.example.com>`);
  const message = composed({ headers, references, inReplyTo: references.at(-1) });
  expect(brokenRules(message.bytes)).toEqual([]);
  expect(fieldsNamed(message, "References")).toEqual([`References: ${references.join(" ")}`]);
  expectLinearTime((size) => {
    composed({ references: Array.from({ length: size }, (_, index) => `<${index}@mail.example.com>`) });
  }, 10_000);
});

test.each<unknown>([
  new Date(Number.NaN),
  new Date(Date.UTC(12_026, 0, 1)),
  new Date(Date.UTC(1800, 0, 1)),
  "tomorrow",
  "2026-01-02T03:04:05Z",
  "Thu, 01 Jan 12026 08:00:00 +0800",
  "Thu, 01 Jan 2026 25:00:00 +0800",
  "Thu, 01 Jan 2026 08:00:00",
  "",
  42,
])("the date %j is refused", (date) => {
  expect(() => composed({ date: date as string })).toThrow(expect.objectContaining({ field: "date" }));
  expect(() => composed({ headers: { Date: date as string } })).toThrow(
    expect.objectContaining({ field: 'headers["Date"]' }),
  );
});

test.each([
  "1@example.com",
  "<1>",
  "<1@example.com",
  "<1 2@example.com>",
  "<1@2@example.com>",
  "<天@example.com>",
  "<@example.com>",
  "<1@>",
  `<${"1".repeat(1000)}@example.com>`,
  "",
])("the Message-ID %j is refused", (messageId) => {
  expect(() => composed({ messageId })).toThrow(expect.objectContaining({ field: "messageId" }));
  expect(() => composed({ headers: { "Message-ID": messageId } })).toThrow(MessageError);
});

describe("a file's name comes back exactly", () => {
  test.each([
    "报告.pdf",
    'a "b" \\c'.replace("\\", ""),
    `${"n".repeat(300)}.pdf`,
    "👩‍👩‍👧‍👦.png",
    "100%'*;=.txt",
    "=?utf-8?B?5aSp?=.pdf",
    "a\u202egpj.exe",
    " a ",
    "a;b=c",
    "x".repeat(61),
  ])("%j", async (filename) => {
    const { mailparser } = await readBoth({ attachments: [{ filename, content: "x", contentType: "image/png" }] });
    expect(mailparser.attachments.map((file) => file.filename)).toEqual([filename]);
  });

  test("but of a path only the last part", async () => {
    const attachments = ["../../etc/passwd", "C:\\x\\passwd", "/etc/passwd"].map((filename) => ({
      filename,
      content: "x",
    }));
    const { mailparser } = await readBoth({ attachments });
    expect(mailparser.attachments.map((file) => file.filename)).toEqual(["passwd", "passwd", "passwd"]);
  });

  test.each(["", ".", "..", "a/", "a/..", "n".repeat(1001)])("%j is none", (filename) => {
    expect(() => composed({ attachments: [{ filename, content: "x" }] })).toThrow(
      expect.objectContaining({ field: "attachments[0].filename" }),
    );
  });
});

test.each([
  "text",
  "text/",
  "text/plain; charset",
  "text/plain; a=b c",
  'text/plain; a="b',
  "text/plain;; a=b",
  "text/plain; charset=utf-8; CHARSET=gb18030",
  'text/plain; a="x"; b=y;a=z',
  "multipart/mixed",
  "multipart/mixed; boundary=a",
  "message/external-body",
  "天/plain",
  'text/plain; boundary="a"; a=天',
])("the content type %j is refused", (contentType) => {
  expect(() => composed({ attachments: [{ content: "x", contentType }] })).toThrow(
    expect.objectContaining({ field: "attachments[0].contentType" }),
  );
});

describe("refused is", () => {
  test.each([
    "Mon, 30 Feb 2026 08:00:00 +0800",
    "30 Feb 2026 08:00:00 +0800",
    "Fri, 01 Jan 2026 08:00:00 +0800",
    "Thu, 01 Jan 2026 08:00:00 +0860",
  ])("the date %j", (date) => {
    expect(() => composed({ date })).toThrow(MessageError);
  });

  test.each(["<a(b)@example.com>", "<a,b@example.com>"])("the Message-ID %j", (messageId) => {
    expect(() => composed({ messageId })).toThrow(MessageError);
  });
});

test("a content type that has a name already is given no second one", () => {
  const attachments = [{ filename: "天.pdf", content: "x", contentType: "application/pdf; name=report.pdf" }];
  expect(brokenRules(composed({ attachments }).bytes)).toEqual([]);
});

test("what looks like an encoded-word stands in no identifier, where a reader might decode it", () => {
  const word = "=?utf-8?Q?=0D=0ABcc:_eve@evil.example?=";
  expect(() => composed({ messageId: `<${word}@example.com>` })).toThrow(/^messageId/);
  expect(() => composed({ inReplyTo: `<=?utf-8?Q?x?=@example.com>` })).toThrow(/^inReplyTo/);
  expect(() => composed({ references: ["<1@example.com>", "<a@=?utf-8?B?x?=>"] })).toThrow(/^references\[1\]/);
  expect(() => composed({ html: "a", attachments: [{ content: "", cid: word }] })).toThrow(/^attachments\[0\]\.cid/);
});
