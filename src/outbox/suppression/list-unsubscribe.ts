/** Gives the mail of a stream the headers by which its recipient leaves the stream with one click (RFC 8058). */
import { findUnknownOption } from "../../base/index.ts";
import { type MessageFields, type Middleware, parseMailbox } from "../../mail/index.ts";
import { OutboxError } from "../errors.ts";
import type { Unsubscription } from "./types.ts";

/** How a recipient leaves. */
export interface ListUnsubscribeOptions {
  /** The signed link of a recipient, as `createUnsubscribeLinks` of `waxseal/web` makes it. */
  urlFor(from: Unsubscription): string;
  /** An address that takes unsubscriptions by mail, for readers that know no better. Default: none. */
  mailto?: string | undefined;
  /** The stream of a message; undefined for mail that nobody unsubscribes from. Default: `metadata.stream`. */
  streamOf?: ((message: MessageFields) => string | undefined) | undefined;
}

const listUnsubscribeOptions = { urlFor: true, mailto: true, streamOf: true } satisfies Record<
  keyof ListUnsubscribeOptions,
  true
>;

/**
 * Adds `List-Unsubscribe` and `List-Unsubscribe-Post` to each message that has a stream and exactly one recipient: with a
 * second one, the link of the first would be in the second's mail. A message that says itself how to leave keeps that.
 *
 * DKIM signs both headers by default, without which mail programs show no button.
 *
 * @throws OutboxError WX_OUTBOX_OPTIONS for an option that does not exist
 * @example
 * const mail = createMail({ mailers, middleware: [listUnsubscribe({ urlFor: links.urlFor })] });
 * await mail.send({ to: ["ann@example.com"], subject: "News", text, metadata: { stream: "news" } });
 */
export function listUnsubscribe(options: ListUnsubscribeOptions): Middleware {
  const unknown = findUnknownOption(options, Object.keys(listUnsubscribeOptions));
  if (unknown !== undefined) {
    throw new OutboxError("WX_OUTBOX_OPTIONS", `listUnsubscribe has no option "${unknown.name}". ${unknown.hint}`);
  }
  const { urlFor, mailto, streamOf = (message) => message.metadata?.["stream"] } = options;
  return {
    before: (message) => {
      const stream = streamOf(message);
      const address = onlyRecipient(message);
      if (stream === undefined || address === undefined || message.list?.unsubscribe !== undefined) return undefined;
      const { messageId } = message;
      const url = urlFor({ address, stream, ...(messageId !== undefined && { messageId }) });
      return { ...message, list: { ...message.list, unsubscribe: mailto === undefined ? url : [mailto, url] } };
    },
  };
}

/** The address of the one recipient; undefined where there are more, or the message is finished already. */
function onlyRecipient({ to = [], cc = [], bcc = [], raw, envelope }: MessageFields): string | undefined {
  const [only, ...others] = [to, cc, bcc].flatMap((list) => [...(list ?? [])]);
  if (only === undefined || others.length > 0 || raw !== undefined || envelope?.to !== undefined) return undefined;
  return parseMailbox(only).address;
}
