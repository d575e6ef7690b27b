/** What a failure says beyond this message: that an address is dead, that an account is shut, or nothing of the message at all. */
import type { SmtpDiagnosis } from "../mail/index.ts";
import type { OutboxAttempt } from "./types.ts";

/** Stages before the server was told anything of the message: what fails there says nothing about it. */
const stagesBeforeMail: readonly string[] = ["connect", "tls", "greeting", "ehlo", "starttls", "auth"];

/** Whether an attempt got as far as MAIL FROM; one that did not costs the message none of its attempts. */
export function reachedMail({ stage }: Pick<OutboxAttempt, "stage">): boolean {
  return !stagesBeforeMail.includes(stage);
}

/** Diagnoses by which no message of the account goes, until a person has acted. */
const shutAccounts: ReadonlySet<string> = new Set([
  "log-in-missing",
  "netease.smtp-off",
  "netease.address-hung",
  "netease.sender-barred",
  "aliyun.may-not-send",
  "microsoft.log-in-missing",
  "microsoft.outbound-spam",
  "microsoft.sender-barred",
]);

/** Whether the account as a whole is refused: its other messages would be too, so none of them is failed for it. */
export function isAccountShut(diagnosis: SmtpDiagnosis | undefined): boolean {
  return diagnosis !== undefined && shutAccounts.has(diagnosis.id);
}

/** Diagnoses of one message for which the provider blocks the account too. */
const blockingAccounts: ReadonlySet<string> = new Set(["yandex.spam"]);

/** Whether a message was refused for what it is, and all others of the account are for a while. */
export function isAccountBlockedToo(diagnosis: SmtpDiagnosis): boolean {
  return blockingAccounts.has(diagnosis.id);
}

/** Diagnoses by which an address will never take mail. */
const deadAddresses: ReadonlySet<string> = new Set(["recipient-unknown", "mailbox-disabled", "qq.mailbox-unavailable"]);
/** RFC 3463: no such mailbox, moved with no address to follow, disabled. RFC 7505: the domain takes no mail. */
const deadCodes: readonly string[] = ["5.1.1", "5.1.6", "5.2.1", "5.1.10"];
/** Servers say "mailbox unavailable" of blocks and policies too. */
const otherReasons =
  /polic|spam|block|black|reputation|\bip\b|\brbl\b|dnsbl|\bspf\b|dkim|dmarc|relay|denied|frequen|\brate|limit|quota|full/i;

/** What a server said, of a recipient or of a message. */
interface RefusalWords {
  readonly enhancedCode: string;
  readonly text: string;
  readonly diagnosis?: SmtpDiagnosis | undefined;
}

/**
 * Whether a refusal for good is about the address itself, so that nothing should be sent there again: never for content,
 * for the account or its quotas, for policies and blocks, nor for a full mailbox.
 */
export function isDeadAddress({ enhancedCode, text, diagnosis }: RefusalWords): boolean {
  if (diagnosis?.about !== "recipient") return false;
  if (deadCodes.includes(enhancedCode)) return true;
  return enhancedCode === "" && deadAddresses.has(diagnosis.id) && !otherReasons.test(text);
}
