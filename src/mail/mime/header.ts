/** Header lines: folded where a fold is possible, and pure ASCII (RFC 5322, section 2.2). */
import { isAtoms, type Mailbox, quoteName } from "../address.ts";
import { toAsciiAddress } from "../addr-spec.ts";
import { encodedWords } from "./encoded-word.ts";

export const CRLF = "\r\n";

// RFC 5322, section 2.1.1, and RFC 2047, section 2, both without the CRLF.
const LINE = 78;
const LINE_WITH_ENCODED_WORD = 76;
/** A quoted name cannot be folded, so a longer one is encoded instead. */
const LONGEST_QUOTED_NAME = 60;

const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;

/**
 * A header of tokens with a space between each two, and a fold in place of a space where the line would grow too long.
 *
 * The first token stays on the name's own line: some readers take a first line without text for an empty header.
 */
export function foldHeader(name: string, tokens: readonly string[], limit: number = LINE_WITH_ENCODED_WORD): string {
  let header = `${name}:`;
  let column = header.length;
  for (const [index, token] of tokens.entries()) {
    const folds = index > 0 && column + 1 + token.length > limit;
    header += folds ? `${CRLF} ${token}` : ` ${token}`;
    column = (folds ? 0 : column) + 1 + token.length;
  }
  return header;
}

/** The length of a header's longest line. */
export function longestLine(header: string): number {
  return Math.max(...header.split(CRLF).map((line) => line.length));
}

/**
 * A header of free text. ASCII stays as it is when its lines keep to `longest`; all else becomes encoded-words, and so
 * does text that a reader would mistake for them.
 */
export function textHeader(name: string, value: string, longest: number = LINE): string {
  const plain = plainHeader(name, value);
  if (plain !== undefined && !value.includes("=?") && longestLine(plain) <= longest) return plain;
  return foldHeader(name, encodedWords(value, firstRoom(name)));
}

/** A header of ASCII text as it is, folded at single spaces; undefined where the text is not ASCII or has spaces at an end. */
export function plainHeader(name: string, value: string): string | undefined {
  return PLAIN.test(value) ? foldHeader(name, value.split(/(?<! ) (?! )/), LINE) : undefined;
}

/** A header of mailboxes (RFC 5322, section 3.4). */
export function mailboxHeader(name: string, mailboxes: readonly Mailbox[]): string {
  const lists = mailboxes.map((mailbox) => mailboxTokens(mailbox, firstRoom(name)));
  return foldHeader(
    name,
    lists.flatMap((tokens, index) => (index < lists.length - 1 ? withComma(tokens) : tokens)),
  );
}

function firstRoom(name: string): number {
  return LINE_WITH_ENCODED_WORD - name.length - ": ".length;
}

function mailboxTokens({ name, address }: Mailbox, room: number): string[] {
  const ascii = toAsciiAddress(address);
  return name === "" ? [ascii] : [...nameTokens(name, room), `<${ascii}>`];
}

function nameTokens(name: string, room: number): string[] {
  const mistakable = name.includes("=?");
  if (isAtoms(name) && !mistakable) {
    const words = name.split(" ");
    if (words.every((word) => word.length <= LONGEST_QUOTED_NAME)) return words;
  }
  const quotable = /^[ -~]*$/.test(name) && name.length <= LONGEST_QUOTED_NAME && !mistakable;
  return quotable ? [quoteName(name)] : encodedWords(name, room);
}

function withComma(tokens: readonly string[]): string[] {
  return tokens.map((token, index) => (index === tokens.length - 1 ? `${token},` : token));
}
