/** Reads bounces that are no DSN but words, by a table of rules; what fits none of them is no bounce. */
import type { MailParts } from "./mail-parts.ts";
import { detailOf, MOST_RECIPIENTS, type ReportedRecipient, type ReportKind } from "./report.ts";
import { beforeQuote } from "./returned-message.ts";
import { bounceKind, statusIn } from "./severity.ts";
import { DELAY_MARKS, type TextRule, textRules } from "./text-rules.ts";
import { plainAddress } from "./typed-address.ts";

/** What it says of each recipient; undefined where it is no bounce that is known. */
export function readTextBounce(mail: MailParts): ReportedRecipient[] | undefined {
  const rule = textRules.find((candidate) => fits(candidate, mail));
  if (rule === undefined) return undefined;
  const words = beforeQuote(mail.text);
  const addresses = recipientsOf(rule, mail, words);
  const delayed = DELAY_MARKS.test(mail.subject) || DELAY_MARKS.test(words);
  if (addresses.length === 0) return [said("", words, delayed)];
  return addresses.map(({ address, at }, index) => said(address, words.slice(at, addresses[index + 1]?.at), delayed));
}

/** Headers suffice to say no: with them alone, a rule that also looks at the words may still fit. */
export function mayBeTextBounce({ from, subject, header }: Pick<MailParts, "from" | "subject" | "header">): boolean {
  return textRules.some((rule) => fits({ ...rule, body: /(?:)/ }, { from, subject, header, text: "" }));
}

function fits(
  rule: TextRule,
  { from, subject, header, text }: Pick<MailParts, "from" | "subject" | "header" | "text">,
): boolean {
  return (
    rule.from.test(from) &&
    (rule.subject?.test(subject.trim()) ?? true) &&
    (rule.field === undefined || header.has(rule.field)) &&
    (rule.body?.test(text) ?? true)
  );
}

/** The addresses, each with the place where its own words begin. */
function recipientsOf(rule: TextRule, mail: MailParts, words: string): { address: string; at: number }[] {
  const found = new Map<string, number>();
  for (const match of words.matchAll(rule.recipients)) {
    const address = plainAddress(match[1] ?? match[0]);
    if (address !== "" && !found.has(address)) found.set(address, match.index);
    if (found.size >= MOST_RECIPIENTS) break;
  }
  // A field that names them is more reliable than the words; these then tell where each begins.
  const listed = (rule.field === undefined ? "" : (mail.header.get(rule.field) ?? ""))
    .slice(0, 64 * 1024)
    .split(",")
    .map(plainAddress)
    .filter((address) => address !== "");
  const addresses = listed.length > 0 ? [...new Set(listed)].slice(0, MOST_RECIPIENTS) : [...found.keys()];
  return addresses
    .map((address) => ({ address, at: found.get(address) ?? 0 }))
    .toSorted((one, other) => one.at - other.at);
}

function said(address: string, words: string, delayed: boolean): ReportedRecipient {
  const text = words.slice(0, 4000);
  const status = statusIn(text);
  const kind: ReportKind = delayed ? "delayed" : bounceKind(status, text);
  return { address, kind, status, detail: detailOf(text) };
}
