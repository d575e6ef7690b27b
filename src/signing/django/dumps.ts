/** django.core.signing's `dumps` and `loads`: a value as a url-safe signed text with a time. */
import type { JsonValue } from "../json-reader.ts";
import { checkOptions } from "../options.ts";
import { type ObjectOptions, type SignerOptions, signerOptionNames, type SignObjectOptions } from "./signer.ts";
import { type AgeOptions, TimestampSigner } from "./timestamp-signer.ts";

/** How `dumps` signs. */
export interface DumpsOptions<T = JsonValue> extends SignerOptions, SignObjectOptions<T> {}

/** How `loads` reads. */
export interface LoadsOptions<T = JsonValue> extends SignerOptions, ObjectOptions<T>, AgeOptions {}

const DEFAULT_SALT = "django.core.signing";

/**
 * The token of `value`, as Django's `signing.dumps` makes it, byte for byte. Who signs many keeps a TimestampSigner with
 * the salt "django.core.signing" and calls its `signObject`: here the key is derived each time.
 *
 * @throws SigningUsageError WX_SIGNING_KEY, WX_SIGNING_OPTION, WX_SIGNING_VALUE as TimestampSigner and its `signObject`.
 * @example
 * const token = dumps({ user: 42 }, { key: secretKey, salt: "unsubscribe", compress: true });
 */
export function dumps(value: unknown, options: DumpsOptions<unknown>): string {
  checkOptions("dumps", options, [...signerOptionNames, "serializer", "compress"]);
  const { serializer = undefined, compress = false, ...signerOptions } = options;
  const signer = new TimestampSigner({ salt: DEFAULT_SALT, ...signerOptions });
  return signer.signObject(value, { compress, ...(serializer === undefined ? {} : { serializer }) });
}

/**
 * The value of a token that `dumps` made.
 *
 * @throws SignatureExpired WX_SIGNATURE_EXPIRED where it is older than `maxAge`, BadSignature WX_BAD_SIGNATURE where the
 * signature is missing or wrong, BadPayload WX_BAD_PAYLOAD where the payload cannot be decoded.
 * @example
 * const { user } = loads(token, { key: secretKey, salt: "unsubscribe", maxAge: 3600 });
 */
export function loads<T = JsonValue>(token: string, options: LoadsOptions<T>): T {
  checkOptions("loads", options, [...signerOptionNames, "serializer", "maxAge"]);
  const { serializer, maxAge, ...signerOptions } = options;
  const signer = new TimestampSigner({ salt: DEFAULT_SALT, ...signerOptions });
  return signer.unsignObject<T>(token, { maxAge, ...(serializer === undefined ? {} : { serializer }) });
}
