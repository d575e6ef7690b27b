/** The parameters of a structured field, plain and by RFC 2231. */
import { decode, looksEncoded } from "./encoded-words.ts";
import type { Report } from "./report.ts";

export interface Parameters {
  /** What stands before the first semicolon. */
  readonly head: string;
  /** By lower-case name; RFC 2231's form wins over the plain one. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /^[!#$%&'*+.^_`{|}~\w-]+$/;
/** attribute-char of RFC 2231, section 7, and encoded octets. */
const EXTENDED = /^(?:[A-Za-z0-9!#$&+.^_`{|}~-]|%[0-9A-F]{2})*$/;

/** `head; name=value; ...`, each value without its quotes. */
export function readParameters(value: string, offset: number, report: Report): Parameters {
  const pieces = splitOutsideQuotes(value);
  const written = new Map<string, string>();
  for (const piece of pieces.slice(1)) {
    const [, name = "", text = ""] = /^\s*([^=\s]+)=([^]*)$/.exec(piece) ?? [];
    const key = name.toLowerCase();
    if (!TOKEN.test(name)) report.broken("parameter", offset, piece);
    report.unless(!written.has(key), "parameter-twice", offset, name);
    written.set(key, plainValue(text, offset, report));
  }
  return { head: (pieces[0] ?? "").trim(), parameters: joinExtended(written, offset, report) };
}

function splitOutsideQuotes(value: string): string[] {
  return value.match(/(?:[^;"]|"(?:[^"\\]|\\.)*"|")+/g) ?? [];
}

function plainValue(text: string, offset: number, report: Report): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(text)?.[1]?.replace(/\\(.)/g, "$1");
  report.unless(quoted !== undefined || TOKEN.test(text), "parameter-value", offset, text);
  const value = quoted ?? text;
  report.unless(!value.split(" ").some(looksEncoded), "encoded-word-in-parameter", offset, text);
  return value;
}

/** Joins `name*0*`, `name*1*`, ... and decodes `name*` (RFC 2231, sections 3 and 4). */
function joinExtended(written: ReadonlyMap<string, string>, offset: number, report: Report): Map<string, string> {
  const plain = new Map<string, string>();
  const sections = new Map<string, { index: number; isEncoded: boolean; text: string }[]>();
  for (const [key, text] of written) {
    const [, name, index, star] = /^([^*]+)(?:\*(\d+))?(\*)?$/.exec(key) ?? [];
    if (name === undefined) report.broken("parameter-section", offset, key);
    else if (index === undefined && star === undefined) plain.set(name, text);
    else
      sections.set(name, [
        ...(sections.get(name) ?? []),
        { index: Number(index ?? 0), isEncoded: star !== undefined, text },
      ]);
  }
  for (const [name, parts] of sections) {
    const inOrder = parts.toSorted((a, b) => a.index - b.index);
    report.unless(
      inOrder.every(({ index }, place) => index === place),
      "parameter-section",
      offset,
      name,
    );
    plain.set(name, decodeSections(inOrder, offset, report));
  }
  return plain;
}

function decodeSections(
  parts: readonly { isEncoded: boolean; text: string }[],
  offset: number,
  report: Report,
): string {
  let charset = "utf-8";
  return parts
    .map(({ isEncoded, text }, index) => {
      if (!isEncoded) return text;
      const [, named, rest = text] = (index === 0 ? /^([^']*)'[^']*'([^]*)$/.exec(text) : null) ?? [];
      if (index === 0) report.unless(named !== undefined && named !== "", "parameter-charset", offset, text);
      charset = named ?? charset;
      report.unless(EXTENDED.test(rest), "parameter-octets", offset, rest);
      const octets = rest.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
      const decoded = decode(charset, Buffer.from(octets, "latin1"));
      report.unless(decoded !== undefined, "parameter-splits-character", offset, rest);
      return decoded ?? "";
    })
    .join("");
}
