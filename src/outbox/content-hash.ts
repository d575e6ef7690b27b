/** Tells the same request from another one with the same idempotency key. */
import { createHash } from "node:crypto";
import type { MessageRow } from "./rows.ts";

/**
 * SHA-256, hex, of what the caller gave: sender, recipients, mailer, stream, tenant, and the composed message without what is
 * new each time it is composed (Message-ID, Date, Received, DKIM signatures, the link by which to leave the stream, and the
 * boundaries between its parts).
 *
 * Times, priority, tags and metadata may differ: who asks again often counts them anew.
 */
export function contentHash(row: MessageRow, addresses: readonly string[], bytes: Uint8Array): string {
  const { envelope_from: from, mailer, stream, tenant } = row;
  return createHash("sha256")
    .update(JSON.stringify([from, addresses.toSorted(), mailer, stream, tenant]))
    .update(withoutChance(bytes), "latin1")
    .digest("hex");
}

/** A field that composing makes anew, with the lines that continue it. */
const CHANGING_FIELD = /^(?:message-id|date|received|dkim-signature|list-unsubscribe):.*\r\n(?:[ \t].*\r\n)*/gim;
const BOUNDARY = /\bboundary="?([^"\r\n;]{1,70})"?/gi;

function withoutChance(bytes: Uint8Array): string {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const end = whole.indexOf("\r\n\r\n");
  const header = end === -1 ? whole : whole.slice(0, end + 2);
  let text = header.replace(CHANGING_FIELD, "") + whole.slice(header.length);
  const boundaries = new Set([...text.matchAll(BOUNDARY)].map((found) => found[1] ?? ""));
  for (const boundary of boundaries) text = text.replaceAll(boundary, "boundary");
  return text;
}
