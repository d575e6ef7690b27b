/** What may be set of a serializer, and the signers that follow from it. */
import type { JsonValue } from "./json-reader.ts";
import type { JsonStyle } from "./json-writer.ts";
import type { PayloadSerializer } from "./payload-serializer.ts";
import type { SecretKey } from "./secret-key.ts";
import type { Signer, SignerOptions } from "./signer.ts";

/** A class of signers: Signer, TimestampSigner or one of your own. */
export type SignerClass<S extends Signer = Signer> = new (secretKey: SecretKey, options?: SignerOptions) => S;

/** The options of a signer but its salt, which is the serializer's. */
export interface SignerKwargs extends Omit<SignerOptions, "salt"> {
  /** A TimestampSigner's: true to read also times counted from 2011, as itsdangerous before 1.0 wrote them. */
  readonly legacyEpoch?: boolean;
}

/** What may be set of a serializer; a misspelt name is refused. */
export interface SerializerOptions<T = JsonValue, S extends Signer = Signer> {
  /** Keeps tokens of different purposes apart; null for the signer's own. Default "itsdangerous". */
  readonly salt?: string | Uint8Array | null;
  /** Turns values into text. Default: JSON, as Python writes it for this class. */
  readonly serializer?: PayloadSerializer<T>;
  /** Handed to the serializer's `dumps`. */
  readonly serializerKwargs?: JsonStyle;
  /** Signs. Default: this class's own. */
  readonly signer?: SignerClass<S>;
  /** Handed to the signer, after this serializer's `lenient`, `minKeyBytes` and `now`. */
  readonly signerKwargs?: SignerKwargs;
  /** Signers tried in turn where the first one refuses: other options, another class, or both. */
  readonly fallbackSigners?: readonly (SignerKwargs | SignerClass<S> | readonly [SignerClass<S>, SignerKwargs])[];
  /** True to read base64 as carelessly spelt as Python reads it; then several texts are the same token. Default false. */
  readonly lenient?: boolean;
  /** A shorter secret key is refused. Default 1: only an empty one, so that any key of Python's works. */
  readonly minKeyBytes?: number;
  /** The time in Unix seconds. Default: the machine's. */
  readonly now?: () => number;
}

/** Which key a token is written or read with. */
export interface SaltOptions {
  /** Used in place of the serializer's own. */
  readonly salt?: string | Uint8Array;
}

/** Their names. */
export const serializerOptionNames: readonly string[] = [
  "salt",
  "serializer",
  "serializerKwargs",
  "signer",
  "signerKwargs",
  "fallbackSigners",
  "lenient",
  "minKeyBytes",
  "now",
] satisfies (keyof SerializerOptions)[];

/** Array.isArray, which does not know of readonly arrays. */
const isPair = <P extends readonly unknown[]>(value: P | object): value is P => Array.isArray(value);

/** Makes the signer of one salt. */
type SignerPlan<S> = (keys: SecretKey, salt: string | Uint8Array) => S;

/**
 * How the first signer is made, then each fallback. As in Python a fallback that is only a class takes the first one's
 * `signerKwargs`, and one that is only options takes the first one's class.
 */
export function signerPlans<T, S extends Signer>(
  options: SerializerOptions<T, S>,
  signer: SignerClass<S>,
): readonly [SignerPlan<S>, ...SignerPlan<S>[]] {
  const { signerKwargs = {}, fallbackSigners = [], lenient, minKeyBytes, now } = options;
  const given = Object.entries({ lenient, minKeyBytes, now }).filter(([, value]) => value !== undefined);
  const shared: SignerKwargs = Object.fromEntries(given);
  const plan =
    (Class: SignerClass<S>, kwargs: SignerKwargs): SignerPlan<S> =>
    (keys, salt) =>
      new Class(keys, { ...shared, ...kwargs, salt });
  const fallbacks = fallbackSigners.map((fallback) => {
    if (typeof fallback === "function") return plan(fallback, signerKwargs);
    return isPair(fallback) ? plan(...fallback) : plan(signer, fallback);
  });
  return [plan(signer, signerKwargs), ...fallbacks];
}
