/** The tree of a message's parts, and how it is written (RFC 2046). */
import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import { CRLF } from "./header.ts";
import { DEFAULT_MEDIA_TYPE } from "./media-type.ts";
import { parameterHeader } from "./parameter.ts";
import { encodeBytes, encodeText, type EncodedBody } from "./transfer-encoding.ts";

/** A body with its headers, encoded. */
export interface Leaf {
  /** Folded, without their last CRLF. */
  readonly headers: readonly string[];
  /** ASCII, ends with CRLF. */
  readonly body: string;
}

/** Parts in a row: different forms of one thing (`alternative`), or different things (`mixed`). */
export interface Multipart {
  readonly subtype: "alternative" | "mixed";
  readonly parts: readonly Part[];
}

export type Part = Leaf | Multipart;

/** The parts in a multipart; a single part stands alone. */
export function multipart(subtype: Multipart["subtype"], parts: readonly Part[]): Part {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { subtype, parts };
}

/** Text that is read in place. */
export function textPart(text: string, mediaType: string): Leaf {
  return leaf([contentType(withCharset(mediaType))], encodeText(text));
}

/** Bytes that are shown in place, by a reader that knows their type. */
export function bytesPart(bytes: Uint8Array, mediaType: string): Leaf {
  return leaf([contentType(honestType(bytes, mediaType))], encodeBytes(bytes));
}

/** A file. Its bytes come back exactly, those of text too. */
export function attachmentPart(bytes: Uint8Array, mediaType: string, filename: string | undefined): Leaf {
  const disposition =
    filename === undefined
      ? "Content-Disposition: attachment"
      : parameterHeader("Content-Disposition", "attachment", "filename", filename);
  return leaf([contentType(honestType(bytes, mediaType)), disposition], encodeBytes(bytes));
}

/** Writes a part: its own headers, and the pieces of its body in order. */
export function renderPart(part: Part): { headers: string[]; body: string[] } {
  const body: string[] = [];
  const headers = render(part, body, { depth: 0, id: randomBytes(12).toString("hex") });
  return { headers, body };
}

interface BoundarySource {
  depth: number;
  readonly id: string;
}

/**
 * Guarantee: a boundary occurs in no body. It begins with "=_", which neither base64 nor quoted-printable can produce,
 * and a plain body with a line that begins with "--=_" is encoded.
 */
function render(part: Part, body: string[], source: BoundarySource): string[] {
  if ("body" in part) {
    body.push(part.body);
    return [...part.headers];
  }
  const boundary = `=_${source.depth++}.${source.id}`;
  for (const child of part.parts) {
    const childBody: string[] = [];
    const headers = render(child, childBody, source);
    body.push(`${body.length === 0 ? "" : CRLF}--${boundary}${CRLF}`, headers.join(CRLF), CRLF, CRLF, ...childBody);
  }
  body.push(`${CRLF}--${boundary}--${CRLF}`);
  return [`Content-Type: multipart/${part.subtype};${CRLF} boundary="${boundary}"`];
}

function leaf(headers: readonly string[], { encoding, body }: EncodedBody): Leaf {
  return { headers: [...headers, `Content-Transfer-Encoding: ${encoding}`], body };
}

function contentType(mediaType: string): string {
  return `Content-Type: ${mediaType.split(/; ?/).join(mediaType.length > 60 ? `;${CRLF} ` : "; ")}`;
}

function withCharset(mediaType: string): string {
  return /; ?charset=/i.test(mediaType) ? mediaType : `${mediaType}; charset=utf-8`;
}

/** Text that is not UTF-8 and does not say what it is goes as plain bytes, so that nobody decodes it wrongly. */
function honestType(bytes: Uint8Array, mediaType: string): string {
  if (!/^text\//i.test(mediaType) || /; ?charset=/i.test(mediaType)) return mediaType;
  return isUtf8(bytes) ? withCharset(mediaType) : DEFAULT_MEDIA_TYPE;
}
