/** Sends through Resend (https://resend.com/docs/api-reference/emails/send-email). */
import { createHash } from "node:crypto";
import type { Backend, Envelope } from "../../backend.ts";
import { requireTexts } from "../options.ts";
import { createEndpoint, type Endpoint, type HttpOptions } from "./endpoint.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import { type FaultKind, type HttpFault, kindOfStatus, kindOfCode } from "./fault.ts";
import { headerObject } from "./header-object.ts";
import { createHttpBackend, type Taken } from "./http-backend.ts";
import { textAt } from "./json.ts";
import { type OutgoingMessage, readOutgoing, refuseAlternatives, written } from "./outgoing-message.ts";

/** What Resend has to be told. */
export interface ResendOptions extends HttpOptions {
  /** `re_...` */
  apiKey: string;
}

/** Refusals whose status does not say what they are about. */
const KINDS: Readonly<Record<string, FaultKind>> = {
  concurrent_idempotent_requests: "later",
  daily_quota_exceeded: "later",
  monthly_quota_exceeded: "later",
  invalid_from_address: "account",
};

/**
 * A backend that posts to Resend.
 *
 * Each request has an Idempotency-Key made of the Message-ID and the recipients, so that a message whose outcome was
 * unknown may be sent again within 24 hours without arriving twice. Tags become tags with the value `1`, metadata tags
 * with their values. Resend writes its own Message-ID and Date.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * resendBackend({ apiKey: process.env.RESEND_API_KEY })
 */
export function resendBackend(options: ResendOptions): Backend {
  const endpoint = createEndpoint("Resend", options, ["apiKey"], "https://api.resend.com");
  requireTexts("Resend", options, ["apiKey"]);
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
  refuseAlternatives(endpoint, message);
  return {
    path: "/emails",
    headers: {
      authorization: `Bearer ${apiKey}`,
      "content-type": "application/json",
      ...(message.messageId !== "" && { "idempotency-key": idempotencyKey(message.messageId, envelope) }),
    },
    body: JSON.stringify(body(endpoint, message, envelope)),
  };
}

/** At most 256 characters; another for other recipients, since one key stands for one request. */
function idempotencyKey(messageId: string, { to }: Envelope): string {
  const hash = createHash("sha256")
    .update([messageId, ...to].join("\n"))
    .digest("hex");
  return `waxseal/${hash}`;
}

function body(endpoint: Endpoint, message: OutgoingMessage, { tags = [], metadata = {} }: Envelope): object {
  const { from, to, cc, bcc, replyTo, subject, text, html, files, headers } = message;
  const allTags = [...tags.map((tag) => [tag, "1"] as const), ...Object.entries(metadata)];
  return {
    from: written(from),
    to: to.map(written),
    ...(cc.length > 0 && { cc: cc.map(written) }),
    ...(bcc.length > 0 && { bcc: bcc.map(written) }),
    ...(replyTo.length > 0 && { reply_to: replyTo.map(written) }),
    subject,
    ...(html !== "" && { html }),
    // Without a text, Resend would make one.
    text,
    ...(headers.length > 0 && { headers: headerObject(endpoint, headers) }),
    ...(files.length > 0 && {
      attachments: files.map(({ filename, content, contentType, contentId }) => ({
        filename,
        content,
        content_type: contentType,
        ...(contentId !== undefined && { content_id: contentId }),
      })),
    }),
    ...(allTags.length > 0 && { tags: allTags.map(([name, value]) => ({ name, value })) }),
  };
}

function read({ status, json, text }: HttpAnswer): Taken | HttpFault {
  if (status >= 200 && status < 300) return { id: textAt(json, "id") };
  const code = textAt(json, "name");
  return { kind: kindOfCode(KINDS, code) ?? kindOfStatus(status), code, text: textAt(json, "message") || text };
}
