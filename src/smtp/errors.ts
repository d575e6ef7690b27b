/** The one error of the SMTP client: where it happened, what the server said, and what became of the message. */
import { WaxsealError } from "../base/index.ts";
import { explanationIn } from "./diagnosis/explanation.ts";
import { diagnose } from "./diagnosis/diagnose.ts";
import type { SmtpDiagnosis, SmtpSubject } from "./diagnosis/rule.ts";
import type { SmtpErrorCode } from "./error-code.ts";
import type { SmtpReply } from "./reply.ts";
import type { SmtpStage } from "./stage.ts";

export type { SmtpErrorCode } from "./error-code.ts";
export type { SmtpStage } from "./stage.ts";

/** A recipient the server would not take. */
export interface SmtpRefusal {
  readonly address: string;
  readonly retryable: boolean;
  /** The server's words; code 0 and what happened, where it had none for this recipient (its connection was lost). */
  readonly reply: SmtpReply;
  /** "unknown" where this recipient may have got the message all the same; else it did not. */
  readonly outcome?: "not-sent" | "unknown";
  /** What it is about, and what to do; none where the server has no words for this recipient. */
  readonly diagnosis?: SmtpDiagnosis | undefined;
}

/** What an `SmtpError` carries beside its code and text. */
export interface SmtpErrorDetails {
  stage: SmtpStage;
  server: string;
  retryable: boolean;
  reply?: SmtpReply | undefined;
  transcript?: readonly string[];
  outcome?: "not-sent" | "unknown";
  rejected?: readonly SmtpRefusal[];
  /** Default: by the general rules. */
  diagnosis?: SmtpDiagnosis | undefined;
  cause?: unknown;
}

/**
 * A message that was not sent, or whose fate is unknown.
 *
 * @example
 * try { await pool.send(envelope, bytes) } catch (error) {
 *   if (error instanceof SmtpError && error.outcome === "not-sent" && error.retryable) tryLater();
 * }
 */
export class SmtpError extends WaxsealError {
  static override readonly brand: string = "SmtpError";
  declare readonly code: SmtpErrorCode;
  /** The step that failed. */
  readonly stage: SmtpStage;
  /** The reply that caused the error, if one did. */
  readonly reply: SmtpReply | undefined;
  /** The end of the conversation, `C:` and `S:` lines without secrets and without the message. */
  readonly transcript: readonly string[];
  /** "unknown" where the whole message had left and no usable answer came: sending again may deliver it twice. */
  readonly outcome: "not-sent" | "unknown";
  /** Whether the same message may succeed later without a change by a person: by the reply code, or as the diagnosis knows. */
  readonly retryable: boolean;
  /** The recipients refused before the error. */
  readonly rejected: readonly SmtpRefusal[];
  /** `host:port`. */
  readonly server: string;
  /** What the failure is about, what it means, when to try again and what to do, in English and Chinese. */
  readonly diagnosis: SmtpDiagnosis;

  constructor(code: SmtpErrorCode, message: string, details: SmtpErrorDetails) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.stage = details.stage;
    this.reply = details.reply;
    this.transcript = details.transcript ?? [];
    this.outcome = details.outcome ?? "not-sent";
    this.rejected = details.rejected ?? [];
    this.server = details.server;
    const { stage, reply } = details;
    this.diagnosis = details.diagnosis ?? diagnose({ code, stage, reply }, this.outcome);
    this.retryable = this.diagnosis.retryable ?? details.retryable;
  }

  /** What the failure is about: the recipient, the content, the account, the address of this machine, the network, ... */
  get about(): SmtpSubject {
    return this.diagnosis.about;
  }

  /**
   * The whole explanation for a person: what happened, what it means, and what to do.
   *
   * @example
   * console.error(error.explain("zh"));
   */
  explain(language: "en" | "zh"): string {
    return explanationIn(language, this);
  }
}
