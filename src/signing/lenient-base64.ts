/** Base64 as Python's `urlsafe_b64decode` reads it after itsdangerous padded it: for tokens that were spelt carelessly. */
import { BadData } from "./errors.ts";

const PAD = 0x3d; // "="
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Each byte's six bits; undefined for a byte that is skipped. */
const SEXTETS: ReadonlyMap<number, number> = new Map([
  ...Array.from(ALPHABET, (character, bits) => [character.charCodeAt(0), bits] as const),
  ["-".charCodeAt(0), 62],
  ["_".charCodeAt(0), 63],
]);

/** The six-bit groups up to the first padding that completes a group of four, skipping every foreign byte. */
function readSextets(text: Uint8Array): { sextets: number[]; complete: boolean } {
  const sextets: number[] = [];
  let pads = 0;
  for (const byte of text) {
    if (byte === PAD) {
      const position = sextets.length % 4;
      if (position >= 2 && position + ++pads >= 4) return { sextets, complete: true };
      continue;
    }
    const bits = SEXTETS.get(byte);
    if (bits === undefined) continue;
    pads = 0;
    sextets.push(bits);
  }
  return { sextets, complete: sextets.length % 4 === 0 };
}

/**
 * The bytes that Python finds in `text`.
 *
 * @throws BadData where Python finds none: the groups do not come out even.
 */
export function decodeLenientBase64(text: Uint8Array): Buffer {
  // itsdangerous counts every byte when it pads, the skipped ones included.
  const padded = Buffer.concat([text, Buffer.alloc((4 - (text.length % 4)) % 4, PAD)]);
  const { sextets, complete } = readSextets(padded);
  if (!complete) throw new BadData("not base64: the number of characters does not come out even");
  return Buffer.from(sextets.map((bits) => ALPHABET[bits]).join(""), "base64");
}
