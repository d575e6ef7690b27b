/** itsdangerous' Serializer: a value as JSON, signed. */
import { BadPayload, BadSignature, SignatureExpired } from "./errors.ts";
import type { JsonValue } from "./json-reader.ts";
import type { JsonStyle } from "./json-writer.ts";
import { checkOptions } from "./options.ts";
import { type PayloadSerializer, pythonJson } from "./payload-serializer.ts";
import { PerSalt } from "./per-salt.ts";
import { type SecretKey, secretKeyList } from "./secret-key.ts";
import {
  type SaltOptions,
  serializerOptionNames,
  type SerializerOptions,
  type SignerClass,
  signerPlans,
} from "./serializer-options.ts";
import { DEFAULT_SIGNER_SALT, Signer } from "./signer.ts";

/**
 * Signs values as itsdangerous' class of this name does, byte for byte: JSON text, a full stop, the signature.
 *
 * @typeParam T What `loads` returns: what the option `serializer` reads.
 * @example
 * const serializer = new Serializer(secretKey, { salt: "unsubscribe" });
 * serializer.loads(serializer.dumps({ user: 42 })); // { user: 42 }
 */
export class Serializer<T = JsonValue, S extends Signer = Signer> {
  readonly #serializer: PayloadSerializer<T>;
  readonly #style: JsonStyle | undefined;
  readonly #salt: string | Uint8Array;
  readonly #signers: PerSalt<readonly [S, ...S[]]>;

  /**
   * @throws SigningUsageError WX_SIGNING_KEY for an empty or too short key, WX_SIGNING_OPTION for an unknown option or a
   * value that it cannot have.
   */
  constructor(secretKey: SecretKey, options: SerializerOptions<T, S> = {}) {
    checkOptions("the serializer", options, serializerOptionNames);
    // Where no serializer is given, T is what the default one reads.
    this.#serializer = options.serializer ?? (this.defaultSerializer as unknown as PayloadSerializer<T>);
    this.#style = options.serializerKwargs;
    this.#salt = options.salt === null ? DEFAULT_SIGNER_SALT : (options.salt ?? "itsdangerous");
    const keys = secretKeyList(secretKey, options.minKeyBytes);
    const [first, ...fallbacks] = signerPlans(options, options.signer ?? this.defaultSigner);
    this.#signers = new PerSalt((salt) => [first(keys, salt), ...fallbacks.map((fallback) => fallback(keys, salt))]);
    this.#signers.get(this.#salt); // now, so that wrong options are refused where they are given
  }

  /**
   * The token of `value`.
   *
   * @throws SigningUsageError WX_SIGNING_VALUE for a value that JSON cannot hold.
   */
  dumps(value: unknown, options: SaltOptions = {}): string {
    checkOptions("dumps", options, ["salt"]);
    return this.signersOf(options.salt)[0].sign(this.dumpPayload(value));
  }

  /**
   * The value that `token` holds, once its signature is found good.
   *
   * @throws BadSignature WX_BAD_SIGNATURE where the signature is missing or wrong, BadPayload WX_BAD_PAYLOAD where the
   * payload cannot be decoded; no other error comes of a token.
   */
  loads(token: string, options: SaltOptions = {}): T {
    checkOptions("loads", options, ["salt"]);
    return this.firstAccepted(options.salt, (signer) => this.loadPayload(signer.unsign(token)));
  }

  /**
   * What `token` holds even where its signature is wrong: to look at, never to act on.
   *
   * @returns Whether `loads` accepts it, and the value where it could be decoded.
   * @throws BadPayload WX_BAD_PAYLOAD where the signature is good and the payload unreadable.
   */
  loadsUnsafe(token: string, options: SaltOptions = {}): [ok: boolean, value: T | undefined] {
    try {
      return [true, this.loads(token, options)];
    } catch (error) {
      if (!(error instanceof BadSignature)) throw error;
      return [false, this.#unverified(error.payload)];
    }
  }

  /** What the option `serializer` is where it is not given. */
  protected get defaultSerializer(): PayloadSerializer<JsonValue> {
    return pythonJson;
  }

  /** What the option `signer` is where it is not given. */
  protected get defaultSigner(): SignerClass<S> {
    return Signer as unknown as SignerClass<S>; // where S is another class, its serializer overrides this
  }

  /** The signers of a salt: the one that signs, then its fallbacks. */
  protected signersOf(salt: string | Uint8Array = this.#salt): readonly [S, ...S[]] {
    return this.#signers.get(salt);
  }

  /** What `read` gives with the first signer that accepts; else the last one's refusal. An expired token is refused at once. */
  protected firstAccepted<R>(salt: string | Uint8Array | undefined, read: (signer: S) => R): R {
    let refusal: unknown;
    for (const signer of this.signersOf(salt)) {
      try {
        return read(signer);
      } catch (error) {
        if (!(error instanceof BadSignature) || error instanceof SignatureExpired) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }

  /** The text that is signed for `value`. */
  protected dumpPayload(value: unknown): string {
    return this.#serializer.dumps(value, this.#style);
  }

  /**
   * The value of the text that was signed.
   *
   * @throws BadPayload WX_BAD_PAYLOAD where the serializer cannot read it.
   */
  protected loadPayload(payload: string): T {
    try {
      return this.#serializer.loads(payload);
    } catch (originalError) {
      throw new BadPayload("the serializer cannot read the payload", { originalError });
    }
  }

  #unverified(payload: unknown): T | undefined {
    if (typeof payload !== "string") return undefined;
    try {
      return this.loadPayload(payload);
    } catch (error) {
      if (error instanceof BadPayload) return undefined;
      throw error;
    }
  }
}
