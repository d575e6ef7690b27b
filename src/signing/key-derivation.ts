/** How the key that signs comes out of the secret key and the salt: itsdangerous' four ways. */
import { createHash, createHmac } from "node:crypto";

export type KeyDerivation = "concat" | "django-concat" | "hmac" | "none";

/** The secret a key is made of, and how. */
export interface KeyMaterial {
  readonly keyDerivation: KeyDerivation;
  readonly secretKey: Uint8Array;
  readonly salt: Uint8Array;
  /** A digest of node:crypto, such as "sha1". */
  readonly digestMethod: string;
}

/** The key that signs. */
export function deriveKey({ keyDerivation, secretKey, salt, digestMethod }: KeyMaterial): Buffer {
  switch (keyDerivation) {
    case "concat":
      return createHash(digestMethod).update(salt).update(secretKey).digest();
    case "django-concat":
      return createHash(digestMethod).update(salt).update("signer").update(secretKey).digest();
    case "hmac":
      return createHmac(digestMethod, secretKey).update(salt).digest();
    case "none":
      return Buffer.from(secretKey);
  }
}
