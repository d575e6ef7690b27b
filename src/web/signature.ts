/** Keyed signatures for what the browser carries for us: one key per purpose, drawn from the site's secret. */
import { createHmac, timingSafeEqual } from "node:crypto";

/** Signs texts for one purpose; a signature made for another purpose does not fit. */
export interface Signature {
  sign(text: string): string;
  /** Compares in constant time. */
  fits(text: string, signature: string): boolean;
}

/**
 * @param purpose Part of the key (HMAC-SHA256 of it under the secret), so that texts of two purposes cannot be swapped.
 */
export function signatureFor(secretKey: string | Uint8Array, purpose: string): Signature {
  const key = createHmac("sha256", secretKey).update(`waxseal.web.${purpose}`).digest();
  const sign = (text: string): string => createHmac("sha256", key).update(text).digest("base64url");
  return {
    sign,
    fits: (text, signature) => {
      const right = Buffer.from(sign(text));
      const given = Buffer.from(signature);
      return right.length === given.length && timingSafeEqual(right, given);
    },
  };
}
