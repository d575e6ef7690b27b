/** Reads message/feedback-report (ARF, RFC 5965): a mailbox provider says that a recipient complained. */
import { readFieldGroups } from "./fields.ts";
import { detailOf, MOST_RECIPIENTS, type ReportedRecipient, type ReportKind } from "./report.ts";
import { plainAddress } from "./typed-address.ts";

/** Types of feedback (RFC 5965, section 7.3; RFC 6650), and what they are to us. `not-spam` and `auth-failure` are no complaint. */
const KINDS: Readonly<Record<string, ReportKind>> = {
  abuse: "complaint",
  fraud: "complaint",
  virus: "complaint",
  "opt-out": "unsubscribe",
  "opt-out-list": "unsubscribe",
};

/** What the report says, and of whom; many providers name nobody, or black the address out. */
export function readFeedbackReport(text: string): ReportedRecipient[] {
  const fields = readFieldGroups(text, 1)[0];
  const type = fields?.get("feedback-type")?.trim().toLowerCase() ?? "";
  const kind = KINDS[type];
  if (fields === undefined || kind === undefined) return [];
  const said = {
    kind,
    status: "",
    detail: detailOf(`${type} reported by ${fields.get("user-agent") ?? "the recipient"}`),
  };
  const addresses = recipientsIn(text);
  return addresses.length === 0 ? [{ address: "", ...said }] : addresses.map((address) => ({ address, ...said }));
}

/** Original-Rcpt-To may stand there several times. */
function recipientsIn(text: string): string[] {
  const found = new Set<string>();
  for (const [, value = ""] of text.matchAll(/^(?:Original-Rcpt-To|Removal-Recipient):([^\r\n]{0,400})/gim)) {
    const address = plainAddress(value.replace(/^\s*rfc822\s*;/i, ""));
    if (address !== "") found.add(address);
    if (found.size >= MOST_RECIPIENTS) break;
  }
  return [...found];
}
