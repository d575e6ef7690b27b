/** A finished message: checked, and sent as it is. */
import { isAscii } from "node:buffer";
import type { Composed } from "./composed.ts";
import { MessageError } from "./errors.ts";
import { messageEnvelope } from "./message-envelope.ts";
import { MESSAGE_FIELDS, type MessageFields } from "./message-fields.ts";
import { octetsOf, refuseDeepNesting, refuseUnsafe } from "./mime/entity.ts";
import { readPeople } from "./people.ts";

/** What a raw message may have beside it: all else stands in it. */
const BESIDE_RAW: ReadonlySet<string> = new Set<keyof MessageFields>([
  "raw", "from", "to", "cc", "bcc", "envelope", "dsn", "requireTls", "tags", "metadata", "smtpUtf8", "domainLiteral",
]); // prettier-ignore

/**
 * The finished message and its envelope.
 *
 * Its line ends must be CRLF, its lines at most 998 octets, and its octets ASCII, or UTF-8 with `smtpUtf8`; its
 * header must have one From, no Bcc, none of the fields that stand once twice, and no control character.
 *
 * @throws MessageError WX_MESSAGE_RAW, WX_MESSAGE_NESTING, and what the envelope may throw
 */
export function composeRaw(message: MessageFields, defaultFrom: string | undefined): Composed {
  refuseOtherFields(message);
  const { raw, smtpUtf8 = false } = message;
  if (typeof raw !== "string" && !(raw instanceof Uint8Array))
    throw bad("is neither text nor bytes", "Give a string or a Buffer");
  const octets = octetsOf(raw);
  refuseUnsafe(octets, "raw", smtpUtf8);
  refuseDeepNesting(octets, "raw");
  const fields = headerFields(octets);
  const isUtf8 = !isAscii(octets);
  return {
    envelope: messageEnvelope(message, readPeople(message, defaultFrom), isUtf8),
    bytes: octets,
    messageId: fields.find(([name]) => name === "message-id")?.[1] ?? "",
    subject: fields.find(([name]) => name === "subject")?.[1] ?? "",
  };
}

function refuseOtherFields(message: MessageFields): void {
  for (const name of MESSAGE_FIELDS) {
    if (BESIDE_RAW.has(name) || isEmpty((message as Record<string, unknown>)[name])) continue;
    const fix = "Leave it out: it would have to stand in the raw message";
    throw new MessageError("WX_MESSAGE_RAW", { field: name, problem: "does not go with raw", fix });
  }
}

/** What a new EmailMessage has in the fields that nobody set. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === "") return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** What some reader takes for the end of a line, or a terminal for a command; the CRLF and TAB of folds aside. */
// oxlint-disable-next-line no-control-regex -- finding control characters is what it is for
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]/;
/** RFC 5322, section 3.6, and RFC 2045, section 3: at most one of each, beside From. */
const ONCE: readonly string[] = [
  "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
  "mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id",
]; // prettier-ignore

/** The header's fields, unfolded, by their lower-case names. */
function headerFields(octets: Buffer): [name: string, value: string][] {
  const end = octets.indexOf("\r\n\r\n");
  const lines = octets.toString("utf8", 0, end < 0 ? octets.length : end).replace(/\r\n$/, "");
  if (CONTROL.test(lines)) throw bad("has a control character in its header", "Take it out, or write an encoded-word");
  const fields = lines
    .replace(/\r\n(?=[ \t])/g, "")
    .split("\r\n")
    .map(readField);
  const count = (name: string): number => fields.filter(([other]) => other === name).length;
  if (count("from") !== 1) throw bad("has not exactly one From", "Write whom it is from in its header");
  const doubled = ONCE.find((name) => count(name) > 1);
  if (doubled !== undefined)
    throw bad(`has more than one ${doubled}`, "Keep one: readers differ about which of them counts");
  if (count("bcc") + count("resent-bcc") > 0)
    throw bad("has a Bcc, which every recipient would see", "Take it out; name them in envelope.to");
  return fields;
}

function readField(line: string): [name: string, value: string] {
  const [, name, value] = /^([!-9;-~]+)[ \t]*:(.*)$/s.exec(line) ?? [];
  if (name !== undefined && value !== undefined) return [name.toLowerCase(), value.trim()];
  throw bad("has a line in its header that is no field", "Begin it with headers, and an empty line after them");
}

function bad(problem: string, fix: string): MessageError {
  return new MessageError("WX_MESSAGE_RAW", { field: "raw", problem, fix });
}
