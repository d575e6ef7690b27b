/** Sends through Twilio SendGrid (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send). */
import type { Backend, Envelope } from "../../backend.ts";
import { requireTexts } from "../options.ts";
import { createEndpoint, type Endpoint, type HttpOptions } from "./endpoint.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import { type HttpFault, kindOfStatus } from "./fault.ts";
import { headerObject } from "./header-object.ts";
import { createHttpBackend, type Taken } from "./http-backend.ts";
import { at, textAt } from "./json.ts";
import { type OutgoingFile, type OutgoingMessage, type Person, readOutgoing } from "./outgoing-message.ts";

/** What SendGrid has to be told. */
export interface SendgridOptions extends HttpOptions {
  /** `SG....` */
  apiKey: string;
}

/**
 * A backend that posts to SendGrid.
 *
 * Tags become categories, metadata custom arguments. The Message-ID is kept, and so are further forms of the body, such
 * as AMP. The base URL of accounts in the EU is `https://api.eu.sendgrid.com`.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * sendgridBackend({ apiKey: process.env.SENDGRID_API_KEY })
 */
export function sendgridBackend(options: SendgridOptions): Backend {
  const endpoint = createEndpoint("SendGrid", options, ["apiKey"], "https://api.sendgrid.com");
  requireTexts("SendGrid", options, ["apiKey"]);
  return createHttpBackend({
    endpoint,
    request: (envelope, bytes) => request(endpoint, options.apiKey, envelope, bytes),
    read,
  });
}

async function request(
  endpoint: Endpoint,
  apiKey: string,
  envelope: Envelope,
  bytes: Uint8Array,
): Promise<HttpRequest> {
  const message = await readOutgoing(endpoint, envelope, bytes);
  return {
    path: "/v3/mail/send",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body(endpoint, message, envelope)),
  };
}

function body(endpoint: Endpoint, message: OutgoingMessage, { tags = [], metadata = {} }: Envelope): object {
  const { from, to, cc, bcc, replyTo, subject, files, messageId, headers } = message;
  const kept: [string, string][] = messageId === "" ? [] : [["Message-ID", messageId]];
  const allHeaders = [...kept, ...headers];
  return {
    personalizations: [
      {
        to: to.map(person),
        ...(cc.length > 0 && { cc: cc.map(person) }),
        ...(bcc.length > 0 && { bcc: bcc.map(person) }),
      },
    ],
    from: person(from),
    ...(replyTo.length > 0 && { reply_to_list: replyTo.map(person) }),
    subject,
    content: contents(message),
    ...(files.length > 0 && { attachments: files.map(attachment) }),
    ...(allHeaders.length > 0 && { headers: headerObject(endpoint, allHeaders) }),
    ...(tags.length > 0 && { categories: tags }),
    ...(Object.keys(metadata).length > 0 && { custom_args: metadata }),
  };
}

function person({ name, address }: Person): object {
  return { email: address, ...(name !== "" && { name }) };
}

/** SendGrid wants them in this order: plain text, AMP, HTML. */
function contents({ text, html, alternatives }: OutgoingMessage): object[] {
  return [
    { type: "text/plain", value: text },
    ...alternatives.map(({ contentType, content }) => ({ type: contentType, value: content })),
    { type: "text/html", value: html },
  ].filter(({ value }) => value !== "");
}

function attachment({ filename, content, contentType, contentId }: OutgoingFile): object {
  const place =
    contentId === undefined ? { disposition: "attachment" } : { disposition: "inline", content_id: contentId };
  return { content, type: contentType, filename, ...place };
}

function read({ status, headers, json, text }: HttpAnswer): Taken | HttpFault {
  if (status >= 200 && status < 300) return { id: headers.get("x-message-id") ?? "" };
  const field = textAt(json, "errors", 0, "field");
  const words = textAt(json, "errors", 0, "message") || text;
  const recipient = /^personalizations\.0\.(?:to|cc|bcc)\b/.test(field) && namesAnAddress(words);
  const kind = recipient ? "recipient" : kindOfStatus(status);
  return { kind, code: field, text: allMessages(json) || words };
}

/** "The email address ... is not valid": the field alone may also be about the list as a whole. */
function namesAnAddress(text: string): boolean {
  return /\S@\S/.test(text);
}

function allMessages(json: unknown): string {
  const errors = at(json, "errors");
  return Array.isArray(errors) ? errors.map((error: unknown) => textAt(error, "message")).join(" ") : "";
}
