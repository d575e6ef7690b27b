/** Compressed payloads: zlib streams (RFC 1950) with CPython's very bytes, and bounded when they are read. */
import { inflateSync } from "node:zlib";
import { deflate } from "pako";

/** zlib's default, which Python uses. */
const LEVEL = 6;

/**
 * The zlib stream of `bytes` where it is shorter by two bytes at least, as itsdangerous and Django decide; else undefined.
 *
 * Node's own zlib is another deflate than CPython's and finds other matches; pako is the same one.
 */
export function compressed(bytes: Uint8Array): Uint8Array | undefined {
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
