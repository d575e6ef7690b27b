/** What was said on one connection, without secrets, and the errors that quote it. */
import { type SmtpErrorCode, SmtpError, type SmtpRefusal, type SmtpStage } from "./errors.ts";
import { clip } from "./quote.ts";
import { formatReply, type SmtpReply } from "./reply.ts";
import { Secrets } from "./secrets.ts";

/** A connection may live for many messages; only its latest lines explain an error. */
const MAX_LINES = 100;
const MAX_LINE_LENGTH = 500;

/** What went wrong, before it is known at which step it will surface. */
export interface Fault {
  code: SmtpErrorCode;
  /** One sentence, without its full stop: what happened, with the server's words. */
  what: string;
  /** One sentence, without its full stop: what to do. */
  advice: string;
  retryable: boolean;
  reply?: SmtpReply;
  cause?: unknown;
}

export class Transcript {
  readonly server: string;
  readonly secrets: Secrets = new Secrets();
  /** The recipients refused so far in the transaction under way. */
  rejected: SmtpRefusal[] = [];
  #lines: string[] = [];

  constructor(server: string) {
    this.server = server;
  }

  /** Records a line of ours. The caller passes it without secrets. */
  sent(line: string): void {
    this.#add(`C: ${line}`);
  }

  /** Records a reply and returns it without secrets. */
  received(reply: SmtpReply): SmtpReply {
    const shown = this.secrets.hideIn(reply);
    this.#add(`S: ${formatReply(shown)}`);
    return shown;
  }

  /** The error for a fault that surfaced at `stage`. */
  error(stage: SmtpStage, fault: Fault): SmtpError {
    const unknown = stage === "final" && (fault.reply === undefined || fault.reply.code < 400);
    const advice = unknown
      ? "Whether the server took the message is not known: sending it again may deliver it twice"
      : fault.advice;
    return new SmtpError(fault.code, this.secrets.hide(`${fault.what}. ${advice}.`), {
      ...fault,
      stage,
      outcome: unknown ? "unknown" : "not-sent",
      server: this.server,
      transcript: [...this.#lines],
      rejected: [...this.rejected],
    });
  }

  #add(line: string): void {
    if (this.#lines.length === MAX_LINES) this.#lines.shift();
    this.#lines.push(clip(line, MAX_LINE_LENGTH));
  }
}
