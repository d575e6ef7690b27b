/** Encoded-words: each sound by itself, and none where none may stand (RFC 2047). */
import type { Report } from "./report.ts";

const ENCODED_WORD = /^=\?([^?*\s]+)(?:\*[A-Za-z-]+)?\?([BbQq])\?([^?\s]*)\?=$/;
const LONGEST = 75;
/** What Q may hold in a phrase (section 5, rule 3). */
const Q_IN_PHRASE = /^(?:[A-Za-z0-9!*+/_-]|=[0-9A-F]{2})*$/;
const Q_IN_TEXT = /^(?:[!-<>@-~]|=[0-9A-F]{2})*$/;

/** True for a word that a reader would try to decode. */
export function looksEncoded(word: string): boolean {
  return ENCODED_WORD.test(word) || (word.startsWith("=?") && word.endsWith("?=") && word.length > 4);
}

/** Checks the words of free text, such as a subject. */
export function checkText(value: string, offset: number, report: Report): void {
  for (const word of value.split(/[ \t]+/)) if (looksEncoded(word)) checkEncodedWord(word, Q_IN_TEXT, offset, report);
}

/** Checks one encoded-word of a phrase, such as a display name. */
export function checkPhraseWord(word: string, offset: number, report: Report): void {
  checkEncodedWord(word, Q_IN_PHRASE, offset, report);
}

function checkEncodedWord(word: string, q: RegExp, offset: number, report: Report): void {
  const [, charset = "", encoding = "", text = ""] = ENCODED_WORD.exec(word) ?? [];
  if (charset === "") return report.broken("encoded-word", offset, word);
  report.unless(word.length <= LONGEST, "encoded-word-over-75", offset, word);
  const isB = encoding.toUpperCase() === "B";
  if (!(isB ? isCanonical(text) : q.test(text))) return report.broken("encoded-word-text", offset, word);
  const decoded = decode(charset, isB ? Buffer.from(text, "base64") : decodeQ(text));
  if (decoded === undefined) return report.broken("encoded-word-splits-character", offset, word);
  report.unless(decoded !== "", "encoded-word-empty", offset, word);
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  report.unless(!/[\0-\x1f\x7f]/.test(decoded), "encoded-control-character", offset, word);
}

/** What is encoded anew is the same only with the right alphabet and padding, and no bits set that stand for nothing. */
function isCanonical(base64: string): boolean {
  return Buffer.from(base64, "base64").toString("base64") === base64;
}

function decodeQ(text: string): Uint8Array {
  const octets = text
    .replaceAll("_", " ")
    .replace(/=(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, "latin1");
}

/** The text, or undefined where the bytes are not of the charset. */
export function decode(charset: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
