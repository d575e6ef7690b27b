/** A message as a person reads it in a terminal. */
import type { Address, Attachment, Email } from "postal-mime";
import { quoteName } from "../address.ts";
import type { Envelope } from "../backend.ts";
import { readHtml } from "../lint/html-reader.ts";
import { wrapLine } from "./console-wrap.ts";

/** The message without anything that could steer the terminal; it ends with an empty line. */
export async function describeMessage(bytes: Uint8Array, envelope: Envelope): Promise<string> {
  const { default: PostalMime } = await import("postal-mime");
  const email = await PostalMime.parse(bytes, { forceRfc822Attachments: true });
  const blocks = [headLines(email, envelope), bodyLines(email), fileLines(email)];
  return printable(
    blocks
      .filter((lines) => lines.length > 0)
      .map((lines) => `${lines.join("\n")}\n\n`)
      .join(""),
  );
}

function headLines(email: Email, envelope: Envelope): string[] {
  const fields: [name: string, value: string | undefined][] = [
    ["Subject", email.subject],
    ["From", people(email.from === undefined ? [] : [email.from])],
    ["To", people(email.to)],
    ["Cc", people(email.cc)],
    ["Reply-To", people(email.replyTo)],
    ["Date", email.date],
    ["Message-ID", email.messageId],
    ["Envelope", `${envelope.from || "<>"} -> ${envelope.to.join(", ")}`],
    ["Tags", envelope.tags?.join(", ")],
    ["Metadata", metadataText(envelope)],
  ];
  return fields.flatMap(([name, value = ""]) => (value === "" ? [] : [`${name}: ${value.replace(/[\r\n]+/g, " ")}`]));
}

function metadataText({ metadata = {} }: Envelope): string {
  return Object.entries(metadata)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

function bodyLines({ text = "", html = "" }: Email): string[] {
  const links = linksOf(html).filter((link) => !text.includes(link));
  if (text.trim() === "") return [...textLines(html), ...linkLines("links", links)];
  const read = textLines(text).flatMap(wrapLine);
  if (html === "") return read;
  return [...read, "", `[and as HTML, ${html.length} characters]`, ...linkLines("links only there", links)];
}

function textLines(text: string): string[] {
  return text.trimEnd() === "" ? [] : text.trimEnd().split(/\r?\n/);
}

function linkLines(title: string, links: readonly string[]): string[] {
  return links.length === 0 ? [] : [`[${title}]`, ...links];
}

/** Where a reader of the HTML could go, each place once. */
function linksOf(html: string): string[] {
  const links = readHtml(html).links.map(({ href }) => href);
  return [...new Set(links)].filter((link) => /^https?:/i.test(link));
}

function fileLines({ attachments }: Email): string[] {
  return attachments.map(
    (file) => `[${kindOf(file)} ${file.filename ?? "without a name"}, ${file.mimeType}, ${sizeOf(file)}]`,
  );
}

function kindOf({ disposition, contentId }: Attachment): string {
  if (disposition === "inline" && contentId !== undefined) return `inline ${contentId}`;
  return disposition === null ? "part" : "attachment";
}

function sizeOf({ content }: Attachment): string {
  const bytes = typeof content === "string" ? content.length : content.byteLength;
  if (bytes < 10_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function people(addresses: readonly Address[] = []): string {
  return addresses.map(person).join(", ");
}

function person({ name, address, group }: Address): string {
  if (group !== undefined) return `${name}: ${people(group)};`;
  if (name === "") return address;
  return `${/[",:;<>@\\]/.test(name) ? quoteName(name) : name} <${address}>`;
}

/** The text without what could move a terminal's cursor, change its colours, or turn the order of what is read. */
function printable(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "\uFFFD");
}
