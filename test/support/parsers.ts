/** Reads a message by two parsers that share no code with us, into one form that a test can compare. */
import { type AddressObject, simpleParser } from "mailparser";
import PostalMime, { type Address, decodeWords } from "postal-mime";
import { type Mailbox, toAsciiAddress } from "../../src/mail/index.ts";

/** What a test compares. */
export interface ParsedMessage {
  from: Mailbox[];
  to: Mailbox[];
  cc: Mailbox[];
  replyTo: Mailbox[];
  subject: string;
  /** By lower-case name, decoded by postal-mime, which drops U+FEFF. */
  headers: ReadonlyMap<string, string>;
  /** With LF for line breaks. */
  text: string;
  html: string;
  attachments: { filename: string | undefined; type: string; cid: string | undefined; content: string }[];
}

/** The mailbox as both parsers show it: without the quotes of the local part, and the domain in ASCII. */
export function shownMailbox({ name, address }: Mailbox): Mailbox {
  const at = address.lastIndexOf("@");
  const local = address
    .slice(0, at)
    .replace(/^"(.*)"$/, "$1")
    .replace(/\\(.)/g, "$1");
  // mailparser shows a domain as Unicode.
  const domain = toAsciiAddress(`a${address.slice(at)}`).slice(1);
  return { name, address: local + domain };
}

export async function readByPostalMime(bytes: Uint8Array): Promise<ParsedMessage> {
  const mail = await PostalMime.parse(bytes);
  const mailboxes = (list: readonly Address[] = []): Mailbox[] =>
    list.map(({ name, address = "" }) => shownMailbox({ name, address }));
  return {
    from: mailboxes(mail.from && [mail.from]),
    to: mailboxes(mail.to),
    cc: mailboxes(mail.cc),
    replyTo: mailboxes(mail.replyTo),
    subject: mail.subject ?? "",
    headers: new Map(mail.headers.map(({ key, value }) => [key, decodeWords(value)])),
    text: withLf(mail.text),
    html: withLf(mail.html),
    attachments: mail.attachments.map(({ filename, mimeType, contentId, content }) => ({
      filename: filename ?? undefined,
      type: mimeType,
      cid: contentId?.slice(1, -1),
      content: Buffer.from(content as ArrayBuffer).toString("latin1"),
    })),
  };
}

function withLf(text: string | undefined): string {
  return (text ?? "").replaceAll("\r\n", "\n");
}

export async function readByMailparser(bytes: Uint8Array): Promise<ParsedMessage> {
  const options = { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true };
  const mail = await simpleParser(Buffer.from(bytes), options);
  const mailboxes = (field: AddressObject | AddressObject[] | undefined): Mailbox[] =>
    [field ?? []].flat().flatMap(({ value }) => value.map(({ name, address = "" }) => shownMailbox({ name, address })));
  return {
    from: mailboxes(mail.from),
    to: mailboxes(mail.to),
    cc: mailboxes(mail.cc),
    replyTo: mailboxes(mail.replyTo),
    subject: mail.subject ?? "",
    headers: new Map([...mail.headers].map(([key, value]) => [key, decodeWords(String(value))])),
    text: withLf(mail.text),
    html: withLf(mail.html || ""),
    attachments: mail.attachments.map(({ filename, contentType, cid, content }) => ({
      filename,
      type: contentType,
      cid,
      content: content.toString("latin1"),
    })),
  };
}
