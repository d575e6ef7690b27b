/** What a refusal or fault is about and what to do, as a value; and the rules by which it is found. */
import type { SmtpErrorCode } from "../error-code.ts";
import type { SmtpReply } from "../reply.ts";
import type { SmtpStage } from "../stage.ts";

/** The same in English and Chinese, whole sentences. */
export interface BilingualText {
  readonly en: string;
  readonly zh: string;
}

/**
 * What it is about: the recipient's mailbox, the message, the account that sends, the address of this machine, the network
 * between, the server itself, how this client is set, or the program that called.
 */
export type SmtpSubject =
  | "recipient"
  | "content"
  | "account"
  | "address"
  | "network"
  | "server"
  | "settings"
  | "caller";

/** Why a message did not go, and what to do about it. */
export interface SmtpDiagnosis {
  /** A stable name of the cause, such as "mailbox-full"; what only one provider says begins with its name: "netease.daily-quota". */
  readonly id: string;
  readonly about: SmtpSubject;
  /** Trying sooner than after so many seconds is of no use, or does harm. */
  readonly retryAfterSeconds?: number | undefined;
  /** Whether the same message may go later, where the reply code (4xx, 5xx) tells it wrongly. */
  readonly retryable?: boolean | undefined;
  readonly meaning: BilingualText;
  readonly advice: BilingualText;
}

/** What is known of a failure. */
export interface SmtpFailure {
  readonly code: SmtpErrorCode;
  readonly stage: SmtpStage;
  /** The server's words, where it said any. */
  readonly reply?: SmtpReply | undefined;
}

/** Knows better than the general rules what the words of one server mean; undefined where it does not. */
export type SmtpExplainer = (failure: SmtpFailure) => SmtpDiagnosis | undefined;

/** When a diagnosis holds: where everything that is given here fits. */
export interface SmtpCondition {
  readonly stages?: readonly SmtpStage[] | undefined;
  /** Reply codes. */
  readonly replies?: readonly number[] | undefined;
  /** Enhanced codes (RFC 3463), whole or by their beginning: "5.1.1", "5.7.". */
  readonly enhanced?: readonly string[] | undefined;
  /** Is looked for in the server's words. */
  readonly text?: RegExp | undefined;
}

/** A line of a table: when, and what then. */
export interface SmtpDiagnosisRule {
  readonly when: SmtpCondition;
  readonly diagnosis: SmtpDiagnosis;
}

/** A server may write 64 KB; the reason stands at the beginning. */
const MAX_TEXT = 1_000;

/** The diagnosis of the first rule that fits a refusal; undefined where none does, or the server said nothing. */
export function diagnosisBy(
  rules: readonly SmtpDiagnosisRule[],
  { stage, reply }: SmtpFailure,
): SmtpDiagnosis | undefined {
  if (reply === undefined) return undefined;
  const text = reply.text.slice(0, MAX_TEXT);
  return rules.find(({ when }) => fits(when, stage, reply, text))?.diagnosis;
}

function fits(when: SmtpCondition, stage: SmtpStage, { code, enhancedCode }: SmtpReply, text: string): boolean {
  return (
    (when.stages?.includes(stage) ?? true) &&
    (when.replies?.includes(code) ?? true) &&
    (when.enhanced?.some((known) => (known.endsWith(".") ? enhancedCode.startsWith(known) : enhancedCode === known)) ??
      true) &&
    (when.text?.test(text) ?? true)
  );
}
