/** HMAC (RFC 2104) under a key that is held ready for many messages. */
import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from "node:crypto";

/** HMACs under one key; text is taken as UTF-8. */
export interface Hmac {
  digest(message: string | Uint8Array): Buffer;
  /** True when `mac` is the HMAC of `message`; takes the same time wherever they differ. */
  matches(message: string | Uint8Array, mac: Uint8Array): boolean;
}

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
class PlainHmac implements Hmac {
  readonly #digestMethod: string;
  readonly #key: KeyObject;

  constructor(digestMethod: string, key: Uint8Array) {
    this.#digestMethod = digestMethod;
    this.#key = createSecretKey(key);
  }

  digest(message: string | Uint8Array): Buffer {
    return createHmac(this.#digestMethod, this.#key).update(message).digest();
  }

  matches(message: string | Uint8Array, mac: Uint8Array): boolean {
    const right = this.digest(message);
    return right.length === mac.length && timingSafeEqual(right, mac);
  }
}

/**
 * HMAC by its definition, H(K ^ opad, H(K ^ ipad, message)), from two one-shot hashes over buffers that are kept: about
 * half the time of `createHmac`, which makes a stream for every message. Long messages take the plain way.
 */
class ShortHmac extends PlainHmac {
  readonly #hash: (bytes: Uint8Array) => string;
  readonly #blockBytes: number;
  readonly #inner: Buffer;
  readonly #outer: Buffer;
  /** Where the right HMAC is laid for comparison. */
  readonly #right: Buffer;

  constructor(digestMethod: string, key: Uint8Array, blockBytes: number) {
    super(digestMethod, key);
    // Text of one byte per character is the form in which `hash` gives bytes the quickest.
    this.#hash = (bytes) => hash(digestMethod, bytes, "binary");
    this.#right = Buffer.alloc(this.#hash(Buffer.alloc(0)).length);
    this.#blockBytes = blockBytes;
    this.#inner = Buffer.concat([maskedKey(digestMethod, key, blockBytes, 0x36), Buffer.alloc(ROOM_BYTES)]);
    this.#outer = Buffer.concat([maskedKey(digestMethod, key, blockBytes, 0x5c), this.#right]);
  }

  override digest(message: string | Uint8Array): Buffer {
    return this.#fits(message) ? Buffer.from(this.#text(message), "latin1") : super.digest(message);
  }

  override matches(message: string | Uint8Array, mac: Uint8Array): boolean {
    if (mac.length !== this.#right.length) return false;
    if (!this.#fits(message)) return super.matches(message, mac);
    this.#right.write(this.#text(message), "latin1");
    return timingSafeEqual(this.#right, mac);
  }

  /** A character of text takes three bytes of UTF-8 at the most (of a pair of surrogates, two). */
  #fits(message: string | Uint8Array): boolean {
    return message.length * (typeof message === "string" ? 3 : 1) <= ROOM_BYTES;
  }

  #text(message: string | Uint8Array): string {
    let length = message.length;
    if (typeof message === "string") length = this.#inner.write(message, this.#blockBytes);
    else this.#inner.set(message, this.#blockBytes);
    this.#outer.write(this.#hash(this.#inner.subarray(0, this.#blockBytes + length)), this.#blockBytes, "latin1");
    return this.#hash(this.#outer);
  }
}

/**
 * HMACs under `key`; a later change of its bytes does not reach them.
 *
 * @param digestMethod A digest of node:crypto, such as "sha1".
 */
export function hmacWithKey(digestMethod: string, key: Uint8Array): Hmac {
  const blockBytes = BLOCK_BYTES[digestMethod];
  return blockBytes === undefined ? new PlainHmac(digestMethod, key) : new ShortHmac(digestMethod, key, blockBytes);
}
