/** Header lines: folded where a fold is possible, and pure ASCII unless UTF-8 is asked for (RFC 5322, section 2.2). */
import { type AddressOptions, toAsciiAddress } from "../addr-spec.ts";
import { isAtoms, type Mailbox, quoteName } from "../address.ts";
import { encodedWords, MIN_WORD, type WordEncoding } from "./encoded-word.ts";

export const CRLF = "\r\n";

// RFC 5322, section 2.1.1, and RFC 2047, section 2, both without the CRLF.
const LINE = 78;
const LINE_WITH_ENCODED_WORD = 76;
export const LONGEST_LINE = 998;
/** A quoted name cannot be folded, so a longer one is encoded instead. */
const LONGEST_QUOTED_NAME = 60;

const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;
/** The same with characters outside ASCII; no white space of any kind at an end, and no half of a character. */
const PLAIN_UTF8 = /^(?!\s)(?!.*\p{Cs}).*(?<!\s)$/su;
/** No blank at an end: readers drop it there, quoted or not, but not out of an encoded-word. */
const QUOTABLE = /^(?! )[ -~]*(?<! )$/;
const QUOTABLE_UTF8 = /^(?!\s)\P{Cs}*(?<!\s)$/u;

/** How text outside ASCII stands in headers. */
export interface HeaderStyle {
  /** As it is (RFC 6532) rather than as encoded-words. */
  readonly utf8: boolean;
  readonly words: WordEncoding;
  /** What addresses may have; undefined for nothing beside plain names. */
  readonly addresses: AddressOptions | undefined;
}

export const ASCII_STYLE: HeaderStyle = { utf8: false, words: "shorter", addresses: undefined };

/**
 * A header of tokens with a space between each two, and a fold in place of a space where the line would grow too long.
 *
 * The first token stays on the name's own line: some readers take a first line without text for an empty header.
 */
export function foldHeader(name: string, tokens: readonly string[], limit: number = LINE_WITH_ENCODED_WORD): string {
  let header = `${name}:`;
  let column = header.length;
  let isFirst = true;
  for (const token of tokens) {
    const folds = !isFirst && column + 1 + token.length > limit;
    header += folds ? `${CRLF} ${token}` : ` ${token}`;
    column = (folds ? 0 : column) + 1 + token.length;
    isFirst = false;
  }
  return header;
}

/** The length of a header's longest line. */
export function longestLine(header: string): number {
  let longest = 0;
  for (const line of header.split(CRLF)) longest = Math.max(longest, line.length);
  return longest;
}

/**
 * A header of free text. ASCII stays as it is when its lines keep to `longest`; all else becomes encoded-words, and so
 * does text that a reader would mistake for them.
 */
export function textHeader(
  name: string,
  value: string,
  style: HeaderStyle = ASCII_STYLE,
  longest: number = LINE,
): string {
  const isPlain = (style.utf8 ? PLAIN_UTF8 : PLAIN).test(value) && !value.includes("=?");
  if (isPlain) {
    if (name.length + 2 + value.length <= LINE) return `${name}: ${value}`;
    const folded = foldAtSpaces(name, value);
    if (longestLine(folded) <= (style.utf8 ? LINE : longest)) return folded;
  }
  const words = encodedWords(value, firstRoom(name), style.words);
  return isLongName(name) ? `${name}:${CRLF} ${words.join(`${CRLF} `)}` : foldHeader(name, words);
}

/** True for a name that leaves no room for an encoded-word on its line. */
function isLongName(name: string): boolean {
  return firstRoom(name) < MIN_WORD;
}

/** A header of ASCII text as it is, folded at single spaces; undefined where the text is not ASCII or has spaces at an end. */
export function plainHeader(name: string, value: string): string | undefined {
  return PLAIN.test(value) ? foldAtSpaces(name, value) : undefined;
}

/** The value may hold encoded-words already. */
function foldAtSpaces(name: string, value: string): string {
  return foldHeader(name, value.split(/(?<! ) (?! )/), value.includes("=?") ? LINE_WITH_ENCODED_WORD : LINE);
}

/** A header of mailboxes (RFC 5322, section 3.4), without a fold when `folds` is false. */
export function mailboxHeader(
  name: string,
  mailboxes: readonly Mailbox[],
  style: HeaderStyle = ASCII_STYLE,
  folds = true,
): string {
  const room = firstRoom(name);
  const tokens: string[] = [];
  for (const mailbox of mailboxes) {
    if (tokens.length > 0) tokens.push(`${tokens.pop()},`);
    addMailbox(tokens, mailbox, room, style);
  }
  return foldHeader(name, tokens, folds ? LINE_WITH_ENCODED_WORD : LONGEST_LINE);
}

function firstRoom(name: string): number {
  return LINE_WITH_ENCODED_WORD - name.length - ": ".length;
}

function addMailbox(tokens: string[], { name, address }: Mailbox, room: number, style: HeaderStyle): void {
  const ascii = toAsciiAddress(address, "address", style.addresses);
  for (const token of nameTokens(name, room, style)) tokens.push(token);
  tokens.push(name === "" ? ascii : `<${ascii}>`);
}

function nameTokens(name: string, room: number, { utf8, words }: HeaderStyle): string[] {
  if (name === "") return [];
  const mistakable = name.includes("=?");
  if (!mistakable && isAtoms(name)) {
    const atoms = name.split(" ");
    if (atoms.every((atom) => atom.length <= LONGEST_QUOTED_NAME)) return atoms;
  }
  const quotable = (utf8 ? QUOTABLE_UTF8 : QUOTABLE).test(name) && name.length <= LONGEST_QUOTED_NAME && !mistakable;
  return quotable ? [quoteName(name)] : encodedWords(name, room, words);
}
