/** Digests by node:crypto's names. */
import { createHmac } from "node:crypto";
import { SigningUsageError } from "./errors.ts";

const known = new Set<string>();

/**
 * Passes when this Node has the digest and HMAC can work with it.
 *
 * @throws SigningUsageError WX_SIGNING_OPTION otherwise.
 */
export function checkDigestMethod(digestMethod: string): void {
  if (known.has(digestMethod)) return;
  try {
    createHmac(digestMethod, "key").digest();
  } catch {
    const name = JSON.stringify(digestMethod);
    throw new SigningUsageError(
      "WX_SIGNING_OPTION",
      `digestMethod ${name} is no digest of node:crypto, such as "sha256"`,
    );
  }
  known.add(digestMethod);
}
