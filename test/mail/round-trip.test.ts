/** Any message comes back from two parsers that share no code with us, and breaks no rule of the strict checker. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Mailbox, toAsciiAddress } from "../../src/mail/index.ts";
import { composed, headerOf, readBoth } from "../support/composed.ts";
import { type ParsedMessage, shownMailbox } from "../support/parsers.ts";
import { runs } from "../support/property.ts";
import { brokenRules } from "../support/strict-mime.ts";
import {
  bodyText,
  headerText,
  inlineImages,
  latinText,
  message,
  type RandomMessage,
  shownText,
} from "../support/random-message.ts";

/** Text as it must come back: with LF, and a line break at its end. */
function asRead(text: string): string {
  const lines = text.replaceAll("\r\n", "\n");
  return lines.endsWith("\n") ? lines : `${lines}\n`;
}

/** What must come back of a message. */
function expected(fields: RandomMessage): ParsedMessage {
  const { text = "", html = "", attachments = [] } = fields;
  const shown = (list: readonly Mailbox[] = []): Mailbox[] => list.map(shownMailbox);
  return {
    from: shown([fields.from]),
    to: shown(fields.to),
    cc: shown(fields.cc),
    replyTo: shown(fields.replyTo),
    subject: fields.subject ?? "",
    headers: new Map(
      Object.entries({ "x-note": fields.headers?.["X-Note"] ?? "" }).filter(([, value]) => value !== ""),
    ),
    text: text === "" && (html !== "" || attachments.length > 0) ? "" : asRead(text),
    html: html === "" ? "" : asRead(html),
    attachments: attachments.map(({ filename, content, contentType }) => ({
      filename: filename === false ? undefined : filename,
      type: contentType.split(";")[0] ?? "",
      cid: undefined,
      content: Buffer.from(content).toString("latin1"),
    })),
  };
}

/**
 * What postal-mime gives back without fail. It drops U+FEFF where a decoder would see it as a byte order mark, decodes a
 * file's name that RFC 2231 spelt out, and counts the line break that belongs to a boundary (RFC 2046, section 5.1.1) as
 * one of the part's.
 */
function withoutQuirks({ headers: _, text, html, attachments, ...others }: ParsedMessage): unknown {
  const bodies = [text, html].map((body) => body.replace(/\n+$/, ""));
  const files = attachments.map(({ filename: __, ...file }) => file);
  return JSON.parse(JSON.stringify({ ...others, bodies, files }).replaceAll("\ufeff", ""));
}

test("everything in a message comes back", async () => {
  await fc.assert(
    fc.asyncProperty(message, async (fields) => {
      const { postalMime, mailparser } = await readBoth(fields);
      const whole = expected(fields);
      expect(mailparser).toEqual({ ...whole, headers: mailparser.headers });
      for (const { headers } of [mailparser, postalMime]) {
        expect(headers.get("x-note")?.replaceAll("\ufeff", "")).toEqual(
          whole.headers.get("x-note")?.replaceAll("\ufeff", ""),
        );
      }
      expect(withoutQuirks(postalMime)).toEqual(withoutQuirks(whole));
    }),
    runs(250),
  );
});

test("the envelope has everyone once, and the header nobody else", () => {
  fc.assert(
    fc.property(message, (fields) => {
      const sent = composed(fields);
      const { envelope } = sent;
      const everyone = [...fields.to, ...(fields.cc ?? []), ...(fields.bcc ?? [])];
      const addresses = everyone.map(({ address }) => toAsciiAddress(address));
      expect(envelope.from).toBe(toAsciiAddress(fields.from.address));
      expect(envelope.to).toEqual([...new Set(addresses)]);
      const known =
        /^(?:from|to|cc|reply-to|subject|date|message-id|x-note|mime-version|content-(?:type|disposition|transfer-encoding))$/i;
      const names = headerOf(sent)
        .split(/\r\n(?! )/)
        .map((line) => line.slice(0, line.indexOf(":")));
      expect(names.filter((name) => !known.test(name))).toEqual([]);
    }),
    runs(250),
  );
});

test.each(["iso-8859-1", "us-ascii"] as const)("a body in %s comes back", async (charset) => {
  await fc.assert(
    fc.asyncProperty(latinText(charset), headerText, async (text, subject) => {
      const fields = {
        from: "a@example.com",
        to: ["b@example.com"],
        subject,
        text: `x${text}`,
        html: `<p>${text}`,
        charset,
      };
      const { postalMime, mailparser } = await readBoth(fields);
      expect(postalMime.text.trimEnd()).toEqual(`x${text}`.trimEnd());
      expect([mailparser.text, mailparser.html]).toEqual([asRead(`x${text}`), asRead(`<p>${text}`)]);
    }),
    runs(100),
  );
});

test("images in the HTML come back with their Content-IDs, which the HTML names", async () => {
  await fc.assert(
    fc.asyncProperty(inlineImages, bodyText, async (images, text) => {
      const html = images.map(({ cid }) => `<img src="cid:${cid}">`).join("\n") + text;
      const fields = { from: "a@example.com", to: ["b@example.com"], text: `x${text}`, html, attachments: images };
      const { postalMime, mailparser } = await readBoth(fields);
      const cids = images.map(({ cid }) => cid);
      expect(postalMime.attachments.map(({ cid }) => cid)).toEqual(cids);
      expect(mailparser.attachments.map(({ cid }) => cid)).toEqual(cids);
      expect(mailparser.html).toBe(asRead(html));
    }),
    runs(100),
  );
});

test("names and a subject in UTF-8 come back, where the header may hold it", async () => {
  await fc.assert(
    fc.asyncProperty(shownText, shownText, async (name, subject) => {
      const fields = { from: { name, address: "麦克@例子.中国" }, subject, smtpUtf8: true };
      const { postalMime, mailparser } = await readBoth(fields);
      expect([mailparser.from[0]?.name, mailparser.subject]).toEqual([name, subject]);
      expect([postalMime.from[0]?.name, postalMime.subject]).toEqual([name, subject]);
    }),
    runs(200),
  );
});

test("names and a subject come back from base64 words alone", async () => {
  await fc.assert(
    fc.asyncProperty(headerText, headerText, async (name, subject) => {
      const fields = { from: { name, address: "a@example.com" }, subject };
      const { mailparser } = await readBoth(fields, { headerEncoding: { words: "base64" } });
      expect([mailparser.from[0]?.name, mailparser.subject]).toEqual([name, subject]);
      expect(headerOf(composed(fields, { headerEncoding: { words: "base64" } }))).not.toMatch(/=\?UTF-8\?Q\?/);
    }),
    runs(100),
  );
});

test("with every form of the body, a calendar, a message in the message and text files no rule is broken", () => {
  fc.assert(
    fc.property(message, bodyText, bodyText, headerText, (inner, first, second, name) => {
      const sent = composed({
        text: first,
        html: second,
        amp: second,
        watchHtml: first,
        alternatives: [
          { content: first, contentType: "text/markdown" },
          { content: Buffer.from(second), contentType: "application/json" },
        ],
        icalEvent: { content: `BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n${first}\r\nEND:VCALENDAR`, method: "request" },
        list: { id: { name, id: "news.example.com" }, unsubscribe: ["https://example.com/off", "off@例子.中国"] },
        attachments: [
          { filename: "inner.eml", content: composed(inner).bytes },
          { filename: "a.txt", content: first },
          { content: second, contentType: "text/html", headers: name === "" ? {} : { "X-Note": name } },
        ],
      });
      expect(brokenRules(sent.bytes)).toEqual([]);
    }),
    runs(100),
  );
});
