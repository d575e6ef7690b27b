/** The secret key as an application gives it, and as the list of bytes that signing works with. */
import { SigningUsageError } from "./errors.ts";

/** Text (taken as UTF-8), bytes, or several of either from oldest to newest: the newest signs, all verify. */
export type SecretKey = string | Uint8Array | readonly (string | Uint8Array)[];

/** What HMAC needs to be out of reach of guessing: 128 bits, where they are random. */
const ENOUGH_KEY_BYTES = 16;

let hasWarned = false;

/** A short key is used, as in Python, where its tokens could not be read otherwise; it is not used in silence. */
function warnOfShortKey(bytes: number): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    `A secret key of ${bytes} bytes can be guessed; give a random one of at least 32 bytes. ` +
      "The option minKeyBytes makes short keys an error.",
    { type: "WaxsealWarning", code: "WX_SIGNING_SHORT_KEY" },
  );
}

function keyBytes(key: unknown, minKeyBytes: number): Buffer {
  if (typeof key !== "string" && !(key instanceof Uint8Array)) {
    throw new SigningUsageError("WX_SIGNING_KEY", "a secret key must be a string or a Uint8Array");
  }
  const bytes = Buffer.from(key);
  if (bytes.length === 0) {
    throw new SigningUsageError("WX_SIGNING_KEY", "the secret key is empty; give a random one of at least 32 bytes");
  }
  if (bytes.length < minKeyBytes) {
    const problem = `the secret key has ${bytes.length} bytes; minKeyBytes asks for ${minKeyBytes}`;
    throw new SigningUsageError("WX_SIGNING_KEY", problem);
  }
  if (bytes.length < ENOUGH_KEY_BYTES) warnOfShortKey(bytes.length);
  return bytes;
}

/**
 * The keys as bytes, oldest first; at least one, none empty.
 *
 * @param minKeyBytes A shorter key is refused. A key under 16 bytes that is not refused is warned of, once.
 * @throws SigningUsageError WX_SIGNING_KEY for an empty list, an empty or too short key, or something that is no key.
 */
export function secretKeyList(secretKey: SecretKey, minKeyBytes: number = 1): readonly Buffer[] {
  const keys = Array.isArray(secretKey) ? secretKey : [secretKey];
  if (keys.length === 0) throw new SigningUsageError("WX_SIGNING_KEY", "the list of secret keys is empty");
  return keys.map((key) => keyBytes(key, minKeyBytes));
}
