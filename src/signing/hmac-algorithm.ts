/** Signing by HMAC (RFC 2104) with any digest of node:crypto. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { SigningAlgorithm } from "./signing-algorithm.ts";

/** HMAC with one digest; SHA-1 unless told otherwise, as in itsdangerous. */
export class HMACAlgorithm implements SigningAlgorithm {
  readonly digestMethod: string;

  constructor(digestMethod: string = "sha1") {
    this.digestMethod = digestMethod;
  }

  getSignature(key: Uint8Array, value: string): Buffer {
    return createHmac(this.digestMethod, key).update(value).digest();
  }

  verifySignature(key: Uint8Array, value: string, signature: Uint8Array): boolean {
    const expected = this.getSignature(key, value);
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
}
