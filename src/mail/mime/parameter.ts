/** Header parameters, such as the name of a file: plain where ASCII allows it, else by RFC 2231. */
import { CRLF } from "./header.ts";

const LINE = 78;
/** What a quoted parameter may take beside its name, quotes, semicolon and leading space. */
const MAX_QUOTED = 60;
const SECTION = 50;

const QUOTABLE = /^[ !#-[\]-~]*$/;
/** attribute-char of RFC 2231, section 7. */
const ATTRIBUTE_CHARACTER = /[A-Za-z0-9!#$&+.^_`{|}~-]/;

/**
 * A header with one parameter, on a line of its own when both do not fit on one. What does not stand plainly goes by RFC
 * 2231, and alone: some readers take a plain parameter of the same name beside it for the whole.
 *
 * @example
 * parameterHeader("Content-Disposition", "attachment", "filename", "a.pdf") // Content-Disposition: attachment; filename="a.pdf"
 */
export function parameterHeader(name: string, value: string, parameter: string, text: string): string {
  const pieces = isPlain(text) ? [`${parameter}="${text}"`] : extendedPieces(parameter, text);
  const line = `${name}: ${value}; ${pieces.join("; ")}`;
  return line.length <= LINE ? line : `${name}: ${value};${CRLF} ${pieces.join(`;${CRLF} `)}`;
}

/** True where a text stands in a parameter as it is. */
export function isPlain(text: string): boolean {
  return text.length <= MAX_QUOTED && QUOTABLE.test(text) && !text.includes("=?");
}

/** A text's likeness in plain ASCII, shortened before its extension: accents fall off, all else becomes "_". */
export function likeness(text: string): string {
  const ascii = text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]+/g, "")
    .replace(/[^\w !#$&()+,.@[\]^{}~-]+|=\?/g, "_");
  if (ascii.length <= MAX_QUOTED) return ascii;
  const extension = /\.\w{1,10}$/.exec(ascii)?.[0] ?? "";
  return ascii.slice(0, MAX_QUOTED - extension.length) + extension;
}

function extendedPieces(parameter: string, text: string): string[] {
  const pieces = splitWhole(Array.from(text, percentEncode));
  if (pieces.length === 1) return [`${parameter}*=utf-8''${pieces[0]}`];
  return pieces.map((piece, index) => `${parameter}*${index}*=${index === 0 ? "utf-8''" : ""}${piece}`);
}

/** RFC 2231, section 4: every octet that is not an attribute character as % and two hexadecimal digits. */
function percentEncode(character: string): string {
  if (ATTRIBUTE_CHARACTER.test(character)) return character;
  return Buffer.from(character, "utf8").toString("hex").toUpperCase().replace(/../g, "%$&");
}

/** Joins the encoded characters into pieces of at most `SECTION`, none of them cut. */
function splitWhole(characters: readonly string[]): string[] {
  const pieces = [""];
  for (const character of characters) {
    const last = pieces.at(-1) ?? "";
    if (last.length + character.length > SECTION) pieces.push(character);
    else pieces[pieces.length - 1] = last + character;
  }
  return pieces;
}
