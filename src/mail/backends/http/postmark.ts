/** Sends through Postmark (https://postmarkapp.com/developer/api/email-api). */
import type { Backend, Envelope } from "../../backend.ts";
import { requireTexts } from "../options.ts";
import { createEndpoint, type Endpoint, type HttpOptions } from "./endpoint.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import { type FaultKind, type HttpFault, kindOfStatus, kindOfCode } from "./fault.ts";
import { createHttpBackend, type Taken } from "./http-backend.ts";
import { textAt } from "./json.ts";
import {
  type OutgoingFile,
  type OutgoingMessage,
  readOutgoing,
  refuseAlternatives,
  written,
} from "./outgoing-message.ts";

/** What Postmark has to be told. */
export interface PostmarkOptions extends HttpOptions {
  /** The server token. */
  apiKey: string;
  /** Default: Postmark's own, `outbound`. */
  messageStream?: string | undefined;
}

/** Postmark's error codes that are not about the message; the others come with status 422. */
const KINDS: Readonly<Record<string, FaultKind>> = {
  10: "account", // no such token
  100: "later", // maintenance
  400: "account", // sender signature not found
  401: "account", // sender signature not confirmed
  405: "account", // not allowed to send: no credits left
  406: "recipient", // inactive
  412: "account", // pending
  413: "account", // may not send
  429: "later",
  1235: "account", // no such message stream
};

/** In the answer to a message that was taken, names the recipients whom it will not go to. */
const PARTLY = /will not deliver to these inactive addresses/i;

/**
 * A backend that posts to Postmark.
 *
 * The first tag becomes the Tag; where there are more, all of them stand in the metadata `tags`. The Message-ID is kept.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * postmarkBackend({ apiKey: process.env.POSTMARK_SERVER_TOKEN })
 */
export function postmarkBackend(options: PostmarkOptions): Backend {
  const endpoint = createEndpoint("Postmark", options, ["apiKey", "messageStream"], "https://api.postmarkapp.com");
  requireTexts("Postmark", options, ["apiKey"]);
  if (options.messageStream !== undefined) requireTexts("Postmark", options, ["messageStream"]);
  return createHttpBackend({
    endpoint,
    request: (envelope, bytes) => request(endpoint, options, envelope, bytes),
    read,
  });
}

async function request(
  endpoint: Endpoint,
  { apiKey, messageStream }: PostmarkOptions,
  envelope: Envelope,
  bytes: Uint8Array,
): Promise<HttpRequest> {
  const message = await readOutgoing(endpoint, envelope, bytes);
  refuseAlternatives(endpoint, message);
  const stream = messageStream === undefined ? {} : { MessageStream: messageStream };
  return {
    path: "/email",
    headers: { accept: "application/json", "content-type": "application/json", "x-postmark-server-token": apiKey },
    body: JSON.stringify({ ...body(message), ...labels(envelope), ...stream }),
  };
}

function body(message: OutgoingMessage): object {
  const { from, to, cc, bcc, replyTo, subject, text, html, files, messageId, headers } = message;
  const list = (people: OutgoingMessage["to"]): string => people.map(written).join(", ");
  // Postmark keeps a Message-ID that comes with this second header, and makes its own otherwise.
  const kept: [string, string][] =
    messageId === ""
      ? []
      : [
          ["Message-ID", messageId],
          ["X-PM-KeepID", "true"],
        ];
  return {
    From: written(from),
    To: list(to),
    ...(cc.length > 0 && { Cc: list(cc) }),
    ...(bcc.length > 0 && { Bcc: list(bcc) }),
    ...(replyTo.length > 0 && { ReplyTo: list(replyTo) }),
    Subject: subject,
    ...(text !== "" && { TextBody: text }),
    ...(html !== "" && { HtmlBody: html }),
    Headers: [...kept, ...headers].map(([Name, Value]) => ({ Name, Value })),
    ...(files.length > 0 && { Attachments: files.map(attachment) }),
  };
}

function attachment({ filename, content, contentType, contentId }: OutgoingFile): object {
  const reference = contentId === undefined ? {} : { ContentID: `cid:${contentId}` };
  return { Name: filename, Content: content, ContentType: contentType, ...reference };
}

function labels({ tags = [], metadata = {} }: Envelope): object {
  const all = tags.length > 1 ? { ...metadata, tags: tags.join(",") } : metadata;
  return {
    ...(tags[0] !== undefined && { Tag: tags[0] }),
    ...(Object.keys(all).length > 0 && { Metadata: all }),
  };
}

function read({ status, json, text }: HttpAnswer): Taken | HttpFault {
  const code = textAt(json, "ErrorCode");
  const words = textAt(json, "Message");
  if (status >= 200 && status < 300 && (code === "0" || code === "")) {
    const except: HttpFault | undefined = PARTLY.test(words) ? { kind: "recipient", code: "", text: words } : undefined;
    return { id: textAt(json, "MessageID"), except };
  }
  return { kind: kindOfCode(KINDS, code) ?? kindOfStatus(status), code, text: words || text };
}
