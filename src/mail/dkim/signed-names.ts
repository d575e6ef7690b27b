/** Which header fields a signature covers (RFC 6376, sections 5.4 and 5.4.1). */
import type { HeaderField } from "./canonical-header.ts";

/**
 * What a reader sees or acts on. Left out is what servers on the way add or rewrite (Received, Return-Path,
 * Authentication-Results). RFC 8058 wants both List-Unsubscribe fields signed.
 */
export const SIGNED_BY_DEFAULT: readonly string[] = [
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "subject",
  "date",
  "message-id",
  "in-reply-to",
  "references",
  "mime-version",
  "content-type",
  "content-transfer-encoding",
  "content-disposition",
  "content-language",
  "content-id",
  "content-description",
  "auto-submitted",
  "importance",
  "priority",
  "x-priority",
  "feedback-id",
  "list-id",
  "list-help",
  "list-unsubscribe",
  "list-unsubscribe-post",
  "list-subscribe",
  "list-post",
  "list-owner",
  "list-archive",
  "resent-date",
  "resent-from",
  "resent-sender",
  "resent-to",
  "resent-cc",
  "resent-message-id",
];

/** What nobody may add to a signed message: a second From or Subject is what a reader could be shown instead. */
export const OVERSIGNED_BY_DEFAULT: readonly string[] = [
  "from",
  "to",
  "cc",
  "reply-to",
  "subject",
  "date",
  "message-id",
  "mime-version",
  "content-type",
  "content-transfer-encoding",
];

/** What changes on the way (section 5.4.1), what is never sent, and what one signature must not say of another. */
export const NEVER_SIGNED: ReadonlySet<string> = new Set([
  "return-path",
  "received",
  "bcc",
  "dkim-signature",
  "authentication-results",
]);

/** The value of `h=`: each name as often as the message has it, and once more where it is oversigned. */
export function namesToSign(
  fields: readonly HeaderField[],
  { headers, oversign }: { headers: readonly string[]; oversign: ReadonlySet<string> },
): string[] {
  const counts = new Map<string, number>();
  for (const { name } of fields) counts.set(name, (counts.get(name) ?? 0) + 1);
  return headers.flatMap((name) =>
    Array.from({ length: (counts.get(name) ?? 0) + (oversign.has(name) ? 1 : 0) }, () => name),
  );
}
