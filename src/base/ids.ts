/** Ids that sort by the time they were made, so that new rows stand together at the end of a table. */
import { randomBytes } from "node:crypto";

const RANDOM_OCTETS = 4096;
/** What an id takes of them: one digit for the two bits beside the variant, and 18 more. */
const DIGITS = 19;
const VARIANTS = "89ab";

/** Random octets in hexadecimal, of which every digit is used once. */
let random = "";
let used = 0;

/** The front of ids that are made in the same millisecond. */
let front = "";
let frontTime = Number.NaN;

/**
 * A UUID of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, then 74 random ones.
 *
 * @param now Milliseconds since 1970.
 */
export function newId(now: number): string {
  if (used + DIGITS > random.length) {
    random = randomBytes(RANDOM_OCTETS).toString("hex");
    used = 0;
  }
  if (now !== frontTime) {
    const time = Math.trunc(now).toString(16).padStart(12, "0");
    front = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    frontTime = now;
  }
  const at = used;
  used += DIGITS;
  const variant = VARIANTS[random.charCodeAt(at) & 3] ?? "8";
  return `${front}${random.slice(at + 1, at + 4)}-${variant}${random.slice(at + 4, at + 7)}-${random.slice(at + 7, used)}`;
}
