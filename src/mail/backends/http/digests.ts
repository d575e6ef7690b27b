/** The two digests that signatures of requests are made of. */
import { createHash, createHmac } from "node:crypto";

/** SHA-256 in lower-case hex. */
export function sha256Hex(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** HMAC-SHA256 with a key that is drawn from the one before it. */
export function hmacSha256(key: string | Uint8Array, content: string): Buffer {
  return createHmac("sha256", key).update(content, "utf8").digest();
}
