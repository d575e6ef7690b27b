/** The header as DKIM signs it (RFC 6376, sections 3.4.1, 3.4.2 and 5.4). */
import type { Canonicalization } from "./canonical-body.ts";

/** One field of a header as it stands in the message, without the CRLF that ends it. Bytes are read as Latin-1. */
export interface HeaderField {
  /** In lower case. */
  name: string;
  text: string;
}

/** The fields of a header in their order, each with its folded lines. */
export function headerFields(header: string): HeaderField[] {
  return header.split(/\r\n(?![ \t])/).map((text) => ({ name: fieldName(text), text }));
}

function fieldName(text: string): string {
  return text
    .slice(0, Math.max(0, text.indexOf(":")))
    .trimEnd()
    .toLowerCase();
}

/** A field as it is hashed, without a CRLF at its end. */
export function canonicalField({ name, text }: HeaderField, canonicalization: Canonicalization): string {
  if (canonicalization === "simple") return text;
  const value = text.slice(text.indexOf(":") + 1).replace(/[ \t\r\n]+/g, " ");
  return `${name}:${value.replace(/^ | $/g, "")}`;
}

/**
 * The fields that a list of names signs: where a name stands several times, the last field of that name first. A name
 * that stands once more than there are fields signs that there is no further one.
 */
export function fieldsToSign(fields: readonly HeaderField[], names: readonly string[]): HeaderField[] {
  const waiting = new Map<string, HeaderField[]>();
  for (const field of fields) {
    const same = waiting.get(field.name);
    if (same === undefined) waiting.set(field.name, [field]);
    else same.push(field);
  }
  return names.flatMap((name) => waiting.get(name)?.pop() ?? []);
}
