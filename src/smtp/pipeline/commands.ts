/** The commands of one message, as text (RFC 5321, section 4.1.1), with the parameters that its envelope asks for. */
import type { Capabilities } from "../capabilities.ts";
import type { DsnRequest, Envelope } from "../envelope.ts";

// oxlint-disable-next-line no-control-regex
const NOT_ONE_LINE = /[\r\n\0]/;

/** What the parameters of MAIL depend on. */
export interface MailFacts {
  readonly envelope: Envelope;
  readonly size: number;
  readonly isAscii: boolean;
}

/** MAIL with its parameters, each only where the server offers it. Ends in CRLF, as all of these do. */
export function mailCommand({ keywords }: Capabilities, { envelope, size, isAscii }: MailFacts): string {
  let line = `MAIL FROM:<${oneLine(envelope.from)}>`;
  if (keywords.has("SIZE")) line += ` SIZE=${size}`;
  if (!isAscii) line += " BODY=8BITMIME";
  if (envelope.smtpUtf8 === true) line += " SMTPUTF8";
  if (envelope.requireTls === true) line += " REQUIRETLS";
  if (envelope.dsn !== undefined && keywords.has("DSN")) line += oneLine(mailDsn(envelope.dsn));
  return `${line}\r\n`;
}

export function rcptCommand({ keywords }: Capabilities, address: string, dsn: DsnRequest | undefined): string {
  const parameters = dsn !== undefined && keywords.has("DSN") ? oneLine(rcptDsn(dsn, address)) : "";
  return `RCPT TO:<${oneLine(address)}>${parameters}\r\n`;
}

/** A header field up to its first line end. */
const HEADER_LINE = /^[!-9;-~]+:[ -~]{0,900}\r\n/;
const LONGEST_HEADER_LINE = 1000;

/**
 * How much of the content may go out before it is known that the server understands BDAT: its first header line, which
 * one that does not takes for an unknown command. 0 where the content does not begin with one; some servers refuse an
 * empty chunk.
 */
export function probeLength(bytes: Buffer): number {
  return HEADER_LINE.exec(bytes.toString("latin1", 0, LONGEST_HEADER_LINE))?.[0].length ?? 0;
}

/** A chunk that is not the last (RFC 3030, section 2). */
export function probeCommand(bytes: number): string {
  return `BDAT ${bytes}\r\n`;
}

/** All of the content, or the rest of it, in one chunk (RFC 3030, section 2). */
export function bdatCommand(bytes: number): string {
  return `BDAT ${bytes} LAST\r\n`;
}

/** Guarantee: whatever else was forgotten, what comes from a caller stays in its one command. */
function oneLine(part: string): string {
  if (NOT_ONE_LINE.test(part)) throw new TypeError("an SMTP command holds CR, LF or NUL");
  return part;
}

/** RFC 3461, sections 4.3 and 4.4. */
function mailDsn(dsn: DsnRequest): string {
  const ret = dsn.return === undefined ? "" : ` RET=${dsn.return === "full" ? "FULL" : "HDRS"}`;
  return dsn.id === undefined ? ret : `${ret} ENVID=${xtext(dsn.id)}`;
}

/** RFC 3461, sections 4.1 and 4.2. */
function rcptDsn({ notify }: DsnRequest, address: string): string {
  const original = ` ORCPT=${originalRecipient(address)}`;
  if (notify === undefined) return original;
  return ` NOTIFY=${(notify === "never" ? [notify] : notify).join(",").toUpperCase()}${original}`;
}

const NOT_XTEXT = /[^!-*,-<>-~]/g;
const hex = (character: string): string => character.codePointAt(0)?.toString(16).toUpperCase() ?? "";

/** ASCII in a parameter's value: what could end it is written as its hexadecimal (RFC 3461, section 4). */
function xtext(text: string): string {
  return text.replace(NOT_XTEXT, (character) => `+${hex(character).padStart(2, "0")}`);
}

// oxlint-disable-next-line no-control-regex
const ALL_ASCII = /^[\x00-\x7f]*$/;

/** An address outside ASCII has a form of its own (RFC 6533, section 3). */
function originalRecipient(address: string): string {
  if (ALL_ASCII.test(address)) return `rfc822;${xtext(address)}`;
  return `utf-8;${address.replace(/[+=\\\s]/g, (character) => `\\x{${hex(character)}}`)}`;
}
