/** What a server took. */
import type { SmtpRefusal } from "./errors.ts";
import type { SmtpReply } from "./reply.ts";

export interface SmtpReceipt {
  /** `host:port`. */
  readonly server: string;
  /** The recipients the server took the message for. */
  readonly accepted: string[];
  /** The recipients it refused; the message was sent to the others. */
  readonly rejected: SmtpRefusal[];
  /** The acknowledgement in one line, often with the server's id of the message. */
  readonly response: string;
  readonly reply: SmtpReply;
}
