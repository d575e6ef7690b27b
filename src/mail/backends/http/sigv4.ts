/** AWS Signature Version 4 for a POST without a query (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). */
import { hmacSha256, sha256Hex } from "./digests.ts";

/** Who signs, for which service where. */
export interface Sigv4Scope {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of credentials that expire. */
  sessionToken?: string | undefined;
  region: string;
  /** Such as `ses`. */
  service: string;
}

/** What is signed. */
export interface Sigv4Request {
  method: string;
  /** Absolute, each segment encoded already. */
  path: string;
  /** All of them are signed; among them is the host. */
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Milliseconds since 1970; AWS refuses what is more than five minutes off. */
  now: number;
}

/** The headers of a request with the date, the token and the signature. */
export function signSigv4(scope: Sigv4Scope, request: Sigv4Request): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken, region, service } = scope;
  const time = new Date(request.now).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const headers: Record<string, string> = {
    ...request.headers,
    "x-amz-date": time,
    ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
  };
  const names = Object.keys(headers).toSorted();
  const signedHeaders = names.join(";");
  const canonical = [
    request.method,
    request.path,
    "",
    ...names.map((name) => `${name}:${(headers[name] ?? "").trim()}`),
    "",
    signedHeaders,
    sha256Hex(request.body),
  ].join("\n");
  const credentialScope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", time, credentialScope, sha256Hex(canonical)].join("\n");
  const key = [region, service, "aws4_request"].reduce(hmacSha256, hmacSha256(`AWS4${secretAccessKey}`, day));
  const credential = `Credential=${accessKeyId}/${credentialScope}`;
  const signature = hmacSha256(key, toSign).toString("hex");
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  };
}
