/** Compressed payloads: zlib streams (RFC 1950) with CPython's very bytes, and bounded when they are read. */
import { inflateSync } from "node:zlib";
import { deflate } from "pako";

/** zlib's default, which Python uses. */
const LEVEL = 6;

/**
 * True for text so short that no zlib stream of it is shorter by two bytes, which saves asking pako.
 *
 * Counted in bits (RFC 1950, RFC 1951): the stream's frame takes 48 and the block's head 3. Every distinct byte stands
 * there once at the least, before anything can refer to it. With fixed codes that takes 8 bits each, the end of the
 * block 7, and whatever follows 8 for a byte or 12 for a reference. With codes of its own the block begins with 26 bits,
 * a bit for each symbol and the symbols themselves: n of them take n log2(n) bits or more, the end of the block included.
 */
function cannotShrink(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_COUNTED) return false;
  const distinct = new Set(bytes).size;
  const others = bytes.length - distinct;
  const fixed = 48 + 3 + 8 * distinct + 7 + Math.min(8 * others, 12);
  const symbols = distinct + 1;
  const dynamic = 48 + 3 + 26 + symbols + symbols * Math.log2(symbols);
  return Math.min(fixed, dynamic) > 8 * (bytes.length - 2);
}

/** Longer text repeats so much of itself that counting would seldom save anything. */
const MAX_COUNTED = 64;

/**
 * The zlib stream of `bytes` where it is shorter by two bytes at least, as itsdangerous and Django decide; else undefined.
 *
 * Node's own zlib is another deflate than CPython's and finds other matches; pako is the same one.
 */
export function compressed(bytes: Uint8Array): Uint8Array | undefined {
  if (cannotShrink(bytes)) return undefined;
  const stream = deflate(bytes, { level: LEVEL });
  return stream.length < bytes.length - 1 ? stream : undefined;
}

/**
 * What was compressed.
 *
 * @throws Error where the bytes are no zlib stream, or of more than `maxBytes` when inflated.
 */
export function inflated(stream: Uint8Array, maxBytes: number): Buffer {
  return inflateSync(stream, { maxOutputLength: maxBytes });
}
