/** The way of a submitted message into an outbox: composed, with the hooks and DKIM, then enqueued. */
import { decodeWords } from "postal-mime";
import { type Composed, type Mail, MessageError } from "../../mail/index.ts";
import type { Deliver, SubmittedOptions } from "./types.ts";

/** What a `deliver` is made of: `mail` composes, `enqueue` is the outbox'. */
export interface OutboxDeliverOptions {
  mail: Pick<Mail, "compose">;
  enqueue: (message: Composed, options: SubmittedOptions) => Promise<string>;
}

/**
 * The `deliver` of a submission server that stands before an outbox.
 *
 * @example
 * createSubmission({ database, keys, deliver: outboxDeliver({ mail, enqueue: outbox.enqueue }) });
 */
export function outboxDeliver({ mail, enqueue }: OutboxDeliverOptions): Deliver {
  return async ({ message, options }) => {
    let composed: Composed;
    try {
      composed = await mail.compose(message, { using: options.using });
    } catch (error) {
      // It came with recipients: where none is left, hooks took them out, and there is nothing to send.
      if (error instanceof MessageError && error.code === "WX_MESSAGE_NO_RECIPIENT") return undefined;
      throw error;
    }
    // As a person reads it in the outbox, in one line; in the message it stays as it came.
    const subject = decodeWords(composed.subject).replace(/\p{Cc}+/gu, " ");
    return enqueue({ ...composed, subject }, options);
  };
}
