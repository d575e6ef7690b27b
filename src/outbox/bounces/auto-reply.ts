/** Knows the answers that machines give for people: on holiday, received with thanks. They say nothing about a delivery. */
import type { MailParts } from "./mail-parts.ts";

/** Fields that only an automatic answer has, and what must stand there. */
const FIELDS: readonly (readonly [name: string, value: RegExp])[] = [
  ["auto-submitted", /^\s*auto-(?:replied|generated|notified)/i], // RFC 3834, section 5
  ["x-autoreply", /\S/],
  ["x-autorespond", /\S/],
  ["x-auto-response-suppress", /\b(?:All|AutoReply)\b/i],
  ["precedence", /^\s*auto[_-]reply/i],
];

const SUBJECTS =
  /^(?:\W{0,4}(?:auto(?:matic)?[ -]?(?:reply|response|answer)|autoreply|out of (?:the )?office|abwesen|absence)|自动回复|自動回覆|自动答复|自動返信)/i;

export function isAutoReply({ header, subject }: MailParts): boolean {
  return SUBJECTS.test(subject.trim()) || FIELDS.some(([name, value]) => value.test(header.get(name) ?? ""));
}
