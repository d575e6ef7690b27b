/** Finished MIME entities, whole messages or parts: checked, and made 7-bit where they may be (RFC 2045, RFC 2046). */
import { isAscii } from "node:buffer";
import { MessageError } from "../errors.ts";
import { base64Length, writeBase64 } from "./base64.ts";
import { CRLF, LONGEST_LINE } from "./header.ts";
import { countEscapes, quotedPrintable, quotedPrintableLength } from "./quoted-printable.ts";

/** Far deeper than any message that a person made, and shallow enough for every reader. */
const MAX_DEPTH = 64;
const [LF, CR] = [0x0a, 0x0d];
const HEADER_END = CRLF + CRLF;

/** The octets of a text or a view, without a copy of the latter. */
export function octetsOf(content: string | Uint8Array): Buffer {
  if (typeof content === "string") return Buffer.from(content, "utf8");
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}

/**
 * Refuses octets that may not travel as they are: their line ends must be CRLF, their lines at most 998 long, and there
 * must be no NUL among them, nor anything outside ASCII.
 *
 * @throws MessageError WX_MESSAGE_RAW
 */
export function refuseUnsafe(octets: Buffer, field: string, allowsUtf8 = false): void {
  const problem = lineProblem(octets) ?? octetProblem(octets, allowsUtf8);
  if (problem === undefined) return;
  throw new MessageError("WX_MESSAGE_RAW", { field, problem: problem[0], fix: problem[1] });
}

type Problem = readonly [problem: string, fix: string];

function lineProblem(octets: Buffer): Problem | undefined {
  const bare: Problem = [
    "has a CR or LF alone; lines end with CRLF",
    'Write .replace(/\\r?\\n/g, "\\r\\n"), and encode what is no text',
  ];
  for (let at = octets.indexOf(CR); at >= 0; at = octets.indexOf(CR, at + 1)) {
    if (octets[at + 1] !== LF) return bare;
  }
  let start = 0;
  for (let at = octets.indexOf(LF); at >= 0; at = octets.indexOf(LF, start)) {
    if (octets[at - 1] !== CR) return bare;
    if (at - 1 - start > LONGEST_LINE) return tooLong;
    start = at + 1;
  }
  return octets.length - start > LONGEST_LINE ? tooLong : undefined;
}

const tooLong: Problem = [
  `has a line of more than ${LONGEST_LINE} octets`,
  "Encode the part as quoted-printable or base64, and fold long headers",
];

function octetProblem(octets: Buffer, allowsUtf8: boolean): Problem | undefined {
  if (octets.includes(0)) return ["holds a NUL", "Encode the part as base64"];
  if (isAscii(octets) || allowsUtf8) return undefined;
  return [
    "holds characters outside ASCII",
    "Encode the part as quoted-printable or base64, and headers as encoded-words",
  ];
}

/**
 * A message as the content of `message/rfc822`, whose transfer encoding may only be 7bit: its line ends become CRLF, and
 * its parts are encoded where they are not 7-bit. One that needs nothing comes back as it is.
 *
 * @throws MessageError WX_MESSAGE_RAW, WX_MESSAGE_NESTING
 */
export function sevenBitMessage(content: Buffer, field: string): Buffer {
  const octets = withCrlf(content);
  const pieces: Buffer[] = [];
  copyEntity(octets, 1, { field, pieces });
  const copy = Buffer.concat(pieces);
  const whole = copy.equals(octets) ? octets : copy;
  refuseUnsafe(whole, field);
  return whole;
}

/**
 * Refuses an entity that is nested too deeply.
 *
 * @throws MessageError WX_MESSAGE_NESTING
 */
export function refuseDeepNesting(octets: Buffer, field: string): void {
  copyEntity(octets, 1, { field, pieces: undefined });
}

/** LF alone becomes CRLF, as in files; a CR alone is for the checks to find. */
function withCrlf(octets: Buffer): Buffer {
  let at = octets.indexOf(LF);
  while (at > 0 && octets[at - 1] === CR) at = octets.indexOf(LF, at + 1);
  if (at < 0) return octets;
  return Buffer.from(octets.toString("latin1").replace(/\r?\n/g, CRLF), "latin1");
}

interface Copy {
  readonly field: string;
  /** Where the copy goes; undefined where only the structure is of interest. */
  readonly pieces: Buffer[] | undefined;
}

function copyEntity(octets: Buffer, depth: number, copy: Copy): void {
  if (depth > MAX_DEPTH) {
    const problem = `is nested more than ${MAX_DEPTH} deep`;
    throw new MessageError("WX_MESSAGE_NESTING", { field: copy.field, problem, fix: "Attach it as an archive" });
  }
  const { header, body } = splitEntity(octets);
  const fields = header.toString("latin1").replace(/\r\n[ \t]+/g, " ");
  const type = fieldValue(fields, CONTENT_TYPE);
  const boundary = /^multipart\//i.test(type) ? boundaryOf(type) : "";
  if (boundary === "" && !/^message\/(?:rfc822|global)\b/i.test(type)) return copyLeaf(header, body, fields, copy);
  copy.pieces?.push(withTransferEncoding(header, fields, "7bit"));
  if (boundary === "") copyEntity(body, depth + 1, copy);
  else copyParts(body, boundary, depth, copy);
}

/** The header with the empty line after it, and the rest; an entity may begin with the empty line. */
function splitEntity(octets: Buffer): { header: Buffer; body: Buffer } {
  if (octets[0] === CR && octets[1] === LF) return { header: octets.subarray(0, 2), body: octets.subarray(2) };
  const found = octets.indexOf(HEADER_END);
  const end = found < 0 ? octets.length : found + HEADER_END.length;
  return { header: octets.subarray(0, end), body: octets.subarray(end) };
}

const CONTENT_TYPE = /^content-type[ \t]*:[ \t]*(.*)$/im;
const TRANSFER_ENCODING = /^content-transfer-encoding[ \t]*:[ \t]*(.*)$/im;

function fieldValue(fields: string, field: RegExp): string {
  return field.exec(fields)?.[1]?.trim() ?? "";
}

function boundaryOf(type: string): string {
  const found = /;[ \t]*boundary[ \t]*=[ \t]*(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(type);
  return found?.[1] ?? found?.[2] ?? "";
}

function copyParts(body: Buffer, boundary: string, depth: number, copy: Copy): void {
  const delimiter = `--${boundary}`;
  let start = 0;
  let isPart = false;
  for (let at = delimiterFrom(body, delimiter, 0); at >= 0; at = delimiterFrom(body, delimiter, at + 1)) {
    // The CRLF before a delimiter belongs to it (RFC 2046, section 5.1.1).
    const contentEnd = Math.max(start, at - 2);
    if (isPart) copyEntity(body.subarray(start, contentEnd), depth + 1, copy);
    else copy.pieces?.push(body.subarray(start, contentEnd));
    const lineEnd = body.indexOf(CRLF, at);
    const end = lineEnd < 0 ? body.length : lineEnd + 2;
    copy.pieces?.push(body.subarray(contentEnd, end));
    start = end;
    isPart = body.toString("latin1", at + delimiter.length, at + delimiter.length + 2) !== "--";
    if (!isPart) break;
  }
  if (isPart) copyEntity(body.subarray(start), depth + 1, copy);
  else copy.pieces?.push(body.subarray(start));
}

/** Where a line begins with the delimiter. */
function delimiterFrom(body: Buffer, delimiter: string, from: number): number {
  let at = body.indexOf(delimiter, from);
  while (at > 0 && body[at - 1] !== LF) at = body.indexOf(delimiter, at + 1);
  return at;
}

function copyLeaf(header: Buffer, body: Buffer, fields: string, { pieces }: Copy): void {
  if (pieces === undefined) return;
  const isEncoded = /^(?:quoted-printable|base64)$/i.test(fieldValue(fields, TRANSFER_ENCODING));
  if (isEncoded || (isAscii(body) && !body.includes(0) && lineProblem(body) === undefined)) {
    pieces.push(isEncoded ? header : withTransferEncoding(header, fields, "7bit"), body);
    return;
  }
  const isText = quotedPrintableLength(body.length, countEscapes(body)) <= base64Length(body.length);
  pieces.push(withTransferEncoding(header, fields, isText ? "quoted-printable" : "base64"));
  pieces.push(isText ? quotedPrintable(body) : inBase64(body));
}

function inBase64(body: Buffer): Buffer {
  const encoded = Buffer.allocUnsafe(base64Length(body.length));
  writeBase64(body, encoded, 0);
  return encoded;
}

/** The header with another Content-Transfer-Encoding, where it has one or needs one. */
function withTransferEncoding(header: Buffer, fields: string, encoding: string): Buffer {
  const given = fieldValue(fields, TRANSFER_ENCODING).toLowerCase();
  if (given === encoding || (given === "" && encoding === "7bit")) return header;
  const others = header.toString("latin1").replace(/^content-transfer-encoding[ \t]*:.*\r\n(?:[ \t].*\r\n)*/gim, "");
  return Buffer.from(`Content-Transfer-Encoding: ${encoding}${CRLF}${others}`, "latin1");
}
