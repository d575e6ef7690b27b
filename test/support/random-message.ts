/** Messages made by chance, with everything in them that has broken mail before. */
import * as fc from "fast-check";
import type { Arbitrary } from "fast-check";
import type { Mailbox, MessageFields } from "../../src/mail/index.ts";

/** Whole words and single characters that mean something in some header or body. */
const TRICKY = [
  "=?utf-8?q?x?=",
  "=?UTF-8?B?5aSp?=",
  "=?",
  "?=",
  "=",
  "=20",
  "%41",
  "From ",
  ".",
  "..",
  '"',
  "\\",
  ",",
  ";",
  ":",
  "<",
  ">",
  "(",
  ")",
  "[",
  "]",
  "@",
  "'",
  "*",
  "_",
  "--",
  "--=_",
  "a@b.example",
  "<a@b.example>",
  "Bcc: eve@example.com",
  "天天生鲜欢迎您",
  "点击下面的链接激活你的账户",
  "👩‍👩‍👧‍👦",
  "👍🏽",
  "e\u0301",
  "é",
  "ß",
  "שלום",
  "\u200b",
  "\u3000",
  "\u00a0",
  "\ufeff",
  "\ufffd",
  "\u{10ffff}",
  " ",
  "  ",
  "word",
  "and a longer row of words",
  "a".repeat(80),
  "長".repeat(40),
];

/** What must not be in a header; the program refuses it. */
// oxlint-disable-next-line no-control-regex -- finding control characters is what it is for
const NOT_IN_HEADERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

const word: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TRICKY) },
  { weight: 2, arbitrary: fc.string({ maxLength: 12, unit: "grapheme-ascii" }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: "grapheme" }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: "binary" }) },
);

/** Text for a header: any characters but those that are refused, at any length. */
export const headerText: Arbitrary<string> = fc
  .tuple(fc.array(word, { maxLength: 14 }), fc.constantFrom("", " "))
  .map(([words, gap]) => words.join(gap).replace(NOT_IN_HEADERS, ""));

/** The same without what readers of UTF-8 headers lose: U+FEFF, and an octet at an end that is white space in latin1. */
export const shownText: Arbitrary<string> = headerText
  .map((text) => text.replaceAll("\ufeff", ""))
  .filter((text) => !/[\x85\xa0]$/.test(Buffer.from(text).toString("latin1")));

const line: Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.array(word, { maxLength: 12 }).map((words) => words.join(" ")) },
  { weight: 1, arbitrary: fc.constantFrom("From here", ".", "..", "--=_0", "", " ", "\t", "a \t", "x".repeat(1000)) },
);

/** Text for a body: lines of any characters with any line breaks. */
export const bodyText: Arbitrary<string> = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\n", "\r\n")), { maxLength: 12 })
  .map((lines) => lines.flat().join(""));

const DOMAINS = ["example.com", "例子.中国", "xn--fsqu00a.example", "mail.bücher.example", "localhost"];
const LOCAL_PARTS = ["ann", "o'brien+tag", '"john doe"', '"a@b, c"', "first.last"];

const address: Arbitrary<string> = fc
  .tuple(fc.constantFrom(...LOCAL_PARTS), fc.nat(99), fc.constantFrom(...DOMAINS))
  .map(([local, number, domain]) => `${local.endsWith('"') ? local : `${local}${number}`}@${domain}`);

export const mailbox: Arbitrary<Mailbox> = fc.record({ name: headerText, address });

/** The last part of a path, which is all that is kept of one. */
const filename: Arbitrary<string> = headerText
  .map((text) => Array.from(text.replace(/[/\\]/g, "")).slice(0, 200).join(""))
  .filter((text) => !["", ".", ".."].includes(text.trim()) && !text.endsWith(".eml"));

/** Bytes of any kind (but application/octet-stream, for which mailparser guesses a type by the name), and text where the type says what charset it has. */
const typedContent: Arbitrary<{ content: Uint8Array; contentType: string }> = fc.oneof(
  fc.record({
    content: fc.uint8Array({ maxLength: 300 }),
    contentType: fc.constantFrom("application/pdf", "image/png", "application/x-a.b+c"),
  }),
  fc.record({
    content: bodyText.map((text) => Buffer.from(text)),
    contentType: fc.constantFrom("text/plain", "text/csv; charset=utf-8", "text/plain; charset=UTF-8; format=flowed"),
  }),
);

export type RandomAttachment = { filename: string | false; content: Uint8Array; contentType: string };

const attachment: Arbitrary<RandomAttachment> = fc
  .tuple(fc.oneof({ weight: 5, arbitrary: filename }, fc.constant<false>(false)), typedContent)
  .map(([name, content]) => ({ filename: name, ...content }));

const mailboxes = (minLength: number): Arbitrary<Mailbox[]> => fc.array(mailbox, { minLength, maxLength: 4 });

/** A message whose fields are all of their plainest type, for what must come back of it. */
export interface RandomMessage extends MessageFields {
  from: Mailbox;
  to: Mailbox[];
  cc?: Mailbox[];
  bcc?: Mailbox[];
  replyTo?: Mailbox[];
  attachments?: RandomAttachment[];
  headers?: Readonly<Record<string, string>>;
}

/** A message with a sender, a recipient, and any of the rest. */
export const message: Arbitrary<RandomMessage> = fc.record(
  {
    from: mailbox,
    to: mailboxes(1),
    cc: mailboxes(0),
    bcc: mailboxes(0),
    replyTo: mailboxes(0),
    subject: headerText,
    text: bodyText,
    html: bodyText,
    attachments: fc.array(attachment, { maxLength: 3 }),
    headers: headerText.map((value): Record<string, string> => (value === "" ? {} : { "X-Note": value })),
  },
  { requiredKeys: ["from", "to"] },
);

/** Body text of characters that the charset has. */
export function latinText(charset: "iso-8859-1" | "us-ascii"): Arbitrary<string> {
  const last = charset === "us-ascii" ? 0x7e : 0xff;
  // 0x80 to 0x9f are left out: readers take iso-8859-1 for windows-1252, as browsers do.
  const character = fc.integer({ min: 0x20, max: last }).filter((code) => code < 0x7f || code > 0x9f);
  const letters = fc.array(character, { maxLength: 120 }).map((codes) => String.fromCharCode(...codes));
  return fc.array(letters, { maxLength: 8 }).map((lines) => lines.join("\n"));
}

/** Images that HTML shows, each with a Content-ID of its own. */
export const inlineImages: Arbitrary<{ filename: string; content: Uint8Array; contentType: string; cid: string }[]> = fc
  .array(fc.tuple(filename, fc.uint8Array({ maxLength: 100 })), { minLength: 1, maxLength: 3 })
  .map((files) =>
    files.map(([name, content], index) => ({
      filename: name,
      content,
      contentType: "image/png",
      cid: `i${index}@example.com`,
    })),
  );
