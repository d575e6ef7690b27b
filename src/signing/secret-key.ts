/** The secret key as an application gives it, and as the list of bytes that signing works with. */
import { SigningUsageError } from "./errors.ts";

/** Text (taken as UTF-8), bytes, or several of either from oldest to newest: the newest signs, all verify. */
export type SecretKey = string | Uint8Array | readonly (string | Uint8Array)[];

function keyBytes(key: unknown): Buffer {
  if (typeof key !== "string" && !(key instanceof Uint8Array)) {
    throw new SigningUsageError("WX_SIGNING_KEY", "a secret key must be a string or a Uint8Array");
  }
  if (key.length === 0) {
    throw new SigningUsageError("WX_SIGNING_KEY", "the secret key is empty; give a random one of at least 32 bytes");
  }
  return Buffer.from(key);
}

/**
 * The keys as bytes, oldest first; at least one, none empty.
 *
 * @throws SigningUsageError WX_SIGNING_KEY for an empty list, an empty key, or something that is no key.
 */
export function secretKeyList(secretKey: SecretKey): readonly Buffer[] {
  const keys = Array.isArray(secretKey) ? secretKey : [secretKey];
  if (keys.length === 0) throw new SigningUsageError("WX_SIGNING_KEY", "the list of secret keys is empty");
  return keys.map(keyBytes);
}
