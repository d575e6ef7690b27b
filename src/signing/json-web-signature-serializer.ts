/** itsdangerous' JSONWebSignatureSerializer: a signed JSON value in the compact form of RFC 7515, `header.payload.signature`. */
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";
import { BadHeader, BadPayload, BadSignature, SigningUsageError } from "./errors.ts";
import { HMACAlgorithm } from "./hmac-algorithm.ts";
import { type JsonObject, type JsonValue, readJson } from "./json-reader.ts";
import { writeJson } from "./json-writer.ts";
import { NoneAlgorithm } from "./none-algorithm.ts";
import { checkOptions } from "./options.ts";
import { type SecretKey, secretKeyList } from "./secret-key.ts";
import { Signer } from "./signer.ts";
import type { SigningAlgorithm } from "./signing-algorithm.ts";

/** HMAC with SHA-256, SHA-384 or SHA-512; `none` protects nothing. */
export type AlgorithmName = "HS256" | "HS384" | "HS512" | "none";

/** The algorithms by their names in the header (RFC 7518, section 3.1). */
const ALGORITHMS: Readonly<Record<AlgorithmName, SigningAlgorithm>> = {
  HS256: new HMACAlgorithm("sha256"),
  HS384: new HMACAlgorithm("sha384"),
  HS512: new HMACAlgorithm("sha512"),
  none: new NoneAlgorithm(),
};

/** 64 KiB: sixteen times the longest link that browsers and servers agree on, and cheap to refuse. */
const MAX_TOKEN_BYTES = 65_536;

/** What may be set of a serializer; a misspelt name is refused. */
export interface JSONWebSignatureSerializerOptions {
  /** Keeps tokens of different purposes apart. Without one the key is used as it is, which makes an ordinary JWT. */
  readonly salt?: string | Uint8Array;
  /** Signs, and is the only one accepted on reading. Default HS512. */
  readonly algorithmName?: AlgorithmName;
  /** True to read base64 as carelessly spelt as Python reads it; then several texts are the same token. Default false. */
  readonly lenient?: boolean;
  /** A longer token is neither written nor read. Default 65536. */
  readonly maxTokenBytes?: number;
}

/** How one token is written. */
export interface DumpsOptions {
  /** Used in place of the serializer's own. */
  readonly salt?: string | Uint8Array;
  /** More fields for the header; what the serializer itself sets there wins. */
  readonly headerFields?: Readonly<Record<string, unknown>>;
}

/** How one token is read. */
export interface LoadsOptions {
  /** Used in place of the serializer's own. */
  readonly salt?: string | Uint8Array;
  /** True to get the pair of value and header. */
  readonly returnHeader?: boolean;
}

/**
 * Writes and reads tokens that itsdangerous' class of this name reads and writes, byte for byte.
 *
 * @example
 * const serializer = new JSONWebSignatureSerializer("a secret", { salt: "unsubscribe" });
 * const token = serializer.dumps({ user: 42 });
 * serializer.loads(token); // { user: 42 }
 */
export class JSONWebSignatureSerializer {
  readonly algorithmName: AlgorithmName;
  readonly #secretKey: SecretKey;
  readonly #algorithm: SigningAlgorithm;
  readonly #lenient: boolean;
  readonly #maxTokenBytes: number;
  readonly #signer: Signer;

  /**
   * @throws SigningUsageError WX_SIGNING_KEY for an empty key, WX_SIGNING_OPTION for an unknown option or algorithm.
   */
  constructor(secretKey: SecretKey, options: JSONWebSignatureSerializerOptions = {}) {
    checkOptions("the serializer", options, ["salt", "algorithmName", "lenient", "maxTokenBytes"]);
    this.algorithmName = options.algorithmName ?? "HS512";
    if (!Object.hasOwn(ALGORITHMS, this.algorithmName)) {
      const known = Object.keys(ALGORITHMS).join(", ");
      throw new SigningUsageError("WX_SIGNING_OPTION", `algorithmName must be one of ${known}`);
    }
    this.#secretKey = secretKeyList(secretKey);
    this.#algorithm = ALGORITHMS[this.algorithmName];
    this.#lenient = options.lenient ?? false;
    this.#maxTokenBytes = options.maxTokenBytes ?? MAX_TOKEN_BYTES;
    this.#signer = this.#makeSigner(options.salt);
  }

  /**
   * The token of `value`.
   *
   * @param value Anything JSON can hold; an integer beyond 2^53 as a bigint.
   * @throws SigningUsageError WX_SIGNING_VALUE for a value that JSON cannot hold or that makes too long a token.
   */
  dumps(value: unknown, options: DumpsOptions = {}): string {
    checkOptions("dumps", options, ["salt", "headerFields"]);
    const header = writeJson(this.makeHeader(options.headerFields ?? {}));
    const token = this.#signerFor(options.salt).sign(`${encodeBase64Url(header)}.${encodeBase64Url(writeJson(value))}`);
    if (token.length > this.#maxTokenBytes) {
      const problem = `the token would have ${token.length} bytes; maxTokenBytes allows ${this.#maxTokenBytes}`;
      throw new SigningUsageError("WX_SIGNING_VALUE", problem);
    }
    return token;
  }

  /**
   * The value that `token` holds, once its signature and algorithm are found good.
   *
   * @returns The value, or `[value, header]` with `returnHeader: true`.
   * @throws BadSignature WX_BAD_SIGNATURE where the signature is missing or wrong,
   * BadHeader WX_BAD_HEADER where the header is unreadable or names another algorithm,
   * BadPayload WX_BAD_PAYLOAD where the payload is unreadable; no other error comes of a token.
   */
  loads(token: string, options: LoadsOptions & { readonly returnHeader: true }): [value: JsonValue, header: JsonObject];
  loads(token: string, options?: LoadsOptions & { readonly returnHeader?: false }): JsonValue;
  loads(token: string, options: LoadsOptions = {}): JsonValue | [value: JsonValue, header: JsonObject] {
    checkOptions("loads", options, ["salt", "returnHeader"]);
    const [value, header] = this.loadsChecked(token, options.salt);
    return options.returnHeader === true ? [value, header] : value;
  }

  /**
   * What `token` holds even where its signature is wrong: to look at, never to act on.
   *
   * @returns Whether `loads` accepts it, and the value where it could be decoded (of an expired token it is not, as in Python).
   * @throws BadPayload WX_BAD_PAYLOAD where the signature is good and the payload unreadable.
   */
  loadsUnsafe(token: string, options: Pick<LoadsOptions, "salt"> = {}): [ok: boolean, value: JsonValue | undefined] {
    try {
      return [true, this.loads(token, options)];
    } catch (error) {
      if (!(error instanceof BadSignature)) throw error;
      if (error.code !== BadSignature.code || typeof error.payload !== "string") return [false, undefined];
      return [false, this.#readUnverified(error.payload)];
    }
  }

  /** The header of a new token: the caller's fields in their order, overruled by the serializer's. */
  protected makeHeader(headerFields: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return { ...headerFields, alg: this.algorithmName };
  }

  /** Value and header of a token that passes every check of this class. */
  protected loadsChecked(token: string, salt?: string | Uint8Array): [value: JsonValue, header: JsonObject] {
    if (typeof token !== "string") throw new BadSignature("the token is not a string");
    if (token.length > this.#maxTokenBytes) {
      throw new BadSignature(`the token is longer than ${this.#maxTokenBytes} bytes`);
    }
    const [value, header] = this.#read(this.#signerFor(salt).unsign(token));
    // Read off the header only to refuse: the algorithm that verified is the reader's own.
    if (!Object.hasOwn(header, "alg") || header["alg"] !== this.algorithmName) {
      throw new BadHeader("the header names another algorithm", { payload: value, header });
    }
    return [value, header];
  }

  #makeSigner(salt: string | Uint8Array | undefined): Signer {
    return new Signer(this.#secretKey, {
      salt: salt ?? "",
      keyDerivation: salt === undefined ? "none" : "django-concat",
      digestMethod: "sha1",
      algorithm: this.#algorithm,
      lenient: this.#lenient,
    });
  }

  #signerFor(salt: string | Uint8Array | undefined): Signer {
    return salt === undefined ? this.#signer : this.#makeSigner(salt);
  }

  /** Takes `header.payload` apart, in the order in which Python looks at its pieces. */
  #read(signed: string): [value: JsonValue, header: JsonObject] {
    const dot = signed.indexOf(".");
    if (dot === -1) throw new BadPayload("the token has no payload: it holds only one full stop");
    const headerJson = this.#decode(signed.slice(0, dot), BadHeader, "the header is not base64");
    const payloadJson = this.#decode(signed.slice(dot + 1), BadPayload, "the payload is not base64");
    const header = parse(headerJson, BadHeader, "the header is not JSON");
    if (typeof header !== "object" || header === null || Array.isArray(header)) {
      throw new BadHeader("the header is not a JSON object", { header });
    }
    return [parse(payloadJson, BadPayload, "the payload is not JSON"), header];
  }

  #decode(text: string, Failure: typeof BadHeader | typeof BadPayload, message: string): Buffer {
    try {
      return decodeBase64Url(text, this.#lenient);
    } catch (originalError) {
      throw new Failure(message, { originalError });
    }
  }

  #readUnverified(signed: string): JsonValue | undefined {
    try {
      return this.#read(signed)[0];
    } catch {
      return undefined;
    }
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parse(bytes: Uint8Array, Failure: typeof BadHeader | typeof BadPayload, message: string): JsonValue {
  try {
    return readJson(utf8.decode(bytes));
  } catch (originalError) {
    throw new Failure(message, { originalError });
  }
}
