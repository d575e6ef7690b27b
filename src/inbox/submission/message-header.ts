/** The header of a message as it was handed in: its fields, each with its own octets (RFC 5322, section 2.2). */
import { MessageError } from "../../mail/index.ts";
import type { NamedValue } from "./request-headers.ts";

/** A field of a header. */
export interface HeaderField extends NamedValue {
  /** All of it, one character for each octet, with the CRLF that ends it. */
  text: string;
}

/** A message in its two halves. */
export interface SplitMessage {
  fields: HeaderField[];
  /** The empty line and what follows it; nothing where a message is all header. */
  rest: Buffer;
}

const HEADER_END = "\r\n\r\n";
/** Far longer than any header that a person or a server made, in octets. */
const LONGEST_HEADER = 512 * 1024;

/**
 * The fields of a message's header, and the rest.
 *
 * @throws MessageError `WX_MESSAGE_RAW` for a CR or LF by itself, a line that continues nothing, and a header without an end
 */
export function splitMessage(octets: Buffer): SplitMessage {
  // Guarantee: what one server takes for the end of a line or of the message, and another does not, goes no further
  // (SMTP smuggling): it must not be mended either, as the client's next server would see something else than we do.
  refuseBareNewlines(octets);
  if (octets[0] === 0x0d) return { fields: [], rest: octets };
  // It would continue the trace that is put before it.
  if (octets[0] === 0x20 || octets[0] === 0x09) throw raw("begins with white space", "Begin it with a header field");
  const found = octets.indexOf(HEADER_END);
  const end = found < 0 ? octets.length : found + 2;
  if (end > LONGEST_HEADER) {
    throw raw(`has a header of more than ${LONGEST_HEADER / 1024} KiB`, "Send what is long as its body");
  }
  const fields = octets
    .toString("latin1", 0, end)
    .split(/(?<=\r\n)(?![ \t])/)
    .map(readField);
  return { fields, rest: octets.subarray(end) };
}

function readField(text: string): HeaderField {
  const [, name = "", folded = ""] = /^([!-9;-~]+)[ \t]*:([^]*)$/.exec(text) ?? [];
  const value = Buffer.from(folded.replace(/\r\n/g, ""), "latin1").toString("utf8").trim();
  return { name: name.toLowerCase(), value, text };
}

function refuseBareNewlines(octets: Buffer): void {
  for (let at = octets.indexOf("\n"); at >= 0; at = octets.indexOf("\n", at + 1)) {
    if (octets[at - 1] !== 0x0d) throw bareNewline();
  }
  for (let at = octets.indexOf("\r"); at >= 0; at = octets.indexOf("\r", at + 1)) {
    if (octets[at + 1] !== 0x0a) throw bareNewline();
  }
}

function bareNewline(): MessageError {
  return raw("has a CR or LF alone; lines end with CRLF", "Write line ends as CRLF, and encode what is no text");
}

function raw(problem: string, fix: string): MessageError {
  return new MessageError("WX_MESSAGE_RAW", { field: "message", problem, fix });
}
