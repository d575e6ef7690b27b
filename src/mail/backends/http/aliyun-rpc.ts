/** Alibaba Cloud's RPC signature, version 1.0 (https://help.aliyun.com/document_detail/29442.html). */
import { createHmac } from "node:crypto";

/** Percent-encoding as the signature wants it: everything but letters, digits and `-_.~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The parameters with their signature, as the body of a form. */
export function signedForm(
  method: "GET" | "POST",
  parameters: Readonly<Record<string, string>>,
  secretAccessKey: string,
): string {
  const form = Object.keys(parameters)
    .toSorted()
    .map((name) => `${encode(name)}=${encode(parameters[name] ?? "")}`)
    .join("&");
  const toSign = `${method}&${encode("/")}&${encode(form)}`;
  const signature = createHmac("sha1", `${secretAccessKey}&`).update(toSign).digest("base64");
  return `${form}&Signature=${encode(signature)}`;
}
