/** Signatures under one derived key, as the text that stands in a token. */
import { timingSafeEqual } from "node:crypto";
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";
import { BadData } from "./errors.ts";
import { type Hmac, hmacWithKey } from "./hmac.ts";
import { HMACAlgorithm } from "./hmac-algorithm.ts";
import type { SigningAlgorithm } from "./signing-algorithm.ts";

/** What signs and verifies with one key; signatures are in base64. */
export interface KeyedSignature {
  of(value: string | Uint8Array): string;
  /** True when `signature` is that of `value`; takes the same time wherever they differ. */
  fits(value: string | Uint8Array, signature: string): boolean;
}

/** Any algorithm, with its key. */
class AlgorithmSignature implements KeyedSignature {
  readonly #algorithm: SigningAlgorithm;
  readonly #key: Uint8Array;
  readonly #lenient: boolean;

  constructor(algorithm: SigningAlgorithm, key: Uint8Array, lenient: boolean) {
    this.#algorithm = algorithm;
    this.#key = key;
    this.#lenient = lenient;
  }

  of(value: string | Uint8Array): string {
    return encodeBase64Url(this.#algorithm.getSignature(this.#key, value));
  }

  fits(value: string | Uint8Array, signature: string): boolean {
    let bytes: Buffer;
    try {
      bytes = decodeBase64Url(signature, this.#lenient);
    } catch (error) {
      if (error instanceof BadData) return false;
      throw error;
    }
    return this.#algorithm.verifySignature(this.#key, value, bytes);
  }
}

/** HMAC with a key held ready, compared as text: a correct signature has one spelling only. */
class StrictHmacSignature implements KeyedSignature {
  readonly #hmac: Hmac;
  /** Where the right signature and the given one are laid for comparison, one after the other. */
  readonly #both: Buffer;
  readonly #right: Buffer;
  readonly #given: Buffer;

  constructor(hmac: Hmac) {
    this.#hmac = hmac;
    const { length } = hmac("");
    this.#both = Buffer.alloc(2 * length);
    this.#right = this.#both.subarray(0, length);
    this.#given = this.#both.subarray(length);
  }

  of(value: string | Uint8Array): string {
    return this.#hmac(value);
  }

  fits(value: string | Uint8Array, signature: string): boolean {
    if (signature.length !== this.#right.length) return false;
    // In UTF-8, so that no character is laid down as the byte of another; and whole, so that nothing is left of the last one.
    if (this.#both.write(this.#hmac(value) + signature) !== this.#both.length) return false;
    return timingSafeEqual(this.#right, this.#given);
  }
}

/**
 * The signatures of `algorithm` under `key`, which must not change later.
 *
 * @param lenient True to read base64 as carelessly spelt as Python reads it.
 */
export function keyedSignature(algorithm: SigningAlgorithm, key: Uint8Array, lenient: boolean): KeyedSignature {
  // A subclass of HMACAlgorithm may sign in its own way, and is asked as any other.
  const isHmac = algorithm instanceof HMACAlgorithm && algorithm.constructor === HMACAlgorithm;
  if (!isHmac || lenient) return new AlgorithmSignature(algorithm, key, lenient);
  return new StrictHmacSignature(hmacWithKey(algorithm.digestMethod, key));
}
