/** Content inside of a URL (RFC 2397), read strictly and in linear time: what is malformed is refused, not repaired. */
import { MessageError } from "../errors.ts";

/** What a `data:` URL holds. */
export interface DataUrl {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** RFC 2397, section 2. */
const DEFAULT_TYPE = "text/plain; charset=US-ASCII";
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const URL_CHARACTERS = /^[!-~]*$/;
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
/** Far longer than any media type. */
const MAX_TYPE = 1000;

export function isDataUrl(text: string): boolean {
  return /^data:/i.test(text);
}

/** @throws MessageError WX_MESSAGE_DATA_URL */
export function readDataUrl(url: string, field: string): DataUrl {
  const comma = url.indexOf(",");
  if (comma < 0) throw malformed(url, field, "has no comma before its data");
  if (comma > MAX_TYPE) throw malformed(url, field, `has more than ${MAX_TYPE} characters before its comma`);
  if (!URL_CHARACTERS.test(url)) throw malformed(url, field, "has spaces or characters outside ASCII");
  if (BROKEN_ESCAPE.test(url)) throw malformed(url, field, "has a % that is no escape");
  const [type = "", ...parameters] = unescapeBytes(url.slice("data:".length, comma)).split(";");
  const isBase64 = parameters.at(-1)?.toLowerCase() === "base64";
  if (isBase64) parameters.pop();
  const data = unescapeBytes(url.slice(comma + 1));
  if (isBase64 && !isWholeBase64(data)) throw malformed(url, field, "has data that is not base64");
  return { bytes: Buffer.from(data, isBase64 ? "base64" : "latin1"), contentType: mediaType(type, parameters) };
}

function isWholeBase64(data: string): boolean {
  return BASE64.test(data) && (data.endsWith("=") ? data.length % 4 === 0 : data.length % 4 !== 1);
}

/** Each character of the result is one byte. */
function unescapeBytes(text: string): string {
  return text.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** A type that is left out is plain text, also where parameters follow. */
function mediaType(type: string, parameters: readonly string[]): string {
  if (type === "" && parameters.length === 0) return DEFAULT_TYPE;
  return [type === "" ? "text/plain" : type, ...parameters].join("; ");
}

function malformed(value: string, field: string, problem: string): MessageError {
  const fix = "Write data:image/png;base64,... with everything else percent-encoded";
  return new MessageError("WX_MESSAGE_DATA_URL", { field, value, problem, fix });
}
