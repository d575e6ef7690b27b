/** django.core.signing's Signer: `value:signature`, with HMAC-SHA256. */
import { BadPayload, SigningUsageError } from "../errors.ts";
import type { JsonValue } from "../json-reader.ts";
import { checkOptions } from "../options.ts";
import { djangoJson, type PayloadSerializer } from "../payload-serializer.ts";
import { Signer as BaseSigner } from "../signer.ts";
import { decodePayload, encodePayload } from "../url-safe-payload.ts";

/** A secret key: text (taken as UTF-8), or bytes. */
export type DjangoKey = string | Uint8Array;

/** What may be set of a signer; a misspelt name is refused. */
export interface SignerOptions {
  /** Signs, and verifies first. Django's `settings.SECRET_KEY`. */
  readonly key: DjangoKey;
  /** Verify too. Django's `settings.SECRET_KEY_FALLBACKS`. */
  readonly fallbackKeys?: readonly DjangoKey[];
  /** Stands between value and signature. Default ":". */
  readonly sep?: string;
  /** Keeps signatures of different purposes apart. Default, also for an empty one: "django.core.signing." and the class. */
  readonly salt?: string | Uint8Array;
  /** The digest of derivation and signature, by node:crypto's name. Default "sha256"; before Django 3.1 it was "sha1". */
  readonly algorithm?: string;
  /** True to read base64 as carelessly spelt as Python reads it; then several texts are the same token. Default false. */
  readonly lenient?: boolean;
  /** A longer payload is neither written nor read by `signObject` and `unsignObject`, in bytes. Default 1 MiB. */
  readonly maxPayloadBytes?: number;
  /** A shorter key is refused. Default 1: only an empty one. */
  readonly minKeyBytes?: number;
  /** The time in Unix seconds. Default: the machine's. */
  readonly now?: () => number;
}

/** Their names. */
export const signerOptionNames: readonly string[] = [
  "key",
  "fallbackKeys",
  "sep",
  "salt",
  "algorithm",
  "lenient",
  "maxPayloadBytes",
  "minKeyBytes",
  "now",
] satisfies (keyof SignerOptions)[];

/** How an object is signed. */
export interface ObjectOptions<T = JsonValue> {
  /** Turns values into text that Latin-1 can hold. Default: compact JSON in ASCII, as Django's JSONSerializer. */
  readonly serializer?: PayloadSerializer<T>;
}

/** How an object is signed. */
export interface SignObjectOptions<T = JsonValue> extends ObjectOptions<T> {
  /** True to compress the JSON where that makes it shorter. Default false. */
  readonly compress?: boolean;
}

/** What Django refuses as a separator (its `A-z` includes the six signs between `Z` and `a`). */
const UNSAFE_SEPARATOR = /^[A-z0-9\-_=]*$/;

const DEFAULT_SALT = "django.core.signing.Signer";

/** The payload's bytes: Django encodes what its serializer gives in Latin-1. */
function latin1(text: string): Buffer {
  if (!/[^\u0000-\u00ff]/.test(text)) return Buffer.from(text, "latin1");
  throw new SigningUsageError(
    "WX_SIGNING_VALUE",
    "the serializer gave text that Latin-1 cannot hold; let it escape to ASCII",
  );
}

/**
 * Signs texts as Django's class of this name does, byte for byte.
 *
 * @example
 * const signer = new Signer({ key: secretKey, salt: "unsubscribe" });
 * signer.unsign(signer.sign("42")); // "42"
 */
export class Signer extends BaseSigner {
  readonly #lenient: boolean;
  readonly #maxPayloadBytes: number | undefined;

  /**
   * @throws SigningUsageError WX_SIGNING_KEY for an empty or too short key, WX_SIGNING_OPTION for an unknown option or
   * digest, or a separator that base64 could contain.
   */
  constructor(options: SignerOptions) {
    checkOptions("the signer", options, signerOptionNames);
    const { key, fallbackKeys = [], sep = ":", salt = "", algorithm = "sha256", lenient = false } = options;
    if (UNSAFE_SEPARATOR.test(sep)) {
      const problem = "sep must not be empty, nor of letters, digits and the signs -_=[]^` and backslash only";
      throw new SigningUsageError("WX_SIGNING_OPTION", problem);
    }
    // Oldest to newest, as the base takes them; verified are the key first, then the fallbacks in their order.
    super([...fallbackKeys.toReversed(), key], {
      sep,
      salt: salt.length === 0 ? DEFAULT_SALT : salt,
      lenient,
      digestMethod: algorithm,
      minKeyBytes: options.minKeyBytes ?? 1,
    });
    this.#lenient = lenient;
    this.#maxPayloadBytes = options.maxPayloadBytes;
  }

  /** The signature of `value` under the key, in base64. */
  signature(value: string | Uint8Array): string {
    return this.getSignature(value);
  }

  /**
   * `value` as JSON in url-safe base64, signed.
   *
   * @throws SigningUsageError WX_SIGNING_VALUE for a value that JSON cannot hold, or that is too long.
   */
  signObject(value: unknown, options: SignObjectOptions<unknown> = {}): string {
    checkOptions("signObject", options, ["serializer", "compress"]);
    const { serializer = djangoJson, compress = false } = options;
    const bytes = latin1(serializer.dumps(value));
    return this.sign(encodePayload(bytes, { compress, maxPayloadBytes: this.#maxPayloadBytes }));
  }

  /**
   * What `signObject` signed.
   *
   * @throws BadSignature WX_BAD_SIGNATURE where the signature is missing or wrong, BadPayload WX_BAD_PAYLOAD where the
   * payload cannot be decoded.
   */
  unsignObject<T = JsonValue>(signed: string, options: ObjectOptions<T> = {}): T {
    checkOptions("unsignObject", options, ["serializer"]);
    return this.readObject(this.unsign(signed), options.serializer);
  }

  /** The value in a payload whose signature is good. */
  protected readObject<T>(payload: string, serializer?: PayloadSerializer<T>): T {
    const bytes = decodePayload(payload, { lenient: this.#lenient, maxPayloadBytes: this.#maxPayloadBytes });
    // Where no serializer is given, T is what the default one reads.
    const { loads } = serializer ?? (djangoJson as unknown as PayloadSerializer<T>);
    try {
      return loads(bytes.toString("latin1"));
    } catch (originalError) {
      throw new BadPayload("the serializer cannot read the payload", { originalError });
    }
  }
}
