/** Hostile text in every field: the message is refused, or says nothing that it was not asked to say. */
import * as fc from "fast-check";
import type { Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import { type Composed, MessageError, type MessageFields } from "../../src/mail/index.ts";
import { composed, headerOf } from "../support/composed.ts";
import { expectLinearTime } from "../support/linear-time.ts";
import { readByMailparser, readByPostalMime } from "../support/parsers.ts";
import { runs } from "../support/property.ts";
import { brokenRules } from "../support/strict-mime.ts";

/** Half of them may be composed, so that it is not always the same field that is refused. */
const MILD = [
  "Ann",
  "word ",
  "ann@example.com",
  "<ann@example.com>",
  "天天",
  "=?utf-8?Q?=0D=0ABcc:_eve@evil.example?=",
  "eve@evil.example",
  "Bcc: eve@evil.example",
  ",",
  ";",
  ":",
  '"',
  "\\",
  "(",
  ">",
  "\ud83d",
  "%0d%0a",
  "--=_0",
  ".",
  "<1@example.com>",
  "https://example.com/",
];
const BREAKS = [
  "\r\n",
  "\n",
  "\r",
  "\0",
  "\t",
  "\u0085",
  "\u2028",
  "\u2029",
  "\u000b",
  "\r\nBcc: eve@evil.example",
  "\n\nbody",
  "\r\n.\r\n",
  "\r\n --x",
  "\x7f",
];

const hostile: Arbitrary<string> = fc
  .array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...MILD) }, fc.constantFrom(...BREAKS)), {
    minLength: 1,
    maxLength: 4,
  })
  .map((pieces) => pieces.join(""));
const mailbox = fc.oneof(
  hostile,
  fc.record({ name: hostile, address: fc.oneof(hostile, fc.constant("ann@example.com")) }),
);
const name = fc.oneof(
  hostile,
  hostile.map((text) => `X-${text}`),
  fc.constantFrom("X-Note", "To", "Reply-To", "Disposition-Notification-To"),
);

/** A sound message with one to three fields of hostile text. */
const hostileMessage: Arbitrary<MessageFields> = fc
  .record(
    {
      from: mailbox,
      sender: mailbox,
      cc: fc.array(mailbox, { maxLength: 2 }),
      bcc: fc.array(mailbox, { maxLength: 2 }),
      replyTo: fc.array(mailbox, { maxLength: 2 }),
      subject: hostile,
      text: hostile,
      html: hostile,
      headers: fc.dictionary(name, hostile, { maxKeys: 2 }),
      messageId: hostile,
      messageIdDomain: hostile,
      date: hostile,
      inReplyTo: hostile,
      references: fc.array(hostile, { maxLength: 2 }),
      list: fc.record({ unsubscribe: hostile, id: hostile, help: hostile }, { requiredKeys: [] }),
      alternatives: fc.array(fc.record({ content: hostile, contentType: hostile }), { maxLength: 1 }),
      attachments: fc.array(
        fc.record(
          { filename: hostile, content: hostile, contentType: hostile, cid: hostile },
          { requiredKeys: ["content"] },
        ),
        { maxLength: 2 },
      ),
      envelope: fc.record({ from: hostile, to: fc.array(hostile, { maxLength: 2 }) }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  )
  .chain((fields) =>
    fc.subarray(Object.entries(fields), {
      minLength: Math.min(1, Object.keys(fields).length),
      maxLength: Math.min(3, Object.keys(fields).length),
    }),
  )
  .map((entries) => Object.fromEntries(entries) as MessageFields);

function composeOrRefuse(fields: MessageFields): Composed | undefined {
  try {
    return composed(fields);
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}

/** Every header that the fields could have asked for. */
function askedFor({ headers = {} }: MessageFields): ReadonlySet<string> {
  const always = ["from", "to", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding"];
  const fields = [
    "sender",
    "cc",
    "reply-to",
    "subject",
    "in-reply-to",
    "references",
    "content-disposition",
    "content-id",
  ];
  const list = ["list-unsubscribe", "list-unsubscribe-post", "list-id", "list-help"];
  return new Set([...always, ...fields, ...list, ...Object.keys(headers).map((key) => key.toLowerCase())]);
}

test("no text becomes a header, a recipient or a part", async () => {
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(hostileMessage, async (fields) => {
      const result = composeOrRefuse(fields);
      if (result === undefined) return;
      sent++;
      const { bytes, envelope } = result;
      expect(brokenRules(bytes)).toEqual([]);
      const asked = askedFor(fields);
      for (const line of headerOf(result).split(/\r\n(?! )/))
        expect(asked).toContain(line.slice(0, line.indexOf(":")).toLowerCase());
      const [postalMime, mailparser] = [await readByPostalMime(bytes), await readByMailparser(bytes)];
      for (const read of [postalMime, mailparser]) {
        expect([...read.headers.keys()].filter((key) => !asked.has(key) && key !== "list")).toEqual([]);
        expect(read.attachments.length).toBeLessThanOrEqual(
          (fields.attachments?.length ?? 0) + (fields.alternatives?.length ?? 0),
        );
      }
      for (const address of [envelope.from, ...envelope.to])
        expect(address).toMatch(/^[^\s<>,;@]+@[^\s<>,;@]+$|^".*"@[^\s<>,;@]+$|^$/);
    }),
    runs(600),
  );
  expect(sent, "messages that were not refused").toBeGreaterThan(50);
});

test.each<[string, (junk: string) => MessageFields]>([
  ["from", (junk) => ({ from: junk })],
  ["a name", (junk) => ({ from: { name: junk, address: "a@example.com" } })],
  ["to", (junk) => ({ to: [junk] })],
  ["many in to", (junk) => ({ to: junk.split("") })],
  ["a mailbox header", (junk) => ({ headers: { "Reply-To": junk } })],
  ["the subject", (junk) => ({ subject: junk })],
  ["a header", (junk) => ({ headers: { "X-Note": junk } })],
  ["a header's name", (junk) => ({ headers: { [junk]: "a" } })],
  ["a structured header", (junk) => ({ headers: { References: junk } })],
  ["messageId", (junk) => ({ messageId: junk })],
  ["references", (junk) => ({ references: junk })],
  ["date", (junk) => ({ date: junk })],
  ["a list header", (junk) => ({ list: { unsubscribe: junk } })],
  ["the text", (junk) => ({ text: junk })],
  ["a filename", (junk) => ({ attachments: [{ filename: junk, content: "" }] })],
  ["a content type", (junk) => ({ attachments: [{ contentType: `text/plain; ${junk}`, content: "" }] })],
  ["a cid", (junk) => ({ html: "a", attachments: [{ cid: junk, content: "" }] })],
  ["envelope", (junk) => ({ envelope: { to: [junk] } })],
])("junk in %s is answered in linear time", (_, fields) => {
  for (const junk of [",", "<", '"a" ', "(", "a@", " ", "=?", "é", "; a=b", ": ", "\\"]) {
    expectLinearTime((size) => {
      composeOrRefuse(fields(junk.repeat(size / junk.length)));
    }, 100_000);
  }
});
