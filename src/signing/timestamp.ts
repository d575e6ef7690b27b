/** The time in a signature: Unix seconds as the fewest bytes that hold them, in base64. */
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";

/** The end of the year 9999, where Python's dates end, in Unix seconds. */
const LAST_SECOND = 253_402_300_799;

/** More bytes Python does not read. */
const MAX_BYTES = 8;

/** Seconds as big-endian bytes without leading zeros: none at all for 0. */
export function encodeTimestamp(seconds: number): string {
  const bytes: number[] = [];
  for (let rest = seconds; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return encodeBase64Url(Uint8Array.from(bytes));
}

/**
 * The seconds that `text` says; undefined where they are no date that Python has.
 *
 * @param lenient As of `decodeBase64Url`.
 */
export function decodeTimestamp(text: string, lenient: boolean): number | undefined {
  let bytes: Buffer;
  try {
    bytes = decodeBase64Url(text, lenient);
  } catch {
    return undefined;
  }
  if (bytes.length > MAX_BYTES) return undefined;
  const seconds = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return seconds <= LAST_SECOND ? seconds : undefined;
}
