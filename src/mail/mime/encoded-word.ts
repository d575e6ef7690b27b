/** Encoded-words: how text outside ASCII stands in a header (RFC 2047). */

// RFC 2047, section 2: an encoded-word is at most 75 characters, and a line that holds one at most 76.
const MAX_WORD = 75;
const FRAME = "=?UTF-8?B?".length + "?=".length;
/** A character of four octets in Q takes 12 characters, so this always leaves room for one. */
export const MIN_WORD: number = FRAME + 12;

/** Octets that Q leaves as they are wherever an encoded-word may stand, names included (RFC 2047, section 5, rule 3). */
const LITERAL_IN_Q: readonly boolean[] = Array.from({ length: 256 }, (_, octet) =>
  /[A-Za-z0-9!*+/-]/.test(String.fromCharCode(octet)),
);

/** B for every word, or Q for text where that is shorter. */
export type WordEncoding = "base64" | "shorter";

/**
 * Text as encoded-words, by B or Q, whichever is shorter. No word splits a character; readers join them without a gap.
 *
 * @param firstRoom The characters that the first word may take, because a header's name stands before it.
 * @param encoding "base64" for readers that know B only.
 */
export function encodedWords(text: string, firstRoom: number = MAX_WORD, encoding: WordEncoding = "shorter"): string[] {
  const bytes = Buffer.from(text, "utf8");
  const inQ = encoding === "shorter" && lengthInQ(bytes) < Math.ceil(bytes.length / 3) * 4;
  const words: string[] = [];
  let room = Math.max(MIN_WORD, Math.min(firstRoom, MAX_WORD));
  for (let start = 0; start < bytes.length; room = MAX_WORD) {
    const end = inQ ? endInQ(bytes, start, room - FRAME) : endInB(bytes, start, room - FRAME);
    const piece = bytes.subarray(start, end);
    words.push(inQ ? `=?UTF-8?Q?${q(piece)}?=` : `=?UTF-8?B?${piece.toString("base64")}?=`);
    start = end;
  }
  return words;
}

function widthInQ(octet: number): number {
  return octet === 0x20 || LITERAL_IN_Q[octet] === true ? 1 : 3;
}

function lengthInQ(bytes: Uint8Array): number {
  let length = 0;
  for (const octet of bytes) length += widthInQ(octet);
  return length;
}

/** The end of the longest run of whole characters from `start` that base64 holds in `room` characters. */
function endInB(bytes: Uint8Array, start: number, room: number): number {
  return characterStart(bytes, start + Math.floor(room / 4) * 3);
}

function endInQ(bytes: Uint8Array, start: number, room: number): number {
  let end = start;
  for (let width = 0; end < bytes.length; end++) {
    width += widthInQ(bytes[end] ?? 0);
    if (width > room) break;
  }
  return characterStart(bytes, end);
}

/** The nearest index at or before `index` where a UTF-8 character begins. */
function characterStart(bytes: Uint8Array, index: number): number {
  if (index >= bytes.length) return bytes.length;
  let start = index;
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}

function q(bytes: Uint8Array): string {
  let text = "";
  for (const octet of bytes) {
    if (octet === 0x20) text += "_";
    else if (LITERAL_IN_Q[octet] === true) text += String.fromCharCode(octet);
    else text += `=${octet.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}
