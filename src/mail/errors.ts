/** What the mail part throws: a message that may not be sent, a delivery that failed, a mailer that is not there. */
import { WaxsealError } from "../base/index.ts";
import type { SmtpDiagnosis } from "../smtp/index.ts";
import type { RecipientRefusal } from "./backend.ts";

const SHOWN_LENGTH = 48;

/** A value as an error may show it: shortened, quoted, and with every invisible character escaped. */
export function shorten(value: string): string {
  const head = value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value;
  return JSON.stringify(head).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What was wrong with a message, in the words of its author. */
export interface MessageFault {
  /** Where: `subject`, `to[1]`, `headers["X-Tag"]`. */
  field: string;
  /** What stood there. */
  value?: string;
  /** Completes the sentence "the field ...". */
  problem: string;
  /** What to write instead, as a sentence without its full stop. */
  fix: string;
}

/** A message that is refused before anything of it is sent. Its text names the field, the value (shortened) and the fix. */
export class MessageError extends WaxsealError {
  static override readonly brand: string = "MessageError";
  readonly field: string;

  constructor(code: `WX_MESSAGE_${string}`, fault: MessageFault, options?: { cause?: unknown }) {
    const { field, value, problem, fix } = fault;
    super(
      code,
      `${field}${value === undefined ? "" : `: ${shorten(value)}`} ${problem}. ${fix}${/[.?]$/.test(fix) ? "" : "."}`,
      options,
    );
    this.field = field;
  }
}

/** What is known about a delivery that failed. */
export interface DeliveryFailure {
  retryable: boolean;
  outcome: "not-sent" | "unknown";
  recipients?: readonly RecipientRefusal[];
  stage?: string;
  server?: string;
  replyCode?: number;
  enhancedCode?: string;
  retryAfterMs?: number | undefined;
  diagnosis?: SmtpDiagnosis | undefined;
  cause?: unknown;
}

function deliveryCode({ outcome, retryable }: DeliveryFailure): string {
  if (outcome === "unknown") return "WX_DELIVERY_UNKNOWN";
  return retryable ? "WX_DELIVERY_DEFERRED" : "WX_DELIVERY_REFUSED";
}

/**
 * A message that a backend could not hand over.
 *
 * Codes: `WX_DELIVERY_REFUSED` (for good), `WX_DELIVERY_DEFERRED` (worth another try) and `WX_DELIVERY_UNKNOWN` (the
 * connection was lost after the last byte, so the server may have taken it).
 */
export class DeliveryError extends WaxsealError {
  static override readonly brand: string = "DeliveryError";
  readonly retryable: boolean;
  readonly outcome: "not-sent" | "unknown";
  /** The recipients that the server named in refusing; empty when it refused the message as a whole. */
  readonly recipients: readonly RecipientRefusal[];
  /** Where it stopped, such as `rcpt` (SMTP) or `response` (HTTP); empty where the backend has no stages. */
  readonly stage: string;
  readonly server: string;
  /** The SMTP reply code, 0 where there was no reply. */
  readonly replyCode: number;
  /** RFC 3463, such as `5.1.1`; empty where there was none. */
  readonly enhancedCode: string;
  /** How long the provider asks to be left alone, in milliseconds; undefined where it does not say. */
  readonly retryAfterMs: number | undefined;
  /** What it is about, and what to do, in English and Chinese; undefined where the backend knows no more than the text. */
  readonly diagnosis: SmtpDiagnosis | undefined;

  constructor(message: string, failure: DeliveryFailure) {
    super(deliveryCode(failure), message, "cause" in failure ? { cause: failure.cause } : undefined);
    this.retryable = failure.retryable;
    this.outcome = failure.outcome;
    this.recipients = failure.recipients ?? [];
    this.stage = failure.stage ?? "";
    this.server = failure.server ?? "";
    this.replyCode = failure.replyCode ?? 0;
    this.enhancedCode = failure.enhancedCode ?? "";
    this.retryAfterMs = failure.retryAfterMs;
    this.diagnosis = failure.diagnosis;
  }
}

/** A mailer that does not exist, or a backend that was given an option it cannot work with. */
export class MailerError extends WaxsealError {
  static override readonly brand: string = "MailerError";
  /** The option at fault: `using`, `path`. */
  readonly setting: string;
  /** The alias of the mailer that it is about; undefined where it is about none in particular. */
  readonly alias: string | undefined;

  constructor(
    code: `WX_MAILER_${string}`,
    setting: string,
    message: string,
    options?: { cause?: unknown; alias?: string },
  ) {
    super(code, message, options);
    this.setting = setting;
    this.alias = options?.alias;
  }
}
