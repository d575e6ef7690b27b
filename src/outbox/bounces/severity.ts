/** What a refusal says about the address itself: only then must nothing more be sent to it. */
import type { ReportKind } from "./report.ts";

/**
 * Enhanced codes that condemn the address (RFC 3463, section 3.2; RFC 7505): no such mailbox, no such domain, bad syntax,
 * moved, a domain that takes no mail at all, and a domain that leads nowhere.
 */
const ADDRESS_STATUSES: ReadonlySet<string> = new Set(["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"]);

/** Codes that are used for an address and for other things as well; then the words decide. */
const VAGUE_STATUSES: ReadonlySet<string> = new Set([
  "",
  "5.0.0",
  "5.1.0",
  "5.2.1",
  "5.3.0",
  "5.4.1",
  "5.5.0",
  "5.5.1",
]);

/** What servers write of a mailbox that does not exist, in the words of the usual ones. */
const ADDRESS_WORDS: readonly RegExp[] = [
  /\b(?:user|mailbox|recipient|address|account|addressee)\b.{0,60}\b(?:unknown|not found|does ?n[o']t exist|not exist|disabled|inactive|invalid)\b/i,
  /\b(?:unknown|no such|invalid|non-?existent)\b.{0,20}\b(?:user|mailbox|recipient|account|addressee|person)\b/i,
  /\brecipient address rejected: (?:user unknown|undeliverable address|access denied)/i,
  /\bdoesn't have an? \S+ account\b/i,
  /(?:用户|收件人|帐号|账号|邮箱|地址).{0,20}(?:不存在|未找到|无效|已停用|被禁用|已注销)/,
  /(?:不存在|无效)的?(?:用户|收件人|帐号|账号|邮箱|地址)/,
];

/** Words that overrule those: what is full, refused for its content or its sender says nothing of the address. */
const OTHER_WORDS: readonly RegExp[] = [
  /\b(?:spam|blocked|blacklist|blocklist|reputation|policy|quota|full|rate|too (?:many|large|big)|sender)\b/i,
  /(?:已满|超限|超过|垃圾|拒绝|频率)/,
];

/** Of a message that was given up: whether its address is at fault. */
export function bounceKind(status: string, words: string): Extract<ReportKind, "hard-bounce" | "soft-bounce"> {
  if (ADDRESS_STATUSES.has(status)) return "hard-bounce";
  if (!VAGUE_STATUSES.has(status)) return "soft-bounce";
  const text = words.slice(0, 2000);
  if (status === "" && /(?:^|\D)4\d\d[ -]/.test(text)) return "soft-bounce";
  const condemns = ADDRESS_WORDS.some((rule) => rule.test(text)) && !OTHER_WORDS.some((rule) => rule.test(text));
  return condemns ? "hard-bounce" : "soft-bounce";
}

/** The most telling enhanced code in a text (RFC 3463): the first that says no for good, else the first that says no for now. */
export function statusIn(text: string): string {
  const codes = [...text.slice(0, 4000).matchAll(/(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])/g)].map(([code]) => code);
  const ofClass = (digit: string): string | undefined => codes.find((code) => code.startsWith(digit));
  return ofClass("5") ?? ofClass("4") ?? ofClass("2") ?? "";
}

/** The SMTP reply code in a server's words; 0 where there is none. */
export function replyCodeIn(words: string): number {
  return Number(/(?<![\d.])([245]\d\d)(?=[ -]|$)/.exec(words)?.[1] ?? 0);
}
