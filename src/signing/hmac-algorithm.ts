/** Signing by HMAC (RFC 2104) with any digest of node:crypto. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { checkDigestMethod } from "./digest-method.ts";
import type { SigningAlgorithm } from "./signing-algorithm.ts";

/**
 * HMAC with one digest; SHA-1 unless told otherwise, as in itsdangerous.
 *
 * @example
 * const signer = new Signer(secretKey, { algorithm: new HMACAlgorithm("sha256") });
 */
export class HMACAlgorithm implements SigningAlgorithm {
  readonly digestMethod: string;

  /**
   * @param digestMethod A digest by node:crypto's name.
   * @throws SigningUsageError WX_SIGNING_OPTION for a digest that this Node does not have.
   */
  constructor(digestMethod: string = "sha1") {
    checkDigestMethod(digestMethod);
    this.digestMethod = digestMethod;
  }

  getSignature(key: Uint8Array, value: string | Uint8Array): Buffer {
    return createHmac(this.digestMethod, key).update(value).digest();
  }

  verifySignature(key: Uint8Array, value: string | Uint8Array, signature: Uint8Array): boolean {
    const expected = this.getSignature(key, value);
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
}
