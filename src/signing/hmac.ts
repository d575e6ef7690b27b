/** HMAC (RFC 2104) under a key that is held ready for many messages. */
import { createHmac, createSecretKey, hash } from "node:crypto";

/** The HMAC of a message under one key, in URL-safe base64; text is taken as UTF-8. */
export type Hmac = (message: string | Uint8Array) => string;

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

/** HMAC by node:crypto's own function, with the key held in the form that is quickest to use. */
function plainHmac(digestMethod: string, key: Uint8Array): Hmac {
  const keyObject = createSecretKey(key);
  return (message) => createHmac(digestMethod, keyObject).update(message).digest("base64url");
}

/**
 * HMAC by its definition, H(K ^ opad, H(K ^ ipad, message)), from two one-shot hashes over buffers that are kept: about
 * half the time of `createHmac`, which makes a stream for every message.
 *
 * @param blockBytes The digest's block.
 */
function shortHmac(digestMethod: string, key: Uint8Array, blockBytes: number): Hmac {
  const digestBytes = hash(digestMethod, "", "buffer").length;
  const inner = Buffer.concat([maskedKey(digestMethod, key, blockBytes, 0x36), Buffer.alloc(ROOM_BYTES)]);
  const outer = Buffer.concat([maskedKey(digestMethod, key, blockBytes, 0x5c), Buffer.alloc(digestBytes)]);
  // Kept from one message to the next: an application's tokens are mostly of one length.
  let filled = inner;
  return (message) => {
    let length = blockBytes + message.length;
    if (typeof message === "string") length = blockBytes + inner.write(message, blockBytes);
    else inner.set(message, blockBytes);
    if (filled.length !== length) filled = inner.subarray(0, length);
    // Text of one byte per character is the form in which `hash` gives bytes the quickest.
    outer.write(hash(digestMethod, filled, "binary"), blockBytes, "latin1");
    return hash(digestMethod, outer, "base64url");
  };
}

/** True when `message` surely has room: a character takes three bytes of UTF-8 at the most (of a pair of surrogates, two). */
function fitsRoom(message: string | Uint8Array): boolean {
  return message.length * (typeof message === "string" ? 3 : 1) <= ROOM_BYTES;
}

/**
 * HMAC under `key`; a later change of its bytes does not reach it.
 *
 * @param digestMethod A digest of node:crypto, such as "sha1".
 */
export function hmacWithKey(digestMethod: string, key: Uint8Array): Hmac {
  const plain = plainHmac(digestMethod, key);
  const blockBytes = BLOCK_BYTES[digestMethod];
  if (blockBytes === undefined) return plain;
  const short = shortHmac(digestMethod, key, blockBytes);
  return (message) => (fitsRoom(message) ? short(message) : plain(message));
}
