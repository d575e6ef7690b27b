/** The tree of a message's parts, and how it is laid out and written (RFC 2046). */
import { createHash, randomUUID } from "node:crypto";
import { writeBase64 } from "./base64.ts";
import { CRLF } from "./header.ts";
import { messageRoom } from "./message-room.ts";
import type { EncodedBody, TransferEncoding } from "./transfer-encoding.ts";

/** A media type whose header still keeps to one line of 78. */
const LONGEST_TYPE = 60;

/** A body with its headers. */
export interface Leaf {
  /** Folded, each with its CRLF, and the empty line after them; empty where `body` begins with them. */
  readonly headers: string;
  readonly body: EncodedBody;
  /** The body is taken as it is, so that anything may stand in it. */
  readonly isForeign?: true | undefined;
}

/**
 * Parts in a row: different forms of one thing (`alternative`), one thing and what it shows (`related`), or different
 * things (`mixed`).
 */
export interface Multipart {
  readonly subtype: "alternative" | "mixed" | "related";
  /** Further parameters of the Content-Type, each with its semicolon. */
  readonly parameters: string;
  readonly parts: readonly Part[];
}

export type Part = Leaf | Multipart;

/** The parts in a multipart; a single part stands alone, unless its headers, which would join the message's, are not ours. */
export function multipart(subtype: Multipart["subtype"], parts: readonly Part[], parameters = ""): Part {
  const [only] = parts;
  if (only === undefined || parts.length > 1 || ("body" in only && only.headers === "")) {
    return { subtype, parameters, parts };
  }
  return only;
}

/** A message in pieces, in order, before it is written. */
export interface Layout {
  /** ASCII, or a body. */
  readonly pieces: (string | EncodedBody)[];
  /** ASCII that follows the pieces. */
  tail: string;
  /** All of it, in octets. */
  length: number;
}

/** The headers of a part, and the empty line after them; `about` are further ones, each with its CRLF. */
export function contentHeaders(type: string, about: string, encoding: TransferEncoding): string {
  return `${contentType(type)}${CRLF}${about}Content-Transfer-Encoding: ${encoding}${CRLF}${CRLF}`;
}

const KNOWN_TYPES = new Map<string, string>();
const MOST_KNOWN_TYPES = 64;

/** A mailer's messages are of a few types; their headers are written once. */
function contentType(type: string): string {
  const known = KNOWN_TYPES.get(type);
  if (known !== undefined) return known;
  const folded = type.split(/ ?; ?/).join(type.length > LONGEST_TYPE ? `;${CRLF} ` : "; ");
  const header = `Content-Type: ${folded}`;
  if (KNOWN_TYPES.size < MOST_KNOWN_TYPES) KNOWN_TYPES.set(type, header);
  return header;
}

/**
 * Lays a message out: the headers of the message, then those of the part, then its body.
 *
 * @param seed What the boundaries are derived from; without it they are new each time.
 */
export function layOut(headers: string, part: Part, seed?: string): Layout {
  const layout: Layout = { pieces: [], tail: "", length: 0 };
  addText(layout, headers);
  if ("body" in part) addLeaf(layout, part);
  else addMultipart(layout, part, { next: 0, id: boundaryId(part, seed) });
  return layout;
}

/** Writes what is laid out. */
export function writeLayout({ pieces, tail, length }: Layout): Buffer {
  const target = messageRoom(length);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === "string") target.write(piece, at, "latin1");
    else if (piece.encoding === "base64") writeBase64(piece.octets, target, at);
    else target.set(piece.octets, at);
    at += piece.length;
  }
  target.write(tail, at, "latin1");
  return target;
}

function addText(layout: Layout, text: string): void {
  layout.tail += text;
  layout.length += text.length;
}

function addLeaf(layout: Layout, { headers, body }: Leaf): void {
  addText(layout, headers);
  layout.pieces.push(layout.tail, body);
  layout.tail = "";
  layout.length += body.length;
}

interface BoundarySource {
  next: number;
  readonly id: string;
}

function addMultipart(layout: Layout, part: Multipart, source: BoundarySource): void {
  const boundary = `=_${source.next++}.${source.id}`;
  addText(layout, `Content-Type: multipart/${part.subtype};${part.parameters}${CRLF} boundary="${boundary}"${CRLF}`);
  for (const child of part.parts) {
    addText(layout, `${CRLF}--${boundary}${CRLF}`);
    if ("body" in child) addLeaf(layout, child);
    else addMultipart(layout, child, source);
  }
  addText(layout, `${CRLF}--${boundary}--${CRLF}`);
}

/**
 * What all boundaries of a message have in common.
 *
 * Guarantee: a boundary occurs in no body. It begins with "=_", which neither base64 nor quoted-printable can produce,
 * plain text with a line that begins with "--=_" is encoded, and in what is taken as it is, the id is looked for.
 */
function boundaryId(part: Part, seed: string | undefined): string {
  const foreign = foreignBodies(part);
  for (let round = 0; ; round++) {
    const id = seed === undefined ? randomUUID() : derivedId(`${round}.${seed}`);
    if (!foreign.some((octets) => Buffer.from(octets.buffer, octets.byteOffset, octets.length).includes(id))) return id;
  }
}

/** As long as a random one. */
function derivedId(seed: string): string {
  return createHash("sha256").update(seed).digest("hex").slice(0, 36);
}

function foreignBodies(part: Part): Uint8Array[] {
  if ("parts" in part) return part.parts.flatMap(foreignBodies);
  return part.isForeign === true ? [part.body.octets] : [];
}
