/** Tencent Cloud's signature v3, TC3-HMAC-SHA256, for a POST to `/` (https://cloud.tencent.com/document/api/1288/51058). */
import { hmacSha256, sha256Hex } from "./digests.ts";

/** Who signs, and what. */
export interface Tc3Request {
  secretId: string;
  secretKey: string;
  /** Such as `ses`. */
  service: string;
  /** All of them are signed, in lower case; content-type and host must be among them. */
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Milliseconds since 1970; Tencent refuses what is more than five minutes off. */
  now: number;
}

/** The value of the Authorization header; `X-TC-Timestamp` has to say the same second. */
export function signTc3({ secretId, secretKey, service, headers, body, now }: Tc3Request): string {
  const day = new Date(now).toISOString().slice(0, 10);
  const names = Object.keys(headers).toSorted();
  const signedHeaders = names.join(";");
  const lines = names.map((name) => `${name}:${(headers[name] ?? "").trim().toLowerCase()}`);
  const canonical = ["POST", "/", "", ...lines, "", signedHeaders, sha256Hex(body)].join("\n");
  const scope = `${day}/${service}/tc3_request`;
  const toSign = ["TC3-HMAC-SHA256", Math.floor(now / 1000), scope, sha256Hex(canonical)].join("\n");
  const key = [service, "tc3_request"].reduce(hmacSha256, hmacSha256(`TC3${secretKey}`, day));
  const signature = hmacSha256(key, toSign).toString("hex");
  return `TC3-HMAC-SHA256 Credential=${secretId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}
