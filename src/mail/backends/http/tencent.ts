/** Sends through Tencent Cloud SES, 腾讯云邮件推送 (SendEmail of its API of 2020-10-02). */
import type { Backend, Envelope } from "../../backend.ts";
import { badOption, requireTexts } from "../options.ts";
import { createEndpoint, type Endpoint, type HttpOptions } from "./endpoint.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import { type FaultKind, type HttpFault, kindOfStatus, unsupported } from "./fault.ts";
import { createHttpBackend, type Taken } from "./http-backend.ts";
import { textAt } from "./json.ts";
import {
  addressesOf,
  type OutgoingMessage,
  type Person,
  readOutgoing,
  refuseAlternatives,
} from "./outgoing-message.ts";
import { signTc3 } from "./tc3.ts";

/** What Tencent Cloud has to be told. */
export interface TencentOptions extends HttpOptions {
  /** The SecretId. */
  accessKeyId: string;
  /** The SecretKey. */
  secretAccessKey: string;
  /** `ap-guangzhou` or `ap-hongkong`; at `https://ses.intl.tencentcloudapi.com`, `ap-singapore`. Default `ap-guangzhou`. */
  region?: string | undefined;
  /** A template of the console, to send instead of the message's text and HTML; the message's metadata fills it in. */
  templateId?: number | undefined;
}

/** Codes by their beginning. */
const KINDS: readonly [RegExp, FaultKind][] = [
  [/^(?:RequestLimitExceeded|LimitExceeded|InternalError|ResourceUnavailable)/, "later"],
  [/^FailedOperation\.(?:ExceedSendLimit|FrequencyLimit|SendEmailErr|TemporaryBlocked|InsufficientQuota)/, "later"],
  [
    /^(?:AuthFailure|UnauthorizedOperation|OperationDenied|UnsupportedRegion|IpInBlacklist|IpNotInWhitelist)/,
    "account",
  ],
  [/^FailedOperation\.(?:InsufficientBalance|NotAuthenticatedSender|NotSupportSender|IncorrectSender)/, "account"],
  [/^FailedOperation\.(?:ServiceNotAvailable|WithOutPermission|HighRejectionRate)/, "account"],
  [
    /^FailedOperation\.(?:EmailAddrInBlacklist|IncorrectEmail|ReceiverHasUnsubscribed|RejectedByRecipients)/,
    "recipient",
  ],
  [/^InvalidParameterValue\.(?:EmailAddress|ReceiverEmail)/, "recipient"],
];

const own = ["accessKeyId", "secretAccessKey", "region", "templateId"];
const ADVICE = "Send this message by Tencent's SMTP (smtp.qcloudmail.com, port 465).";

/**
 * A backend that posts to Tencent Cloud SES.
 *
 * Most accounts may send templates only (`templateId`); others have to ask Tencent for the right to send text and HTML.
 * Its API has no fields for inline images: a message that has them is refused. Tags, further headers, metadata without a
 * template, and the names of recipients are left out; it writes its own Message-ID. Requests are signed with
 * TC3-HMAC-SHA256.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * tencentBackend({ accessKeyId: secretId, secretAccessKey: secretKey, region: "ap-guangzhou" })
 */
export function tencentBackend(options: TencentOptions): Backend {
  const endpoint = createEndpoint("Tencent SES", options, own, "https://ses.tencentcloudapi.com");
  requireTexts("Tencent SES", options, ["accessKeyId", "secretAccessKey"]);
  if (options.region !== undefined) requireTexts("Tencent SES", options, ["region"]);
  if (options.templateId !== undefined && !Number.isSafeInteger(options.templateId)) {
    throw badOption("Tencent SES", "templateId", "must be the number of a template.");
  }
  return createHttpBackend({
    endpoint,
    request: (envelope, bytes) => request(endpoint, options, envelope, bytes),
    read,
  });
}

async function request(
  endpoint: Endpoint,
  options: TencentOptions,
  envelope: Envelope,
  bytes: Uint8Array,
): Promise<HttpRequest> {
  const message = await readOutgoing(endpoint, envelope, bytes);
  refuseUncarried(endpoint, message);
  const body = JSON.stringify({ ...fields(message), ...contents(options, envelope, message) });
  const now = endpoint.clock.now();
  const signed = {
    "content-type": "application/json; charset=utf-8",
    host: endpoint.host,
    "x-tc-action": "SendEmail",
  };
  const { accessKeyId, secretAccessKey, region = "ap-guangzhou" } = options;
  const signer = { secretId: accessKeyId, secretKey: secretAccessKey, service: "ses" };
  return {
    path: "/",
    headers: {
      ...signed,
      authorization: signTc3({ ...signer, headers: signed, body, now }),
      "x-tc-timestamp": String(Math.floor(now / 1000)),
      "x-tc-version": "2020-10-02",
      "x-tc-region": region,
    },
    body,
  };
}

function refuseUncarried(endpoint: Endpoint, message: OutgoingMessage): void {
  refuseAlternatives(endpoint, message);
  if (message.files.some(({ contentId }) => contentId !== undefined)) {
    throw unsupported(endpoint, "SendEmail has no inline images", ADVICE);
  }
  if (message.replyTo.length > 1) throw unsupported(endpoint, "SendEmail takes one Reply-To", ADVICE);
  if (message.from.name.includes(":")) throw unsupported(endpoint, "a sender's name may hold no colon there", ADVICE);
}

function fields({ from, to, cc, bcc, replyTo, subject, files }: OutgoingMessage): object {
  return {
    FromEmailAddress: unquoted(from),
    Destination: addressesOf(to),
    ...(cc.length > 0 && { Cc: addressesOf(cc) }),
    ...(bcc.length > 0 && { Bcc: addressesOf(bcc) }),
    ...(replyTo[0] !== undefined && { ReplyToAddresses: replyTo[0].address }),
    Subject: subject,
    // 1: sent at somebody's request, such as an activation; 0 would be advertising.
    TriggerType: 1,
    ...(files.length > 0 && {
      Attachments: files.map(({ filename, content }) => ({ FileName: filename, Content: content })),
    }),
  };
}

/** Its form is the name, one blank, and the address in angle brackets, without quotes. */
function unquoted({ name, address }: Person): string {
  return name === "" ? address : `${name.replace(/[<>"]/g, "")} <${address}>`;
}

function contents({ templateId }: TencentOptions, { metadata = {} }: Envelope, message: OutgoingMessage): object {
  if (templateId !== undefined) return { Template: { TemplateID: templateId, TemplateData: JSON.stringify(metadata) } };
  const { text, html } = message;
  const base64 = (content: string): string => Buffer.from(content).toString("base64");
  return { Simple: { ...(html !== "" && { Html: base64(html) }), ...(text !== "" && { Text: base64(text) }) } };
}

/** It answers 200 also to what it refuses. */
function read({ status, json, text }: HttpAnswer): Taken | HttpFault {
  const code = textAt(json, "Response", "Error", "Code");
  const id = textAt(json, "Response", "MessageId");
  if (status >= 200 && status < 300 && code === "" && id !== "") return { id };
  const words = textAt(json, "Response", "Error", "Message") || text;
  const byStatus = status < 300 ? "message" : kindOfStatus(status);
  return { kind: KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? byStatus, code, text: words };
}
