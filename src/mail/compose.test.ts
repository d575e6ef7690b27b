import { type ParsedMail, simpleParser } from "mailparser";
import PostalMime, { type Email } from "postal-mime";
import { describe, expect, test } from "vitest";
import type { Mailbox } from "./address.ts";
import { compose, type ComposeContext, type Composed } from "./compose.ts";
import { MessageError } from "./errors.ts";
import { EmailMultiAlternatives, type MessageFields } from "./message.ts";
import { expectLinearTime } from "../../test/support/linear-time.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const context: ComposeContext = {
  clock: { now: () => NOW, sleep: async () => {} },
  hostname: "example.com",
  defaultFrom: "mac <mac@163.com>",
};

function composed(fields: MessageFields): Composed {
  return compose({ to: ["ann@example.com"], ...fields }, context);
}

function source(fields: MessageFields): string {
  return Buffer.from(composed(fields).bytes).toString("latin1");
}

function headerOf(raw: string): string {
  return raw.slice(0, raw.indexOf("\r\n\r\n"));
}

/** What no composed message may break, whatever is in it. */
function expectStrict(raw: string): void {
  expect(raw).toMatch(/^[\t\r\n -~]*$/);
  expect(raw.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  expect(raw.endsWith("\r\n")).toBe(true);
  for (const line of raw.split("\r\n")) expect(line.length).toBeLessThanOrEqual(998);
  for (const line of raw.slice(headerOf(raw).length).split("\r\n")) expect(line.length).toBeLessThanOrEqual(78);
  const names = headerOf(raw)
    .split(/\r\n(?! )/)
    .map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
  for (const name of ["from", "date", "message-id", "mime-version", "content-type"]) {
    expect(names.filter((other) => other === name)).toHaveLength(1);
  }
  expect(names).not.toContain("bcc");
}

/** The same message through two parsers that share no code with us. */
async function read(fields: MessageFields): Promise<{ postal: Email; parser: ParsedMail; raw: string }> {
  const { bytes } = composed(fields);
  const raw = Buffer.from(bytes).toString("latin1");
  expectStrict(raw);
  return { raw, postal: await PostalMime.parse(bytes), parser: await simpleParser(Buffer.from(bytes)) };
}

function mailboxesOf(field: ParsedMail["to"]): Mailbox[] {
  const groups = field === undefined ? [] : [field].flat();
  return groups.flatMap(({ value }) => value.map(({ name, address = "" }) => ({ name, address })));
}

const lines = (text: string | undefined): string => (text ?? "").replaceAll("\r\n", "\n");
/** postal-mime counts the line break that belongs to a boundary (RFC 2046, section 5.1.1) as one of the part's. */
const postalLines = (text: string | undefined): string => lines(text).replace(/\n\n$/, "\n");

test("the whole of a plain message", () => {
  const raw = source({ subject: "Welcome", text: "Hello\n", headers: { "Message-ID": "<1@example.com>" } });
  expect(raw).toBe(
    [
      "From: mac <mac@163.com>",
      "To: ann@example.com",
      "Subject: Welcome",
      "Date: Fri, 02 Jan 2026 03:04:05 +0000",
      "Message-ID: <1@example.com>",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: 7bit",
      "",
      "Hello",
      "",
    ].join("\r\n"),
  );
});

describe("a subject comes back exactly", () => {
  test.each([
    "天天生鲜欢迎信息",
    "天天生鲜欢迎信息，请点击下面的链接激活你的账户".repeat(20),
    "👩‍👩‍👧‍👦 emoji 👍🏽".repeat(20),
    "Long and English, ".repeat(30).trim(),
    "mixed 中文 and English ".repeat(20).trim(),
    "two  spaces   three",
    `${"a".repeat(60)}  ${"b".repeat(60)}`,
    "=?utf-8?B?5aSp?=",
    'quoted "x" <y@z> (w), and: more; [here]\\',
    "x".repeat(2000),
    "Café à la crème",
  ])("%j", async (subject) => {
    const { postal, parser, raw } = await read({ subject });
    expect(postal.subject).toBe(subject);
    expect(parser.subject).toBe(subject);
    for (const line of headerOf(raw).split("\r\n")) expect(line.length).toBeLessThanOrEqual(78);
  });
});

describe("a name comes back exactly", () => {
  test.each([
    "mac",
    "Doe, John",
    'a "quoted" \\ (name) <x@y>; [z]: @.',
    "天天生鲜",
    '麦克, "王" <x>',
    "麦".repeat(200),
    "👩‍👩‍👧‍👦",
    "=?utf-8?q?x?=",
    "John Q. Public",
    "Long words of a name that goes on, and on, and on, and on, and on, and on",
    "Many Atoms ".repeat(30).trim(),
  ])("%j", async (name) => {
    const mailbox = { name, address: "a.b@example.com" };
    const { postal, parser, raw } = await read({ from: mailbox, to: [mailbox, mailbox], replyTo: [mailbox] });
    expect(postal.from).toMatchObject(mailbox);
    expect(postal.to).toMatchObject([mailbox, mailbox]);
    expect(postal.replyTo).toMatchObject([mailbox]);
    expect(mailboxesOf(parser.from)).toEqual([mailbox]);
    expect(mailboxesOf(parser.to)).toEqual([mailbox, mailbox]);
    for (const line of headerOf(raw).split("\r\n")) expect(line.length).toBeLessThanOrEqual(78);
  });
});

describe("a body comes back exactly", () => {
  test.each([
    "Hello\n",
    "你好，世界\n".repeat(100),
    `http://127.0.0.1:8000/user/active/${"eyJ".repeat(300)}\n`,
    "trailing blank \nFrom the start\n.\n..\n.dot\n=3D\n",
    `${"x".repeat(10_000)}\n`,
    `${"x".repeat(998)}\n${"y".repeat(999)}\n`,
    `${"x".repeat(70)}👩‍👩‍👧‍👦${"y".repeat(100)}\n`,
    "--=_0.abc\n--=_1\n------\n",
    "é".repeat(5000) + "\n",
  ])("%j", async (text) => {
    const { postal, parser } = await read({ text, html: `<p>${text}` });
    expect(postalLines(postal.text)).toBe(text);
    expect(lines(parser.text)).toBe(text);
    expect(postalLines(postal.html)).toBe(`<p>${text}`);
    expect(lines(parser.html || "")).toBe(`<p>${text}`);
  });

  test("whatever its line ends were", async () => {
    const { postal } = await read({ text: "a\r\nb\nc\r\n\r\n" });
    expect(lines(postal.text)).toBe("a\nb\nc\n\n");
  });

  test("after a bare CR, which never reaches the wire", () => {
    expect(source({ text: "a\rb" })).toContain("a=0Db\r\n");
  });
});

describe("structure", () => {
  const shape = (raw: string): string[] =>
    [...raw.matchAll(/^Content-Type: ([^;\r]+)/gm)].map(([, type]) => type ?? "");

  test.each<[string, MessageFields, string[]]>([
    ["text", { text: "x" }, ["text/plain"]],
    ["html", { html: "x" }, ["text/html"]],
    ["nothing", {}, ["text/plain"]],
    ["text and html", { text: "x", html: "y" }, ["multipart/alternative", "text/plain", "text/html"]],
    ["an attachment alone", { attachments: [{ filename: "a.pdf", content: "x" }] }, ["application/pdf"]],
    [
      "html and an attachment",
      { text: "", html: "y", attachments: [{ filename: "a.pdf", content: "x" }] },
      ["multipart/mixed", "text/html", "application/pdf"],
    ],
    [
      "text, html and attachments",
      { text: "x", html: "y", attachments: [{ filename: "a.png", content: "x" }, { content: "x" }] },
      ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "image/png", "application/octet-stream"],
    ],
    [
      "another alternative",
      { text: "x", alternatives: [{ content: "{}", contentType: "application/json" }] },
      ["multipart/alternative", "text/plain", "application/json"],
    ],
  ])("of %s", (_, fields, types) => {
    const raw = source(fields);
    expectStrict(raw);
    expect(shape(raw)).toEqual(types);
  });

  test("a boundary occurs only where a part begins or ends", () => {
    const raw = source({ text: "--=_0.x\n", html: "--=_1.x", attachments: [{ content: "--=_0.x" }] });
    expect(raw.match(/^--=_0\.[0-9a-f-]{36}(--)?$/gm)).toHaveLength(3);
    expect(raw.match(/^--=_1\.[0-9a-f-]{36}(--)?$/gm)).toHaveLength(3);
    expect(raw.match(/^--=_/gm)).toHaveLength(6);
  });
});

describe("attachments", () => {
  test.each([
    "report.pdf",
    "报告.pdf",
    `${"报告👩‍👩‍👧‍👦".repeat(20)}.pdf`,
    `odd "name" %41'*;=.pdf`,
    `${"n".repeat(300)}.pdf`,
  ])("named %j come back with their name and bytes", async (filename) => {
    const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 7) % 256);
    const { postal, parser } = await read({ text: "x", attachments: [{ filename, content: bytes }] });
    expect(postal.attachments.map((file) => file.filename)).toEqual([filename]);
    expect(parser.attachments.map((file) => file.filename)).toEqual([filename]);
    expect(parser.attachments[0]?.content.equals(bytes)).toBe(true);
    expect(parser.attachments[0]?.contentType).toBe("application/pdf");
  });

  test("whose name looks like an encoded-word keep it", async () => {
    const { parser } = await read({ attachments: [{ filename: "=?utf-8?B?5aSp?=.pdf", content: "x" }] });
    expect(parser.attachments[0]?.filename).toBe("=?utf-8?B?5aSp?=.pdf");
  });

  test("of text come back with their own line ends", async () => {
    const { parser } = await read({ attachments: [{ filename: "a.txt", content: "a\nb\r\nc\rd" }, { content: "" }] });
    expect(parser.attachments.map(({ content }) => content.toString())).toEqual(["a\nb\r\nc\rd", ""]);
  });

  test("of text that is not UTF-8 go as plain bytes", () => {
    const raw = source({ attachments: [{ filename: "a.txt", content: Buffer.from([0xc4, 0xe3]) }] });
    expect(raw).toContain("Content-Type: application/octet-stream\r\n");
    expect(source({ attachments: [{ filename: "a.txt", content: "你" }] })).toContain(
      "Content-Type: text/plain; charset=utf-8\r\n",
    );
  });

  test("lose the folders before their name", () => {
    const raw = source({ attachments: [{ filename: "../../etc/passwd", content: "x" }] });
    expect(raw).toContain('filename="passwd"');
    expect(source({ attachments: [{ filename: "C:\\x\\y.pdf", content: "x" }] })).toContain('filename="y.pdf"');
  });

  test.each<[MessageFields["attachments"], string]>([
    [[{ filename: "a\r\nX: y", content: "x" }], "attachments[0].filename"],
    [[{ filename: "a\0", content: "x" }], "attachments[0].filename"],
    [[{ filename: "n".repeat(1001), content: "x" }], "attachments[0].filename"],
    [[{ filename: "x/..", content: "x" }], "attachments[0].filename"],
    [[{ content: "x", contentType: "text/plain\r\nX: y" }], "attachments[0].contentType"],
    [[{ content: "x", contentType: "multipart/mixed" }], "attachments[0].contentType"],
    [[{ content: "x" }, { content: 1 as unknown as string }], "attachments[1].content"],
  ])("%j are refused", (attachments, field) => {
    expect(() => composed({ attachments })).toThrow(expect.objectContaining({ field }));
  });
});

describe("the envelope", () => {
  test("has everyone once, with ASCII domains, and nobody's bcc in the bytes", () => {
    const fields: MessageFields = {
      from: "Mac <mac@例子.中国>",
      to: ["Ann <ann@example.com>", "ann@EXAMPLE.com"],
      cc: ["Ann@example.com", "bob@例子.中国"],
      bcc: ["secret@example.com", "ann@example.com", ""],
    };
    const { envelope, bytes } = composed(fields);
    expect(envelope).toEqual({
      from: "mac@xn--fsqu00a.xn--fiqs8s",
      to: ["ann@example.com", "Ann@example.com", "bob@xn--fsqu00a.xn--fiqs8s", "secret@example.com"],
    });
    expect(Buffer.from(bytes).toString()).not.toMatch(/secret|bcc/i);
  });

  test("needs a sender and a recipient", () => {
    const { clock, hostname } = context;
    expect(() => compose({ to: ["a@example.com"] }, { clock, hostname })).toThrow(/^from is missing/);
    expect(() => compose({ to: [""], subject: "x" }, context)).toThrow(/^to names nobody/);
  });
});

describe("injection", () => {
  const CONTROLS = ["\r\n", "\n", "\r", "\0", "\u001b", "\t", "\u0085", "\u2028"];
  test.each<[string, (text: string) => MessageFields]>([
    ["subject", (text) => ({ subject: text })],
    ["from", (text) => ({ from: `${text} <a@example.com>` })],
    ["from.name", (text) => ({ from: { name: text, address: "a@example.com" } })],
    ["to[0]", (text) => ({ to: [`a${text}@example.com`] })],
    ["cc[0]", (text) => ({ cc: [{ name: "", address: `a@example.com${text}` }] })],
    ["bcc[0]", (text) => ({ bcc: [`a@example.com${text}`] })],
    ["replyTo[0]", (text) => ({ replyTo: [`"${text}" <a@example.com>`] })],
    ['headers["X-Tag"]', (text) => ({ headers: { "X-Tag": text } })],
    ['headers["X-Tag"][1]', (text) => ({ headers: { "X-Tag": ["ok", text] } })],
    ['headers["To"]', (text) => ({ headers: { To: `a@example.com, ${text}` } })],
    ['headers["Message-ID"]', (text) => ({ headers: { "Message-ID": `<a@b${text}>` } })],
    ['headers["Date"]', (text) => ({ headers: { Date: `Thu, 01 Jan 2026 08:00:00 +0800${text}` } })],
    ["attachments[0].filename", (text) => ({ attachments: [{ filename: text, content: "" }] })],
    ["alternatives[0].contentType", (text) => ({ alternatives: [{ contentType: `text/x${text}`, content: "" }] })],
  ])("through %s is refused by name", (field, fields) => {
    for (const control of CONTROLS) {
      const attack = (): Composed => composed(fields(`x${control}Bcc: evil@example.com`));
      expect(attack).toThrow(expect.objectContaining({ code: "WX_MESSAGE_CONTROL_CHARACTER", field }));
    }
  });

  test("through an encoded newline stays text", async () => {
    const { postal } = await read({ subject: "=?utf-8?Q?a=0D=0ABcc:_evil@example.com?=" });
    expect(postal.subject).toBe("=?utf-8?Q?a=0D=0ABcc:_evil@example.com?=");
    expect(postal.bcc).toBeUndefined();
  });

  test("through a header's name is refused", () => {
    for (const name of ["X-A\r\nBcc", "X A", "X:", "", "名", "x".repeat(77), "Bcc", "BCC", "Content-Type"]) {
      expect(() => composed({ headers: { [name]: "a" } })).toThrow(MessageError);
    }
  });
});

test("a field that does not exist is refused with the one that is meant, or with those that do", () => {
  expect(() => composed({ body: "x" } as MessageFields)).toThrow(/"body" is not a field\. Did you mean text\?/);
  expect(() => composed({ colour: "x" } as MessageFields)).toThrow(
    /"colour" is not a field\. There are: from, sender, to/,
  );
});

test.each<[string, MessageFields]>([
  ["subject", { subject: 1 as unknown as string }],
  ["text", { text: {} as unknown as string }],
  ["html", { html: ["x"] as unknown as string }],
  ["to", { to: "a@example.com" as unknown as string[] }],
  ["to", { to: { name: "", address: "a@example.com" } as unknown as string[] }],
])("%s of a wrong type is refused by name", (field, fields) => {
  expect(() => composed(fields)).toThrow(expect.objectContaining({ field }));
});

test("a message class composes like its fields", () => {
  const message = new EmailMultiAlternatives("S", "T", "a@example.com", ["b@example.com"]);
  message.attachAlternative("<p>H", "text/html");
  message.attach("a.txt", "x");
  const raw = Buffer.from(compose(message, context).bytes).toString("latin1");
  expect(raw).toContain("multipart/mixed");
  expect(raw).toContain("<p>H\r\n");
});

test("each message has its own Message-ID, and composing twice changes nothing else", () => {
  const [first, second] = [composed({ subject: "S", text: "T" }), composed({ subject: "S", text: "T" })];
  expect(first.messageId).not.toBe(second.messageId);
  const without = ({ bytes, messageId }: Composed): string => Buffer.from(bytes).toString().replace(messageId, "");
  expect(without(first)).toBe(without(second));
  expect(source({ subject: "S" })).toMatch(/^Message-ID: <[0-9a-f-]{36}@example\.com>\r$/m);
});

test("any Unicode comes back through both parsers", async () => {
  const random = numbersFrom(20260102);
  const alphabet = [..."abc ,\"\\<>()[]:;@.=?_-'%*天生鲜é👩‍👧", "中文", "=?", "  "];
  const words = (length: number): string =>
    Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)] ?? "").join("");
  for (let round = 0; round < 200; round++) {
    const subject = `s${words(round)}e`;
    const name = `n${words(round % 50)}e`;
    const text = `t${words(round * 5)}e\n`;
    const filename = `f${words(round % 30).replace(/[/\\]/g, "")}e`;
    const attachments = [{ filename, content: text }];
    const { postal, parser } = await read({ subject, text, attachments, to: [{ name, address: "a@example.com" }] });
    expect([postal.subject, parser.subject]).toEqual([subject, subject]);
    expect([postalLines(postal.text), lines(parser.text)]).toEqual([text, text]);
    expect([postal.to?.[0]?.name, mailboxesOf(parser.to)[0]?.name]).toEqual([name, name]);
    expect([postal.attachments[0]?.filename, parser.attachments[0]?.filename]).toEqual([filename, filename]);
  }
});

/** A repeatable sequence in [0, 1): a linear congruential generator. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("junk by the megabyte is composed or refused in linear time", { timeout: 120_000 }, () => {
  for (const junk of ["<", "(", '"a" ', "=", "\r\n", " ", "中", "\\", "=?utf-8?B?"]) {
    const places: ((text: string) => MessageFields)[] = [
      (text) => ({ text }),
      (subject) => ({ subject }),
      (name) => ({ to: [{ name, address: "a@example.com" }] }),
      (value) => ({ headers: { "X-Tag": value } }),
      (filename) => ({ attachments: [{ filename, content: "" }] }),
    ];
    for (const place of places) {
      expectLinearTime((size) => {
        try {
          composed(place(junk.repeat(size / junk.length)));
        } catch (error) {
          expect(error).toBeInstanceOf(MessageError);
        }
      });
    }
  }
});

describe("UTF-8 in headers, when it is asked for,", () => {
  const fields: MessageFields = {
    smtpUtf8: true,
    from: "天天生鲜 <天@例子.中国>",
    subject: "您的订单",
    headers: { "X-Tag": "é", "Reply-To": ["Ünal <ü@example.com>"] },
  };

  test("stands as it is", async () => {
    const { bytes } = composed(fields);
    const header = headerOf(Buffer.from(bytes).toString("utf8"));
    expect(header).toContain('From: "天天生鲜" <天@xn--fsqu00a.xn--fiqs8s>\r\n');
    expect(header).toContain("\r\nSubject: 您的订单\r\n");
    expect(header).toContain("\r\nX-Tag: é\r\n");
    expect(header).toContain('\r\nReply-To: "Ünal" <ü@example.com>\r\n');
    const postal = await PostalMime.parse(bytes);
    expect([postal.subject, postal.from?.name]).toEqual(["您的订单", "天天生鲜"]);
  });

  test("leaves the body 7-bit, and what cannot be folded encoded", () => {
    const { bytes } = composed({ ...fields, subject: "天".repeat(300), text: "é" });
    const raw = Buffer.from(bytes).toString("latin1");
    expect(raw).toContain("=C3=A9\r\n");
    expect(raw).toContain("\r\nSubject: =?UTF-8?B?");
    for (const line of raw.split("\r\n")) expect(line.length).toBeLessThanOrEqual(998);
  });
});

describe("the encoding of headers that a provider asks for", () => {
  const composedFor = (fields: MessageFields, headerEncoding: ComposeContext["headerEncoding"]): string => {
    const { bytes } = compose({ to: ["ann@example.com"], ...fields }, { ...context, headerEncoding });
    return headerOf(Buffer.from(bytes).toString("latin1"));
  };
  const from = { name: "天天生鲜欢迎您来到我们的商城".repeat(3), address: "mac@163.com" };

  test("may be B for every word", () => {
    expect(composedFor({ subject: "Café and cake" }, undefined)).toContain(
      "Subject: =?UTF-8?Q?Caf=C3=A9_and_cake?=\r\n",
    );
    expect(composedFor({ subject: "Café and cake" }, { words: "base64" })).toContain(
      "Subject: =?UTF-8?B?Q2Fmw6kgYW5kIGNha2U=?=\r\n",
    );
  });

  test("may leave From on one line", () => {
    expect(composedFor({ from }, undefined)).toMatch(/^From: =\?UTF-8\?B\?\S+\r\n =\?/);
    expect(composedFor({ from }, { foldFrom: false })).toMatch(/^From: (?:=\?UTF-8\?B\?\S+\?= )+<mac@163\.com>\r\n/);
  });
});

describe("the charset of text", () => {
  test.each<[MessageFields, string, string]>([
    [{ text: "Køge", charset: "iso-8859-1" }, "text/plain; charset=iso-8859-1", "K=F8ge\r\n"],
    [{ text: "Koge", charset: "US-ASCII" }, "text/plain; charset=us-ascii", "Koge\r\n"],
    [{ html: "Køge", charset: "latin1" }, "text/html; charset=iso-8859-1", "K=F8ge\r\n"],
    [
      { alternatives: [{ content: "Køge", contentType: "text/x-k; charset=ISO-8859-1" }] },
      "text/x-k; charset=ISO-8859-1",
      "K=F8ge\r\n",
    ],
  ])("of %j is really used", (fields, type, body) => {
    const raw = source(fields);
    expectStrict(raw);
    expect(raw).toContain(`Content-Type: ${type}\r\n`);
    expect(raw.endsWith(`\r\n\r\n${body}`)).toBe(true);
  });

  test("keeps lines short, whatever its octets look like in UTF-8", () => {
    expectStrict(source({ text: "\u00a0\u00bf".repeat(50), charset: "iso-8859-1" }));
  });

  test.each<[MessageFields, string]>([
    [{ text: "x", charset: "gb18030" }, "charset"],
    [{ text: "Łódź", charset: "iso-8859-1" }, "text"],
    [{ html: "é", charset: "us-ascii" }, "html"],
    [{ alternatives: [{ content: "x", contentType: "text/x; charset=shift_jis" }] }, "alternatives[0].contentType"],
  ])("%j is refused by name", (fields, field) => {
    expect(() => composed(fields)).toThrow(expect.objectContaining({ code: "WX_MESSAGE_CHARSET", field }));
  });

  test("may come from the context, for messages that name none", () => {
    const { bytes } = compose({ to: ["a@example.com"], text: "é" }, { ...context, charset: "iso-8859-1" });
    expect(Buffer.from(bytes).toString("latin1")).toContain("=E9\r\n");
  });
});

describe("a message that is too large", () => {
  const limited = (fields: MessageFields, maxMessageBytes: number): Composed =>
    compose({ to: ["ann@example.com"], ...fields }, { ...context, maxMessageBytes });
  const fields: MessageFields = { text: "x\n".repeat(1000), attachments: [{ content: Buffer.alloc(10_000) }] };

  test("is refused, and one that just fits is not", () => {
    const { length } = composed(fields).bytes;
    expect(limited(fields, length).bytes).toHaveLength(length);
    expect(() => limited(fields, length - 1)).toThrow(expect.objectContaining({ code: "WX_MESSAGE_TOO_LARGE" }));
  });

  test("is refused by what its content comes to, before anything is built", () => {
    const attachments = [{ content: Buffer.alloc(10_000), contentType: "not a type" }];
    expect(() => limited({ attachments }, 13_000)).toThrow(expect.objectContaining({ code: "WX_MESSAGE_TOO_LARGE" }));
    expect(() => limited({ attachments }, 14_000)).toThrow(
      expect.objectContaining({ code: "WX_MESSAGE_CONTENT_TYPE" }),
    );
  });
});

describe("the fields of the header", () => {
  test("may say the sender, the date and the Message-ID", () => {
    const header = headerOf(
      source({
        sender: "Robot <robot@example.com>",
        date: new Date(0),
        messageId: "<own@example.com>",
        headers: { "Content-Language": "zh" },
      }),
    );
    expect(header).toContain("\r\nSender: Robot <robot@example.com>\r\n");
    expect(header).toContain("\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\n");
    expect(header).toContain("\r\nMessage-ID: <own@example.com>\r\n");
    expect(header).toContain("\r\nContent-Language: zh\r\n");
  });

  test("may say the domain of the Message-ID", () => {
    expect(composed({ messageIdDomain: "例子.中国" }).messageId).toMatch(/^<[0-9a-f-]{36}@xn--fsqu00a\.xn--fiqs8s>$/);
    expect(() => composed({ messageIdDomain: "a b" })).toThrow(expect.objectContaining({ field: "messageIdDomain" }));
  });

  test("show local time when it is asked for", () => {
    const { bytes } = compose({ to: ["a@example.com"] }, { ...context, useLocalTime: true });
    const [, date = ""] = /^Date: (.*)\r$/m.exec(Buffer.from(bytes).toString("latin1")) ?? [];
    expect(Date.parse(date)).toBe(NOW);
    const minutes = -new Date(NOW).getTimezoneOffset();
    expect(
      date.endsWith(
        `${minutes < 0 ? "-" : "+"}${String(Math.floor(Math.abs(minutes) / 60)).padStart(2, "0")}${String(Math.abs(minutes) % 60).padStart(2, "0")}`,
      ),
    ).toBe(true);
  });

  test("name one sender where they name several authors", () => {
    const headers = { From: ["a@example.com", "b@example.com"] };
    expect(() => composed({ headers })).toThrow(/^headers\["From"\] names several\. Say in the field sender/);
    expect(headerOf(source({ headers, sender: "a@example.com" }))).toMatch(
      /^From: a@example\.com, b@example\.com\r\nSender: a@example\.com\r\n/,
    );
  });

  test.each<[MessageFields, string]>([
    [{ messageId: "no brackets" }, "messageId"],
    [{ date: "tomorrow" }, "date"],
    [{ date: new Date(Number.NaN) }, "date"],
    [{ sender: "a@example.com, b@example.com" }, "sender"],
    [{ contentSubtype: "xml" as "html" }, "contentSubtype"],
    [{ alternatives: {} as unknown as [] }, "alternatives"],
    [{ attachments: "a.pdf" as unknown as [] }, "attachments"],
    [{ alternatives: [{ content: "x", contentType: "message/rfc822" }] }, "alternatives[0].contentType"],
  ])("%j is refused by name", (fields, field) => {
    expect(() => composed(fields)).toThrow(expect.objectContaining({ field }));
  });
});

test("a text may be HTML, and forms for watches and AMP stand before the HTML", () => {
  expect(source({ text: "<p>x", contentSubtype: "html" })).toContain("Content-Type: text/html; charset=utf-8\r\n");
  const raw = source({
    text: "x",
    html: "y",
    alternatives: [
      { content: "{}", contentType: "text/calendar; method=PUBLISH" },
      { content: "<html amp4email>", contentType: "text/x-amp-html" },
      { content: "w", contentType: "text/watch-html" },
    ],
  });
  expect([...raw.matchAll(/^Content-Type: (text[^;\r]+)/gm)].map(([, type]) => type)).toEqual([
    "text/plain",
    "text/x-amp-html",
    "text/watch-html",
    "text/html",
    "text/calendar",
  ]);
});

test("a message that names its Message-ID has the same boundaries each time, and others have not", () => {
  const both = {
    text: "Hello",
    html: "<p>Hello",
    attachments: [{ filename: "a.eml", content: "From: a@b.cn\r\n\r\nx" }],
  };
  const named = { ...both, messageId: "<1@example.com>" };
  expect(source(named)).toBe(source(named));
  expect(source(named)).not.toContain(source({ ...named, messageId: "<2@example.com>" }).slice(-40));
  expect(source({ ...both, headers: { "Message-ID": "<3@x.cn>" } })).toBe(
    source({ ...both, headers: { "Message-ID": "<3@x.cn>" } }),
  );
  expect(source(both).slice(-40)).not.toBe(source(both).slice(-40));
});
