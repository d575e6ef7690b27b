/** itsdangerous' JSONWebSignatureSerializer: a signed JSON value in the compact form of RFC 7515, `header.payload.signature`. */
import { decodeBase64UrlText, encodeBase64Url } from "./base64url.ts";
import { BadHeader, BadPayload, BadSignature, SigningUsageError } from "./errors.ts";
import { HMACAlgorithm } from "./hmac-algorithm.ts";
import { type JsonObject, type JsonValue, readJson } from "./json-reader.ts";
import type { JsonStyle } from "./json-writer.ts";
import { NoneAlgorithm } from "./none-algorithm.ts";
import { checkOptions, NO_OPTIONS } from "./options.ts";
import { compactJson, type PayloadSerializer } from "./payload-serializer.ts";
import { PerSalt } from "./per-salt.ts";
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
export interface JSONWebSignatureSerializerOptions<T = JsonValue> {
  /** Keeps tokens of different purposes apart. Without one the key is used as it is, which makes an ordinary JWT. */
  readonly salt?: string | Uint8Array | null;
  /** Signs, and is the only one accepted on reading. Default HS512. */
  readonly algorithmName?: AlgorithmName;
  /** Turns values into text. Default: compact JSON. Headers are compact JSON always. */
  readonly serializer?: PayloadSerializer<T>;
  /** Handed to the serializer's `dumps`; `{ ensureAscii: true }` writes as itsdangerous before 1.0 did. */
  readonly serializerKwargs?: JsonStyle;
  /** True to read base64 as carelessly spelt as Python reads it; then several texts are the same token. Default false. */
  readonly lenient?: boolean;
  /** A longer token is neither written nor read. Default 65536. */
  readonly maxTokenBytes?: number;
  /** A shorter secret key is refused. Default 1: only an empty one, so that any key of Python's works. */
  readonly minKeyBytes?: number;
  /** The time in Unix seconds. Default: the machine's. */
  readonly now?: () => number;
}

/** Their names. */
export const jwsOptionNames: readonly string[] = [
  "salt",
  "algorithmName",
  "serializer",
  "serializerKwargs",
  "lenient",
  "maxTokenBytes",
  "minKeyBytes",
  "now",
] satisfies (keyof JSONWebSignatureSerializerOptions)[];

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

const DUMPS_OPTIONS: readonly string[] = ["salt", "headerFields"] satisfies (keyof DumpsOptions)[];
const LOADS_OPTIONS: readonly string[] = ["salt", "returnHeader"] satisfies (keyof LoadsOptions)[];

/**
 * Writes and reads tokens that itsdangerous' class of this name reads and writes, byte for byte.
 *
 * @example
 * const serializer = new JSONWebSignatureSerializer("a secret", { salt: "unsubscribe" });
 * const token = serializer.dumps({ user: 42 });
 * serializer.loads(token); // { user: 42 }
 */
export class JSONWebSignatureSerializer<T = JsonValue> {
  readonly algorithmName: AlgorithmName;
  readonly #serializer: PayloadSerializer<T>;
  readonly #loads: (text: string) => T;
  readonly #style: JsonStyle | undefined;
  readonly #lenient: boolean;
  readonly #maxTokenBytes: number;
  readonly #signer: Signer;
  readonly #signers: PerSalt<Signer>;
  #plainHeader: string | undefined;

  /**
   * @throws SigningUsageError WX_SIGNING_KEY for an empty or too short key, WX_SIGNING_OPTION for an unknown option or
   * algorithm.
   */
  constructor(secretKey: SecretKey, options: JSONWebSignatureSerializerOptions<T> = {}) {
    checkOptions("the serializer", options, jwsOptionNames);
    const { algorithmName = "HS512", salt = null, lenient = false, minKeyBytes } = options;
    if (!Object.hasOwn(ALGORITHMS, algorithmName)) {
      const known = Object.keys(ALGORITHMS).join(", ");
      throw new SigningUsageError("WX_SIGNING_OPTION", `algorithmName must be one of ${known}`);
    }
    const algorithm = ALGORITHMS[algorithmName];
    const keys = secretKeyList(secretKey, minKeyBytes);
    this.algorithmName = algorithmName;
    // Where no serializer is given, T is what the default one reads.
    this.#serializer = options.serializer ?? (compactJson as unknown as PayloadSerializer<T>);
    this.#loads = (text) => this.#serializer.loads(text);
    this.#style = options.serializerKwargs;
    this.#lenient = lenient;
    this.#maxTokenBytes = options.maxTokenBytes ?? MAX_TOKEN_BYTES;
    this.#signers = new PerSalt((ofSalt) => new Signer(keys, { salt: ofSalt, algorithm, lenient }));
    this.#signer =
      salt === null ? new Signer(keys, { keyDerivation: "none", algorithm, lenient }) : this.#signers.get(salt);
  }

  /**
   * The token of `value`.
   *
   * @param value Anything JSON can hold; an integer beyond 2^53 as a bigint.
   * @throws SigningUsageError WX_SIGNING_VALUE for a value that JSON cannot hold or that makes too long a token.
   */
  dumps(value: unknown, options: DumpsOptions = NO_OPTIONS): string {
    checkOptions("dumps", options, DUMPS_OPTIONS);
    const { salt, headerFields } = options;
    const header =
      headerFields === undefined ? this.plainHeader() : this.encodeHeader({ ...headerFields, ...this.makeHeader() });
    const payload = encodeBase64Url(this.#serializer.dumps(value, this.#style));
    const token = this.#signerFor(salt).sign(`${header}.${payload}`);
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
  loads(token: string, options: LoadsOptions & { readonly returnHeader: true }): [value: T, header: JsonObject];
  loads(token: string, options?: LoadsOptions & { readonly returnHeader?: false }): T;
  loads(token: string, options: LoadsOptions = NO_OPTIONS): T | [value: T, header: JsonObject] {
    checkOptions("loads", options, LOADS_OPTIONS);
    const [value, header] = this.loadsChecked(token, options.salt);
    return options.returnHeader === true ? [value, header] : value;
  }

  /**
   * What `token` holds even where its signature is wrong: to look at, never to act on.
   *
   * @returns Whether `loads` accepts it, and the value where it could be decoded (of an expired token it is not, as in Python).
   * @throws BadPayload WX_BAD_PAYLOAD where the signature is good and the payload unreadable.
   */
  loadsUnsafe(token: string, options: Pick<LoadsOptions, "salt"> = {}): [ok: boolean, value: T | undefined] {
    try {
      return [true, this.loads(token, options)];
    } catch (error) {
      if (!(error instanceof BadSignature)) throw error;
      if (error.code !== BadSignature.code || typeof error.payload !== "string") return [false, undefined];
      return [false, this.#readUnverified(error.payload)];
    }
  }

  /** What the serializer itself puts into a header, in this order, after or over the caller's fields. */
  protected makeHeader(): Record<string, unknown> {
    return { alg: this.algorithmName };
  }

  /** The header without fields of the caller's, as it stands in the token; made once for as long as it stays the same. */
  protected plainHeader(): string {
    this.#plainHeader ??= this.encodeHeader(this.makeHeader());
    return this.#plainHeader;
  }

  protected encodeHeader(header: Readonly<Record<string, unknown>>): string {
    return encodeBase64Url(compactJson.dumps(header, this.#style));
  }

  /** Value and header of a token that passes every check of this class. */
  protected loadsChecked(token: string, salt?: string | Uint8Array): [value: T, header: JsonObject] {
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

  #signerFor(salt: string | Uint8Array | undefined): Signer {
    return salt === undefined ? this.#signer : this.#signers.get(salt);
  }

  /** Takes `header.payload` apart, in the order in which Python looks at its pieces. */
  #read(signed: string): [value: T, header: JsonObject] {
    const dot = signed.indexOf(".");
    if (dot === -1) throw new BadPayload("the token has no payload: it holds only one full stop");
    const headerJson = this.#decode(signed.slice(0, dot), BadHeader);
    const payloadJson = this.#decode(signed.slice(dot + 1), BadPayload);
    const header = parse(headerJson, readJson, BadHeader);
    if (typeof header !== "object" || header === null || Array.isArray(header)) {
      throw new BadHeader("the header is not a JSON object", { header });
    }
    return [parse(payloadJson, this.#loads, BadPayload), header];
  }

  #decode(text: string, Failure: Failure): string {
    try {
      return decodeBase64UrlText(text, this.#lenient);
    } catch (originalError) {
      throw new Failure(`the ${nameOf(Failure)} is not text in base64`, { originalError });
    }
  }

  #readUnverified(signed: string): T | undefined {
    try {
      return this.#read(signed)[0];
    } catch {
      return undefined;
    }
  }
}

/** Which of the two parts of a token was at fault. */
type Failure = typeof BadHeader | typeof BadPayload;

const nameOf = (Failure: Failure): string => (Failure === BadHeader ? "header" : "payload");

function parse<V>(text: string, read: (text: string) => V, Failure: Failure): V {
  try {
    return read(text);
  } catch (originalError) {
    throw new Failure(`the ${nameOf(Failure)} is not JSON`, { originalError });
  }
}
