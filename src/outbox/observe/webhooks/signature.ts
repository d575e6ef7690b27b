/** The signature of a webhook, after Standard Webhooks: HMAC-SHA256 of id, time and body, in base64 after `v1,`. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { ObserveError } from "../errors.ts";

/** Where a secret begins that a person is shown. */
const PREFIX = "whsec_";
/** The lengths that Standard Webhooks allows, in bytes. */
const [LEAST, MOST] = [24, 64];

/**
 * A new secret, as an endpoint's settings and its receiver hold it.
 *
 * @example
 * console.log(createWebhookSecret()); // whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw...
 */
export function createWebhookSecret(): string {
  return PREFIX + randomBytes(32).toString("base64");
}

/** The key that a secret stands for. @throws ObserveError WX_OBSERVE_OPTION, without the secret in it */
export function keyOf(owner: string, secret: string): Buffer {
  const key = Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : "", "base64");
  if (key.length >= LEAST && key.length <= MOST) return key;
  throw new ObserveError(
    "WX_OBSERVE_OPTION",
    `${owner}: a secret must be "${PREFIX}" and the base64 of ${LEAST} to ${MOST} bytes; createWebhookSecret() makes one.`,
  );
}

/** What a call is signed over. */
export interface SignedParts {
  id: string;
  /** Seconds since 1970. */
  timestamp: number;
  body: string | Uint8Array;
}

/** The header `webhook-signature`: one signature for each key, so that a receiver who knows either believes it. */
export function signatureHeader(keys: readonly Uint8Array[], parts: SignedParts): string {
  return keys.map((key) => `v1,${digest(key, parts).toString("base64")}`).join(" ");
}

/** Whether one of the header's signatures is by one of the keys. */
export function isSigned(keys: readonly Uint8Array[], parts: SignedParts, header: string): boolean {
  const expected = keys.map((key) => digest(key, parts));
  return header
    .split(" ")
    .slice(0, 20)
    .filter((signature) => signature.startsWith("v1,"))
    .map((signature) => Buffer.from(signature.slice(3), "base64"))
    .some((given) => expected.some((right) => right.length === given.length && timingSafeEqual(right, given)));
}

function digest(key: Uint8Array, { id, timestamp, body }: SignedParts): Buffer {
  return createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
}
