/** Ids that sort by the time they were made, so that new rows stand together at the end of a table. */
import { randomFillSync } from "node:crypto";

const random = new Uint8Array(4096);
let used = random.length;

/**
 * A UUID of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, then 74 random ones.
 *
 * @param now Milliseconds since 1970.
 */
export function newId(now: number): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const bytes = random.subarray(used, (used += 16));
  const time = Math.trunc(now).toString(16).padStart(12, "0");
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString("hex");
  const variant = "89ab"[(bytes[15] ?? 0) & 3] ?? "8";
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${tail.slice(0, 3)}-${variant}${tail.slice(3, 6)}-${tail.slice(6, 18)}`;
}
