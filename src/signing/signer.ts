/** Signs text and finds the text again: `value.signature`, with a key derived from the secret key and a salt. */
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";
import { BadData, BadSignature } from "./errors.ts";
import { deriveKey, type KeyDerivation } from "./key-derivation.ts";
import { type SecretKey, secretKeyList } from "./secret-key.ts";
import type { SigningAlgorithm } from "./signing-algorithm.ts";

export interface SignerOptions {
  /** Keeps signatures of different purposes apart. */
  readonly salt: string | Uint8Array;
  readonly keyDerivation: KeyDerivation;
  /** The digest of the key derivation, by node:crypto's name. */
  readonly digestMethod: string;
  readonly algorithm: SigningAlgorithm;
  /** True to read signatures as carelessly spelt as Python reads them. */
  readonly lenient: boolean;
}

const SEPARATOR = ".";

/** A signer; its keys are derived once, when it is made. */
export class Signer {
  readonly #keys: readonly Buffer[];
  readonly #newestKey: Buffer;
  readonly #algorithm: SigningAlgorithm;
  readonly #lenient: boolean;

  constructor(secretKey: SecretKey, options: SignerOptions) {
    const { keyDerivation, digestMethod } = options;
    const salt = Buffer.from(options.salt);
    const [newest, ...older] = secretKeyList(secretKey)
      .map((key) => deriveKey({ keyDerivation, secretKey: key, salt, digestMethod }))
      .toReversed() as [Buffer, ...Buffer[]]; // secretKeyList never returns an empty list
    this.#keys = [newest, ...older];
    this.#newestKey = newest;
    this.#algorithm = options.algorithm;
    this.#lenient = options.lenient;
  }

  /** The signature of `value` under the newest key, in base64. */
  getSignature(value: string): string {
    return encodeBase64Url(this.#algorithm.getSignature(this.#newestKey, value));
  }

  /** `value`, a full stop, and its signature. */
  sign(value: string): string {
    return `${value}${SEPARATOR}${this.getSignature(value)}`;
  }

  /** True when one of the keys made `signature` for `value`. */
  verifySignature(value: string, signature: string): boolean {
    let bytes: Buffer;
    try {
      bytes = decodeBase64Url(signature, this.#lenient);
    } catch (error) {
      if (error instanceof BadData) return false;
      throw error;
    }
    return this.#keys.some((key) => this.#algorithm.verifySignature(key, value, bytes));
  }

  /**
   * The value that was signed.
   *
   * @throws BadSignature WX_BAD_SIGNATURE, whose payload is the unverified value.
   */
  unsign(signed: string): string {
    const end = signed.lastIndexOf(SEPARATOR);
    if (end === -1) throw new BadSignature("the token has no signature: it holds no full stop");
    const value = signed.slice(0, end);
    if (this.verifySignature(value, signed.slice(end + 1))) return value;
    throw new BadSignature("the signature does not belong to this token and key", { payload: value });
  }
}
