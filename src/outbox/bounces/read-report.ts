/** Reads any mail that came back: a DSN, a complaint, a bounce in words, an automatic answer, or none of these. */
import { createHash } from "node:crypto";
import { isAutoReply } from "./auto-reply.ts";
import { readDeliveryStatus } from "./delivery-status.ts";
import { readFeedbackReport } from "./feedback-report.ts";
import { type MailParts, takeApart } from "./mail-parts.ts";
import { MOST_RECIPIENTS, type Report, type ReportedRecipient } from "./report.ts";
import { messageIdsOf } from "./returned-message.ts";
import { mayBeTextBounce, readTextBounce } from "./text-bounce.ts";
import { plainAddress } from "./typed-address.ts";

/** What a mail turned out to be. `auto-reply` and `other` change nothing. */
export type Reading = { is: "report"; report: Report } | { is: "auto-reply" } | { is: "other" };

/**
 * Reads a mail that came to a bounce address or lies in a mailbox. Pure; never throws, whatever the bytes are; looks at
 * the first 2 MiB and at most 1,000 recipients.
 *
 * A DSN (RFC 3464) and a complaint (ARF, RFC 5965) are known by their parts. A bounce in words only (qmail, Exim, 163,
 * QQ, Exchange) is known by a table of rules; what fits none is `other`.
 *
 * @param raw The mail as it came.
 * @param options.sentTo The envelope's recipients, where they are known: one may be a bounce address.
 * @example
 * const reading = await readReport(await readFile("bounce.eml"));
 * if (reading.is === "report") console.log(reading.report.recipients);
 */
export async function readReport(raw: Uint8Array, options: { sentTo?: readonly string[] } = {}): Promise<Reading> {
  const mail = await takeApart(raw);
  if (mail === undefined) return { is: "other" };
  const found = findRecipients(mail);
  if (found === undefined) return { is: isAutoReply(mail) ? "auto-reply" : "other" };
  const report: Report = {
    format: found.format,
    id: createHash("sha256").update(raw).digest("hex"),
    messageIds: messageIdsOf(mail),
    sentTo: [...new Set([...(options.sentTo ?? []), ...destinationsOf(mail)])].slice(0, 50),
    recipients: found.recipients.slice(0, MOST_RECIPIENTS),
    at: timeOf(mail),
  };
  return { is: "report", report };
}

/** Whether a mail with such a header may be a report: what a mailbox is searched by before anything is fetched whole. */
export function mayBeReport(mail: Pick<MailParts, "from" | "subject" | "header">): boolean {
  return /^\s*multipart\/report\b/i.test(mail.header.get("content-type") ?? "") || mayBeTextBounce(mail);
}

function findRecipients(mail: MailParts): { format: Report["format"]; recipients: ReportedRecipient[] } | undefined {
  const status = mail.part("message/delivery-status", "message/global-delivery-status");
  if (status !== undefined) {
    const recipients = readDeliveryStatus(status);
    if (recipients.length > 0) return { format: "dsn", recipients };
  }
  const feedback = mail.part("message/feedback-report");
  if (feedback !== undefined) {
    const recipients = readFeedbackReport(feedback);
    return recipients.length > 0 ? { format: "arf", recipients } : undefined;
  }
  const recipients = readTextBounce(mail);
  return recipients === undefined ? undefined : { format: "text", recipients };
}

/** Where it was sent, by the fields that servers write at delivery, and its own. */
function destinationsOf(mail: MailParts): string[] {
  return ["x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "to"]
    .flatMap((name) => mail.all(name).slice(0, 10))
    .map(plainAddress)
    .filter((address) => address !== "");
}

function timeOf(mail: MailParts): number | undefined {
  const at = Date.parse((mail.header.get("date") ?? "").slice(0, 100));
  return Number.isNaN(at) ? undefined : at;
}
