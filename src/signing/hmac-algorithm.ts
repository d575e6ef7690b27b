/** Signing by HMAC (RFC 2104) with any digest of node:crypto. */
import { checkDigestMethod } from "./digest-method.ts";
import { type Hmac, hmacWithKey } from "./hmac.ts";
import type { SigningAlgorithm } from "./signing-algorithm.ts";

/**
 * HMAC with one digest; SHA-1 unless told otherwise, as in itsdangerous.
 *
 * @example
 * const signer = new Signer(secretKey, { algorithm: new HMACAlgorithm("sha256") });
 */
export class HMACAlgorithm implements SigningAlgorithm {
  readonly digestMethod: string;
  /** What each key in use is held ready as; a key is known by its array, which therefore must not change. */
  readonly #held = new WeakMap<Uint8Array, Hmac>();

  /**
   * @param digestMethod A digest by node:crypto's name.
   * @throws SigningUsageError WX_SIGNING_OPTION for a digest that this Node does not have.
   */
  constructor(digestMethod: string = "sha1") {
    checkDigestMethod(digestMethod);
    this.digestMethod = digestMethod;
  }

  getSignature(key: Uint8Array, value: string | Uint8Array): Buffer {
    return this.#hmacOf(key).digest(value);
  }

  verifySignature(key: Uint8Array, value: string | Uint8Array, signature: Uint8Array): boolean {
    return this.#hmacOf(key).matches(value, signature);
  }

  #hmacOf(key: Uint8Array): Hmac {
    let hmac = this.#held.get(key);
    if (hmac === undefined) {
      hmac = hmacWithKey(this.digestMethod, key);
      this.#held.set(key, hmac);
    }
    return hmac;
  }
}
