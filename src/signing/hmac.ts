/** HMAC (RFC 2104) under a key that is held ready for many messages. */
import { createHmac, createSecretKey, hash } from "node:crypto";

/** The HMAC of a message; text is taken as UTF-8. */
export type Hmac = (message: string | Uint8Array) => Buffer;

/** The block of each digest that takes the short way, in bytes (FIPS 180-4). */
const BLOCK_BYTES: Readonly<Record<string, number>> = { sha1: 64, sha224: 64, sha256: 64, sha384: 128, sha512: 128 };

/** Room for a message on the short way, in bytes: a link's token is a tenth of it. */
const ROOM_BYTES = 2048;

/** The key as it is mixed into a block: hashed where it is longer, filled up with zeros where it is shorter. */
function maskedKey(digestMethod: string, key: Uint8Array, blockBytes: number, mask: number): Buffer {
  const block = Buffer.alloc(blockBytes, mask);
  const bytes = key.length > blockBytes ? hash(digestMethod, key, "buffer") : key;
  bytes.forEach((byte, at) => (block[at] = byte ^ mask));
  return block;
}

/**
 * HMAC by its definition, H(K ^ opad, H(K ^ ipad, message)), from two one-shot hashes: that takes about half the time of
 * a `createHmac` with its stream.
 */
function shortHmac(digestMethod: string, key: Uint8Array, blockBytes: number): Hmac {
  const inner = Buffer.concat([maskedKey(digestMethod, key, blockBytes, 0x36), Buffer.alloc(ROOM_BYTES)]);
  const digestBytes = hash(digestMethod, "", "buffer").length;
  const outer = Buffer.concat([maskedKey(digestMethod, key, blockBytes, 0x5c), Buffer.alloc(digestBytes)]);
  return (message) => {
    const length = typeof message === "string" ? inner.write(message, blockBytes) : message.length;
    if (typeof message !== "string") inner.set(message, blockBytes);
    // Text in one byte per character is the cheapest form in which `hash` gives bytes.
    outer.write(hash(digestMethod, inner.subarray(0, blockBytes + length), "binary"), blockBytes, "latin1");
    return Buffer.from(hash(digestMethod, outer, "binary"), "latin1");
  };
}

/**
 * The function that makes HMACs under `key`; a later change of `key` does not reach it.
 *
 * @param digestMethod A digest of node:crypto, such as "sha1".
 */
export function hmacWithKey(digestMethod: string, key: Uint8Array): Hmac {
  const keyObject = createSecretKey(key);
  const long: Hmac = (message) => createHmac(digestMethod, keyObject).update(message).digest();
  const blockBytes = BLOCK_BYTES[digestMethod];
  if (blockBytes === undefined) return long;
  const short = shortHmac(digestMethod, key, blockBytes);
  // A character takes three bytes of UTF-8 at the most (an astral one is two characters of four bytes).
  return (message) =>
    message.length * (typeof message === "string" ? 3 : 1) <= ROOM_BYTES ? short(message) : long(message);
}
