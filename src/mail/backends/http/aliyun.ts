/** Sends through Aliyun DirectMail, 阿里云邮件推送 (SingleSendMail of its API of 2015-11-23). */
import { randomUUID } from "node:crypto";
import type { Backend, Envelope } from "../../backend.ts";
import { requireTexts } from "../options.ts";
import { signedForm } from "./aliyun-rpc.ts";
import { createEndpoint, type Endpoint, type HttpOptions } from "./endpoint.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import { type FaultKind, type HttpFault, kindOfStatus, unsupported } from "./fault.ts";
import { headerObject } from "./header-object.ts";
import { createHttpBackend, type Taken } from "./http-backend.ts";
import { textAt } from "./json.ts";
import { addressesOf, type OutgoingMessage, readOutgoing, refuseAlternatives } from "./outgoing-message.ts";

/** What DirectMail has to be told. */
export interface AliyunOptions extends HttpOptions {
  accessKeyId: string;
  /** The AccessKey secret. */
  secretAccessKey: string;
}

/** Codes by their beginning, since most have several endings. */
const KINDS: readonly [RegExp, FaultKind][] = [
  [/^Throttling|Quota|^ServiceUnavailable|^Internal/i, "later"],
  [
    /^(?:InvalidAccessKey|SignatureDoesNotMatch|IncompleteSignature|InvalidTimeStamp|Forbidden|NoPermission)/i,
    "account",
  ],
  [/^(?:InvalidMailAddress|InvalidAccount|InvalidDomain)/i, "account"],
  [/^(?:InvalidToAddress|InvalidReceiver|InvalidRecipient)/i, "recipient"],
];

/** What its `Headers` takes. */
const CARRIED_HEADERS = /^(?:list-unsubscribe|list-unsubscribe-post|x-user-.+)$/i;

const ADVICE = "Send this message by DirectMail's SMTP (smtpdm.aliyun.com, port 465).";

/**
 * A backend that posts to Aliyun DirectMail.
 *
 * The sender's address must be one that its console knows. Its API has no fields for attachments, Cc and Bcc: a message
 * that has them is refused. The first tag becomes the TagName (one that the console knows); metadata, further tags, and
 * headers other than List-Unsubscribe, List-Unsubscribe-Post and X-User-... are left out. The base URL of Singapore is
 * `https://dm.ap-southeast-1.aliyuncs.com`. Requests are signed with HMAC-SHA1.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * aliyunBackend({ accessKeyId, secretAccessKey })
 */
export function aliyunBackend(options: AliyunOptions): Backend {
  const own = ["accessKeyId", "secretAccessKey"];
  const endpoint = createEndpoint("Aliyun DirectMail", options, own, "https://dm.aliyuncs.com");
  requireTexts("Aliyun DirectMail", options, ["accessKeyId", "secretAccessKey"]);
  return createHttpBackend({
    endpoint,
    request: (envelope, bytes) => request(endpoint, options, envelope, bytes),
    read,
  });
}

async function request(
  endpoint: Endpoint,
  { accessKeyId, secretAccessKey }: AliyunOptions,
  envelope: Envelope,
  bytes: Uint8Array,
): Promise<HttpRequest> {
  const message = await readOutgoing(endpoint, envelope, bytes);
  refuseUncarried(endpoint, message);
  const parameters = {
    Action: "SingleSendMail",
    Version: "2015-11-23",
    Format: "JSON",
    AccessKeyId: accessKeyId,
    SignatureMethod: "HMAC-SHA1",
    SignatureVersion: "1.0",
    SignatureNonce: randomUUID(),
    Timestamp: new Date(endpoint.clock.now()).toISOString().replace(/\.\d{3}/, ""),
    ...fields(endpoint, message),
    ...(envelope.tags?.[0] !== undefined && { TagName: envelope.tags[0] }),
  };
  return {
    path: "/",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: signedForm("POST", parameters, secretAccessKey),
  };
}

function refuseUncarried(endpoint: Endpoint, message: OutgoingMessage): void {
  refuseAlternatives(endpoint, message);
  if (message.files.length > 0) throw unsupported(endpoint, "SingleSendMail takes no attachments", ADVICE);
  if (message.cc.length + message.bcc.length > 0)
    throw unsupported(endpoint, "SingleSendMail has no Cc and Bcc", ADVICE);
  if (message.replyTo.length > 1) throw unsupported(endpoint, "SingleSendMail takes one Reply-To", ADVICE);
}

function fields(endpoint: Endpoint, message: OutgoingMessage): Record<string, string> {
  const { from, to, replyTo, subject, text, html } = message;
  const [reply] = replyTo;
  const headers = carriedHeaders(message);
  return {
    AccountName: from.address,
    // 1: the address itself; 0 would be a random account.
    AddressType: "1",
    // Not the reply address of the console; ReplyAddress says which.
    ReplyToAddress: "false",
    ToAddress: addressesOf(to).join(","),
    Subject: subject,
    ...(from.name !== "" && { FromAlias: from.name }),
    ...(reply !== undefined && { ReplyAddress: reply.address }),
    ...(reply !== undefined && reply.name !== "" && { ReplyAddressAlias: reply.name }),
    ...(text !== "" && { TextBody: text }),
    ...(html !== "" && { HtmlBody: html }),
    ...(headers.length > 0 && { Headers: JSON.stringify(headerObject(endpoint, headers)) }),
  };
}

function carriedHeaders({ messageId, headers }: OutgoingMessage): [string, string][] {
  const carried = headers.filter(([name]) => CARRIED_HEADERS.test(name));
  return messageId === "" ? carried : [["Message-ID", messageId], ...carried];
}

function read({ status, json, text }: HttpAnswer): Taken | HttpFault {
  const code = textAt(json, "Code");
  if (status >= 200 && status < 300 && code === "") {
    return { id: textAt(json, "EnvId") || textAt(json, "RequestId") };
  }
  const kind = KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? kindOfStatus(status);
  return { kind, code, text: textAt(json, "Message") || text };
}
