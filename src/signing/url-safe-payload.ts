/** The payload of a url-safe token: JSON in base64, compressed where that is shorter; then a full stop stands first. */
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";
import { compressed, inflated } from "./deflate.ts";
import { BadPayload, SigningUsageError } from "./errors.ts";
import { decodeUtf8 } from "./utf8.ts";

/** 1 MiB: more than any link or cookie holds, and quickly inflated. */
const MAX_PAYLOAD_BYTES = 1_048_576;

const COMPRESSED = ".";

/** What may be set of a url-safe payload. */
export interface UrlSafeOptions {
  /** A longer JSON text, in bytes, is neither written nor read; so a small token inflates to no more. Default 1 MiB. */
  readonly maxPayloadBytes?: number | undefined;
}

/**
 * The text that is signed for the bytes of a JSON text.
 *
 * @throws SigningUsageError WX_SIGNING_VALUE for one whose token would not be read again.
 */
export function encodePayload(bytes: Uint8Array, options: EncodeOptions): string {
  const { maxPayloadBytes = MAX_PAYLOAD_BYTES, compress = true } = options;
  if (bytes.length > maxPayloadBytes) {
    const problem = `the payload would have ${bytes.length} bytes; maxPayloadBytes allows ${maxPayloadBytes}`;
    throw new SigningUsageError("WX_SIGNING_VALUE", problem);
  }
  const stream = compress ? compressed(bytes) : undefined;
  return stream === undefined ? encodeBase64Url(bytes) : COMPRESSED + encodeBase64Url(stream);
}

interface EncodeOptions extends UrlSafeOptions {
  /** False to leave it as it is, however long. Default true. */
  readonly compress?: boolean;
}

interface DecodeOptions extends UrlSafeOptions {
  readonly lenient?: boolean | undefined;
}

/**
 * The JSON text of a payload.
 *
 * @throws BadPayload WX_BAD_PAYLOAD as `decodePayload`, and where the bytes are not UTF-8.
 */
export function decodePayloadText(payload: string, options: DecodeOptions): string {
  const bytes = decodePayload(payload, options);
  try {
    return decodeUtf8(bytes);
  } catch (originalError) {
    throw new BadPayload("the payload is not UTF-8", { originalError });
  }
}

/**
 * The bytes of the JSON.
 *
 * @throws BadPayload WX_BAD_PAYLOAD where the payload is not base64, cannot be inflated, or is too long.
 */
export function decodePayload(payload: string, options: DecodeOptions): Buffer {
  const { lenient = false, maxPayloadBytes = MAX_PAYLOAD_BYTES } = options;
  const isCompressed = payload.startsWith(COMPRESSED);
  let bytes: Buffer;
  try {
    bytes = decodeBase64Url(isCompressed ? payload.slice(COMPRESSED.length) : payload, lenient);
  } catch (originalError) {
    throw new BadPayload("the payload is not base64", { originalError });
  }
  if (isCompressed) {
    try {
      return inflated(bytes, maxPayloadBytes);
    } catch (originalError) {
      const isTooLong = (originalError as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
      const problem = isTooLong ? tooLong(maxPayloadBytes) : "the payload cannot be inflated";
      throw new BadPayload(problem, { originalError });
    }
  }
  if (bytes.length > maxPayloadBytes) throw new BadPayload(tooLong(maxPayloadBytes));
  return bytes;
}

const tooLong = (maxPayloadBytes: number): string => `the payload is longer than ${maxPayloadBytes} bytes`;
