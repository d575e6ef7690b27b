/** Signs text and finds the text again: `value.signature`, with a key derived from the secret key and a salt. */
import { checkDigestMethod } from "./digest-method.ts";
import { BadSignature, SigningUsageError } from "./errors.ts";
import { HMACAlgorithm } from "./hmac-algorithm.ts";
import { checkKeyDerivation, deriveKey, type KeyDerivation } from "./key-derivation.ts";
import { type KeyedSignature, keyedSignature } from "./keyed-signature.ts";
import { checkOptions, saltBytes } from "./options.ts";
import { type SecretKey, secretKeyList } from "./secret-key.ts";
import type { SigningAlgorithm } from "./signing-algorithm.ts";
import { decodeUtf8 } from "./utf8.ts";

/** What may be set of a signer; a misspelt name is refused. */
export interface SignerOptions {
  /** Keeps signatures of different purposes apart. Default "itsdangerous.Signer". */
  readonly salt?: string | Uint8Array;
  /** Stands between value and signature; no text that base64 could contain. Default ".". */
  readonly sep?: string;
  /** How the key comes out of secret key and salt. Default "django-concat". */
  readonly keyDerivation?: KeyDerivation;
  /** The digest of derivation and signature, by node:crypto's name. Default "sha1". */
  readonly digestMethod?: string;
  /** Signs in place of HMAC with `digestMethod`. */
  readonly algorithm?: SigningAlgorithm;
  /** True to read base64 as carelessly spelt as Python reads it; then several texts are the same token. Default false. */
  readonly lenient?: boolean;
  /** A shorter secret key is refused. Default 1: only an empty one, so that any key of Python's works. */
  readonly minKeyBytes?: number;
  /** The time in Unix seconds. Default: the machine's. */
  readonly now?: () => number;
}

/** Their names. */
export const signerOptionNames: readonly string[] = [
  "salt",
  "sep",
  "keyDerivation",
  "digestMethod",
  "algorithm",
  "lenient",
  "minKeyBytes",
  "now",
] satisfies (keyof SignerOptions)[];

/** Part of the key where no salt is given. */
export const DEFAULT_SIGNER_SALT = "itsdangerous.Signer";

/** What a separator may not be a part of. */
const BASE64_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=";

/** Half a character: UTF-8 has no bytes for it, and whatever is written in its place would verify as well. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** `value` as text that is the same after UTF-8 and back. */
function textOf(value: string | Uint8Array): string {
  if (typeof value === "string" && !LONE_SURROGATE.test(value)) return value;
  try {
    if (value instanceof Uint8Array) return decodeUtf8(value);
  } catch {
    // Not UTF-8: refused below.
  }
  throw new SigningUsageError("WX_SIGNING_VALUE", "what is signed must be well-formed text, or bytes that are UTF-8");
}

function checkAlgorithm(algorithm: Partial<SigningAlgorithm>): void {
  const { getSignature, verifySignature } = algorithm;
  if (typeof getSignature === "function" && typeof verifySignature === "function") return;
  const problem =
    "algorithm must have getSignature and verifySignature, such as new HMACAlgorithm() or new NoneAlgorithm()";
  throw new SigningUsageError("WX_SIGNING_OPTION", problem);
}

/**
 * Signs texts as itsdangerous' class of this name does, byte for byte.
 *
 * @example
 * const signer = new Signer(secretKey, { salt: "unsubscribe" });
 * signer.unsign(signer.sign("42")); // "42"
 */
export class Signer {
  /** Stands between value and signature. */
  readonly sep: string;
  /** Signatures under the newest key, and under the others, newer ones first. */
  readonly #newest: KeyedSignature;
  readonly #older: readonly KeyedSignature[];
  readonly #newestSecret: Uint8Array;
  readonly #derive: (secretKey: Uint8Array) => Buffer;

  /**
   * @throws SigningUsageError WX_SIGNING_KEY for an empty or too short key, WX_SIGNING_OPTION for an unknown option,
   * derivation or digest, or a separator that base64 could contain.
   */
  constructor(secretKey: SecretKey, options: SignerOptions = {}) {
    checkOptions("the signer", options, signerOptionNames);
    const { salt = DEFAULT_SIGNER_SALT, sep = ".", keyDerivation = "django-concat", digestMethod = "sha1" } = options;
    if (BASE64_ALPHABET.includes(sep)) {
      throw new SigningUsageError("WX_SIGNING_OPTION", "sep must not be empty, nor a text that base64 could contain");
    }
    checkKeyDerivation(keyDerivation);
    checkDigestMethod(digestMethod);
    this.sep = sep;
    const saltOfKey = saltBytes(salt);
    this.#derive = (key) => deriveKey({ keyDerivation, secretKey: key, salt: saltOfKey, digestMethod });
    const { algorithm = new HMACAlgorithm(digestMethod), lenient = false } = options;
    checkAlgorithm(algorithm);
    const [newest, ...older] = secretKeyList(secretKey, options.minKeyBytes).toReversed() as [Buffer, ...Buffer[]]; // never empty
    const signaturesOf = (key: Buffer): KeyedSignature => keyedSignature(algorithm, this.#derive(key), lenient);
    this.#newestSecret = newest;
    this.#newest = signaturesOf(newest);
    this.#older = older.map(signaturesOf);
  }

  /** The key that signs: derived from `secretKey`, or from the newest of the signer's own. */
  deriveKey(secretKey?: string | Uint8Array): Buffer {
    return this.#derive(Buffer.from(secretKey ?? this.#newestSecret));
  }

  /** The signature of `value` (text as UTF-8, or bytes) under the newest key, in base64. */
  getSignature(value: string | Uint8Array): string {
    return this.#newest.of(value);
  }

  /**
   * `value`, the separator, and its signature.
   *
   * @throws SigningUsageError WX_SIGNING_VALUE for half a character, or bytes that are not UTF-8.
   */
  sign(value: string | Uint8Array): string {
    const text = textOf(value);
    return text + this.sep + this.getSignature(text);
  }

  /** True when one of the keys made `signature` (in base64) for `value`. */
  verifySignature(value: string | Uint8Array, signature: string): boolean {
    if (typeof signature !== "string" || (typeof value === "string" && LONE_SURROGATE.test(value))) return false;
    return this.#newest.fits(value, signature) || this.#older.some((signatures) => signatures.fits(value, signature));
  }

  /**
   * The value that was signed.
   *
   * @throws BadSignature WX_BAD_SIGNATURE, whose payload is the unverified value.
   */
  unsign(signed: string): string {
    if (typeof signed !== "string") throw new BadSignature("the token is not a string");
    const end = signed.lastIndexOf(this.sep);
    if (end === -1) throw new BadSignature(`the token has no signature: it holds no ${JSON.stringify(this.sep)}`);
    const value = signed.slice(0, end);
    if (this.verifySignature(value, signed.slice(end + this.sep.length))) return value;
    throw new BadSignature("the signature does not belong to this token and key", { payload: value });
  }

  /** True when `unsign` accepts `signed`. */
  validate(signed: string): boolean {
    try {
      this.unsign(signed);
      return true;
    } catch (error) {
      if (error instanceof BadSignature) return false;
      throw error;
    }
  }
}
