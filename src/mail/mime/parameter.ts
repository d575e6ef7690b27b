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
 * A header with one parameter, on a line of its own when both do not fit on one.
 *
 * @example
 * parameterHeader("Content-Disposition", "attachment", "filename", "a.pdf") // Content-Disposition: attachment; filename="a.pdf"
 */
export function parameterHeader(name: string, value: string, parameter: string, text: string): string {
  const sections = parameterSections(parameter, text);
  const line = `${name}: ${value}; ${sections.join("; ")}`;
  return line.length <= LINE ? line : `${name}: ${value};${CRLF} ${sections.join(`;${CRLF} `)}`;
}

function parameterSections(parameter: string, text: string): string[] {
  const mistakable = text.includes("=?");
  if (QUOTABLE.test(text) && text.length <= MAX_QUOTED && !mistakable) return [`${parameter}="${text}"`];
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
