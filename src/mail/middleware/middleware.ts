/** What stands between the application and its mailers: hooks before a message is composed and after it was sent. */
import type { Logger } from "../../base/index.ts";
import type { Envelope, Receipt } from "../backend.ts";
import type { MessageFields } from "../message-fields.ts";

/** What a hook is given beside its message. */
export interface HookContext {
  logger: Logger;
}

/** A message that was handed to a mailer, and what came of it: a receipt or an error. */
export interface Delivery {
  /** As it was composed; undefined for a message out of the outbox, which keeps only the finished bytes. */
  message?: MessageFields | undefined;
  envelope: Envelope;
  /** With its angle brackets. */
  messageId: string;
  receipt?: Receipt | undefined;
  /** A DeliveryError as a rule. In the outbox it may be followed by another attempt. */
  error?: unknown;
}

/**
 * Hooks around every message of a Mail. All are optional, and each kind runs in the order of the list.
 *
 * @example
 * const stamp: Middleware = { before: (message) => ({ ...message, subject: `[staging] ${message.subject ?? ""}` }) };
 */
export interface Middleware {
  /**
   * Runs before the message is composed, also for the outbox.
   *
   * What it returns is sent instead (a copy: the message may be the caller's own object); nothing leaves it as it is;
   * what it throws refuses the message. Inside of a caller's transaction it may not use the same database.
   */
  before?(
    message: MessageFields,
    context: HookContext,
  ): MessageFields | undefined | void | Promise<MessageFields | undefined | void>;
  /** Has the last word on who gets the message: runs on the composed envelope, after every `before`. */
  envelope?(envelope: Envelope, context: HookContext): Envelope;
  /** Runs after each attempt to hand the message over. What it throws is logged, and changes nothing. */
  after?(delivery: Delivery, context: HookContext): void | Promise<void>;
}
