/** The headers by which the recipient of a stream's mail leaves it with one click (RFC 8058), for mail that came without. */
import { listHeaders } from "../../mail/index.ts";
import type { HeaderField } from "./message-header.ts";

/** What makes the links. */
export interface UnsubscribeOptions {
  /** The signed link of a recipient, as `createUnsubscribeLinks` of `waxseal/web` makes it. */
  urlFor(from: { address: string; stream: string; messageId?: string | undefined }): string;
  /** An address that takes unsubscriptions by mail, named beside the link. Default: none. */
  mailto?: string | undefined;
}

/** Who is to leave what. */
export interface StreamMail {
  to: readonly string[];
  /** Undefined for mail that nobody unsubscribes from. */
  stream: string | undefined;
  messageId: string;
}

const NAMES = ["list-unsubscribe", "list-unsubscribe-post"];
/** RFC 5322, section 2.1.1. */
const LONGEST_LINE = 998;
const USUAL_LINE = 78;

/**
 * The fields to add, with their CRLF; nothing for mail to several, which would read each other's link, for mail that
 * says itself how to leave, and where a signature of the client's forbids to add one.
 */
export function unsubscribeFields(
  fields: readonly HeaderField[],
  mail: StreamMail,
  { urlFor, mailto }: UnsubscribeOptions,
): string {
  const { stream, messageId } = mail;
  const [address, ...others] = mail.to;
  if (stream === undefined || address === undefined || others.length > 0) return "";
  if (fields.some((field) => NAMES.includes(field.name) || forbidsMore(field))) return "";
  const textFor = (url: string): string => written(mailto === undefined ? [url] : [mailto, url]);
  const text = textFor(urlFor({ address, stream, messageId }));
  if (fits(text)) return text;
  const shorter = textFor(urlFor({ address, stream }));
  return fits(shorter) ? shorter : "";
}

/** A signature that names a field which is not there breaks once somebody adds it (RFC 6376, section 5.4.2). */
function forbidsMore({ name, value }: HeaderField): boolean {
  if (name !== "dkim-signature") return false;
  const signed = /(?:^|;)\s*h\s*=([^;]*)/.exec(value)?.[1] ?? "";
  return signed.split(":").some((word) => NAMES.includes(word.trim().toLowerCase()));
}

/** What is long stands on lines of its own: a link alone may fill one. */
function written(unsubscribe: readonly string[]): string {
  return Object.entries(listHeaders({ unsubscribe }))
    .map(([name, value]) => `${name}: ${value}`)
    .map((line) => (line.length <= USUAL_LINE ? line : line.replace(": ", ":\r\n ").replaceAll(", ", ",\r\n ")))
    .map((line) => `${line}\r\n`)
    .join("");
}

function fits(text: string): boolean {
  return text.split("\r\n").every((line) => line.length <= LONGEST_LINE);
}
