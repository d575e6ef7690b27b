/** Recomputes what cloud vendors sign, from a request as it came over the wire. */
import { createHash, createHmac } from "node:crypto";
import type { RawRequest } from "./http-provider.ts";

const hex = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");
const mac = (key: string | Buffer, content: string): Buffer => createHmac("sha256", key).update(content).digest();

interface Authorization {
  algorithm: string;
  credential: string[];
  signedHeaders: string[];
  signature: string;
}

function readAuthorization({ headers }: RawRequest): Authorization {
  const [algorithm = "", ...rest] = (headers["authorization"] ?? "").split(" ");
  const fields = new Map(
    rest
      .join(" ")
      .split(", ")
      .map((field) => field.split("=") as [string, string]),
  );
  return {
    algorithm,
    credential: (fields.get("Credential") ?? "").split("/"),
    signedHeaders: (fields.get("SignedHeaders") ?? "").split(";"),
    signature: fields.get("Signature") ?? "",
  };
}

/** Throws unless the request is signed with AWS Signature Version 4 by this key, for this region and service. */
export function assertSigv4(
  request: RawRequest,
  key: { id: string; secret: string; region: string; service: string },
): void {
  const { algorithm, credential, signedHeaders, signature } = readAuthorization(request);
  const time = request.headers["x-amz-date"] ?? "";
  const [id, day = "", region = "", service = "", end = ""] = credential;
  equal(algorithm, "AWS4-HMAC-SHA256");
  equal([id, region, service, end].join(), [key.id, key.region, key.service, "aws4_request"].join());
  equal(day, time.slice(0, 8));
  for (const name of ["host", "x-amz-date", "content-type"]) equal(String(signedHeaders.includes(name)), "true");
  const [path = "", query = ""] = request.target.split("?");
  const lines = signedHeaders.map((name) => `${name}:${request.headers[name]?.trim()}\n`).join("");
  const canonical = `${request.method}\n${path}\n${query}\n${lines}\n${signedHeaders.join(";")}\n${hex(request.body)}`;
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/${service}/aws4_request\n${hex(canonical)}`;
  const signingKey = mac(mac(mac(mac(`AWS4${key.secret}`, day), region), service), "aws4_request");
  equal(signature, mac(signingKey, toSign).toString("hex"));
}

/** Throws unless the request is signed with TC3-HMAC-SHA256 by this key for the service `ses`. */
export function assertTc3(request: RawRequest, key: { id: string; secret: string }): void {
  const { algorithm, credential, signedHeaders, signature } = readAuthorization(request);
  const seconds = request.headers["x-tc-timestamp"] ?? "";
  const day = new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
  equal(algorithm, "TC3-HMAC-SHA256");
  equal(credential.join("/"), `${key.id}/${day}/ses/tc3_request`);
  for (const name of ["host", "content-type"]) equal(String(signedHeaders.includes(name)), "true");
  const lines = signedHeaders.map((name) => `${name}:${request.headers[name]?.toLowerCase()}\n`).join("");
  const canonical = `POST\n/\n\n${lines}\n${signedHeaders.join(";")}\n${hex(request.body)}`;
  const toSign = `TC3-HMAC-SHA256\n${seconds}\n${day}/ses/tc3_request\n${hex(canonical)}`;
  const signingKey = mac(mac(mac(`TC3${key.secret}`, day), "ses"), "tc3_request");
  equal(signature, mac(signingKey, toSign).toString("hex"));
}

/** The parameters of a form that is signed by Alibaba Cloud's RPC signature 1.0; throws where it is signed otherwise. */
export function readAliyunForm(request: RawRequest, secret: string): Record<string, string> {
  const { Signature: signature, ...parameters } = Object.fromEntries(new URLSearchParams(request.body.toString()));
  const encode = (text: string): string =>
    [...Buffer.from(text)]
      .map((byte) => (/[\w.~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : percent(byte)))
      .join("");
  const names = Object.keys(parameters).toSorted();
  const query = names.map((name) => `${encode(name)}=${encode(parameters[name] ?? "")}`).join("&");
  const toSign = `${request.method}&%2F&${encode(query)}`;
  equal(signature ?? "", createHmac("sha1", `${secret}&`).update(toSign).digest("base64"));
  return parameters;
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

function equal(actual: string | undefined, expected: string): void {
  if (actual !== expected) throw new Error(`the request has ${actual} where ${expected} is right`);
}
