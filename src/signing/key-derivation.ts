/** How the key that signs comes out of the secret key and the salt: itsdangerous' four ways. */
import { createHash, createHmac } from "node:crypto";
import { SigningUsageError } from "./errors.ts";

/** `django-concat` is itsdangerous' default; `none` uses the secret key as it is, which keeps no purposes apart. */
export type KeyDerivation = "concat" | "django-concat" | "hmac" | "none";

/** The secret a key is made of, and how. */
export interface KeyMaterial {
  readonly keyDerivation: KeyDerivation;
  readonly secretKey: Uint8Array;
  readonly salt: Uint8Array;
  /** A digest of node:crypto, such as "sha1". */
  readonly digestMethod: string;
}

const DERIVATIONS: Readonly<Record<KeyDerivation, (material: KeyMaterial) => Buffer>> = {
  concat: ({ digestMethod, salt, secretKey }) => createHash(digestMethod).update(salt).update(secretKey).digest(),
  "django-concat": ({ digestMethod, salt, secretKey }) =>
    createHash(digestMethod).update(salt).update("signer").update(secretKey).digest(),
  hmac: ({ digestMethod, salt, secretKey }) => createHmac(digestMethod, secretKey).update(salt).digest(),
  none: ({ secretKey }) => Buffer.from(secretKey),
};

/**
 * Passes when there is such a derivation.
 *
 * @throws SigningUsageError WX_SIGNING_OPTION otherwise; itsdangerous says so only when it is used.
 */
export function checkKeyDerivation(keyDerivation: string): void {
  if (Object.hasOwn(DERIVATIONS, keyDerivation)) return;
  const names = Object.keys(DERIVATIONS).join(", ");
  throw new SigningUsageError("WX_SIGNING_OPTION", `keyDerivation must be one of ${names}`);
}

/** The key that signs. */
export function deriveKey(material: KeyMaterial): Buffer {
  return DERIVATIONS[material.keyDerivation](material);
}
