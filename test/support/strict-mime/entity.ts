/** The tree of a message's parts: delimiters, and what each part says about its encoding (RFC 2045, section 6; RFC 2046). */
import { decode } from "./encoded-words.ts";
import { checkField } from "./fields.ts";
import { type Field, readHeader } from "./header.ts";
import { readParameters } from "./parameters.ts";
import { Report } from "./report.ts";
import { checkTransferEncoding } from "./transfer-encoding.ts";

export interface Entity {
  readonly source: string;
  readonly fields: readonly Field[];
  readonly bodyAt: number;
  readonly end: number;
  /** The boundaries around it, the outermost first. */
  readonly enclosing: readonly string[];
}

/** A part that holds no others, decoded. */
export interface Leaf {
  readonly type: string;
  readonly contentId: string | undefined;
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/** Checks an entity and all within it; answers with its leaves in order. */
export function checkEntity(entity: Entity, report: Report): Leaf[] {
  const { fields, bodyAt } = entity;
  for (const { key, offset } of fields) {
    const isTwice = key.startsWith("content-") && fields.filter((other) => other.key === key).length > 1;
    report.unless(!isTwice, "once", offset, key);
  }
  const { head, parameters } = readParameters(valueOf(fields, "content-type") ?? "text/plain", bodyAt, new Report());
  const type = head.toLowerCase();
  const encoding = (valueOf(fields, "content-transfer-encoding") ?? "7bit").toLowerCase();
  if (/^(?:multipart|message)\//.test(type)) {
    report.unless(/^(?:7bit|8bit|binary)$/.test(encoding), "encoded-composite", bodyAt, `${type} as ${encoding}`);
  }
  if (type.startsWith("multipart/")) return checkMultipart(entity, parameters.get("boundary"), report);
  return [checkLeaf(entity, type, encoding, parameters.get("charset"), report)];
}

function valueOf(fields: readonly Field[], name: string): string | undefined {
  return fields.find(({ key }) => key === name)?.value;
}

function checkLeaf(
  { source, fields, bodyAt, end }: Entity,
  type: string,
  encoding: string,
  charset: string | undefined,
  report: Report,
): Leaf {
  const bytes = checkTransferEncoding(source.slice(bodyAt, end), encoding, bodyAt, report);
  if (type.startsWith("text/")) {
    const isAscii = bytes.every((octet) => octet < 0x80);
    const isHonest =
      charset === undefined || /^us-ascii$/i.test(charset) ? isAscii : decode(charset, bytes) !== undefined;
    report.unless(isHonest, "charset", bodyAt, `${type} is not ${charset ?? "us-ascii"}`);
  }
  return { type, contentId: valueOf(fields, "content-id"), bytes, offset: bodyAt };
}

function checkMultipart(entity: Entity, boundary: string | undefined, report: Report): Leaf[] {
  const { source, bodyAt, end, enclosing } = entity;
  if (boundary === undefined) {
    report.broken("no-boundary", bodyAt, "multipart");
    return [];
  }
  const isLegal = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/.test(boundary);
  report.unless(isLegal, "boundary", bodyAt, boundary);
  const clash = enclosing.find((other) => other.startsWith(boundary) || boundary.startsWith(other));
  report.unless(clash === undefined, "boundary-clash", bodyAt, `${boundary} and ${clash}`);
  const parts = splitParts(source.slice(bodyAt, end), boundary, bodyAt, report);
  report.unless(parts.length > 0, "no-parts", bodyAt, boundary);
  return parts.flatMap(([from, to]) => checkPart(entity, bodyAt + from, bodyAt + to, boundary, report));
}

function checkPart(parent: Entity, start: number, end: number, boundary: string, report: Report): Leaf[] {
  const { source, enclosing } = parent;
  const { fields, bodyAt } = readHeader(source, start, end, report);
  for (const field of fields) checkField(field, report);
  return checkEntity(
    { source, fields, bodyAt: Math.min(bodyAt, end), end, enclosing: [...enclosing, boundary] },
    report,
  );
}

/** Where each part begins and ends, without the line break that belongs to the delimiter (RFC 2046, section 5.1.1). */
function splitParts(body: string, boundary: string, offset: number, report: Report): [from: number, to: number][] {
  const parts: [number, number][] = [];
  let open: number | undefined;
  for (const { at, after, tail } of delimiters(body, boundary)) {
    report.unless(/^(?:--)?[ \t]*$/.test(tail), "delimiter-line", offset + at, tail);
    if (open !== undefined) parts.push([open, Math.max(open, at - 2)]);
    if (tail.startsWith("--")) return parts;
    open = after;
  }
  report.broken("no-closing-delimiter", offset + body.length, boundary);
  return open === undefined ? parts : [...parts, [open, body.length]];
}

/** The lines that begin with the delimiter: where, what follows on them, and where the next line begins. */
function* delimiters(body: string, boundary: string): Generator<{ at: number; after: number; tail: string }> {
  const delimiter = `--${boundary}`;
  for (let at = 0; at < body.length;) {
    const lineEnd = body.indexOf("\r\n", at);
    const after = lineEnd < 0 ? body.length : lineEnd + 2;
    const line = body.slice(at, lineEnd < 0 ? body.length : lineEnd);
    if (line.startsWith(delimiter)) yield { at, after, tail: line.slice(delimiter.length) };
    at = after;
  }
}
