/** The signer of Django's signed cookies (`set_signed_cookie`, `get_signed_cookie`). */
import { checkOptions } from "../options.ts";
import { secretKeyList } from "../secret-key.ts";
import { type DjangoKey, type SignerOptions, signerOptionNames } from "./signer.ts";
import { TimestampSigner } from "./timestamp-signer.ts";

const DEFAULT_SALT = "django.core.signing.get_cookie_signer";

/** Stands before every key, so that no signature of anything else is one of a cookie. */
const KEY_PREFIX = Buffer.from("django.http.cookies");

const cookieKey = (key: DjangoKey): Buffer => Buffer.concat([KEY_PREFIX, Buffer.from(key)]);

/**
 * The signer that Django's function of this name gives where `SIGNING_BACKEND` is its default.
 *
 * @param options As of a TimestampSigner. Of a signed cookie the salt is its name, followed by the salt that the call gave.
 * @throws SigningUsageError WX_SIGNING_KEY for an empty or too short key, WX_SIGNING_OPTION as TimestampSigner's.
 * @example
 * const signer = getCookieSigner({ key: secretKey, salt: "cart" });
 * const cart = signer.unsign(cookies.cart, { maxAge: 3600 }); // what response.set_signed_cookie("cart", ...) was given
 */
export function getCookieSigner(options: SignerOptions): TimestampSigner {
  checkOptions("the cookie signer", options, signerOptionNames);
  const { key, fallbackKeys = [], salt = DEFAULT_SALT, minKeyBytes = 1, ...others } = options;
  secretKeyList([key, ...fallbackKeys], minKeyBytes); // before the prefix makes any of them long enough
  const keys = { key: cookieKey(key), fallbackKeys: fallbackKeys.map(cookieKey) };
  return new TimestampSigner({ ...others, ...keys, salt });
}
