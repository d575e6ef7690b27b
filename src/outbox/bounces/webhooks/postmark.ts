/** Postmark's webhooks (https://postmarkapp.com/developer/webhooks/webhooks-overview), which are not signed. */
import { sameSecret } from "../http-body.ts";
import { detailOf, type Report, type ReportKind } from "../report.ts";
import { statusIn } from "../severity.ts";
import { at, parseJson, textAt, timeAt } from "./json.ts";
import {
  badOption,
  type Call,
  checkWebhookOptions,
  createWebhook,
  type Reading,
  refused,
  type Webhook,
  type WebhookOptions,
} from "./webhook.ts";

/** What the webhook has to be told: how Postmark shows that it is Postmark. One of the two. */
export interface PostmarkWebhookOptions extends Omit<WebhookOptions, "maxAgeSeconds"> {
  /** User and password, as set under "Basic auth credentials" of the webhook. */
  basicAuth?: { user: string; password: string } | undefined;
  /** A header with a secret, as set under "Custom headers". */
  header?: { name: string; value: string } | undefined;
}

/**
 * A handler for Postmark's webhooks. Choose Bounce, Spam Complaint and Subscription Change, without the message's content.
 *
 * Postmark does not sign: whoever knows the password can write what he likes. Call it by https only, and with a password
 * that stands nowhere else. The message is found by Postmark's own id, which its API answered.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS`
 * @example
 * const handle = postmarkWebhook({ bounces, basicAuth: { user: "postmark", password } });
 */
export function postmarkWebhook(options: PostmarkWebhookOptions): Webhook {
  checkWebhookOptions("postmarkWebhook", options, ["basicAuth", "header"], []);
  const [name, value] = proofOf(options);
  return createWebhook({ name: "postmark", read: (call) => readCall(call, name, value) }, options);
}

/** The header that shows it, and what it must hold. */
function proofOf({ basicAuth, header }: PostmarkWebhookOptions): [name: string, value: string] {
  const secret = basicAuth?.password ?? header?.value ?? "";
  if ((basicAuth === undefined) === (header === undefined))
    throw badOption("postmarkWebhook", "needs either basicAuth or header.");
  if (secret.length < 16)
    throw badOption("postmarkWebhook", "needs a password or header value of at least 16 characters.");
  if (header !== undefined) return [header.name, header.value];
  const credentials = Buffer.from(`${basicAuth?.user}:${secret}`).toString("base64");
  return ["authorization", `Basic ${credentials}`];
}

function readCall({ headers, body }: Call, name: string, value: string): Reading {
  if (!sameSecret(headers.get(name) ?? "", value)) return refused("The password is missing or wrong.");
  const event = parseJson(body.toString("utf8"));
  if (event === undefined) return { status: 400, why: "The body is no JSON." };
  return { reports: reportsOf(event) };
}

function reportsOf(event: unknown): Report[] {
  const kind = kindOf(event);
  if (kind === undefined) return [];
  const words = detailOf(textAt(event, "Details") || textAt(event, "Description") || textAt(event, "RecordType"));
  const id = textAt(event, "MessageID");
  return [
    {
      format: "webhook",
      id: `${textAt(event, "RecordType")} ${textAt(event, "ID") || id} ${textAt(event, "Recipient")}`,
      messageIds: [],
      providerId: id || undefined,
      sentTo: [],
      recipients: [
        { address: textAt(event, "Email") || textAt(event, "Recipient"), kind, status: statusIn(words), detail: words },
      ],
      at: timeAt(event, "BouncedAt") ?? timeAt(event, "ChangedAt"),
    },
  ];
}

/** Postmark's types of bounces; automatic answers and the like are none to us. */
const BOUNCES: Readonly<Record<string, ReportKind>> = {
  HardBounce: "hard-bounce",
  BadEmailAddress: "hard-bounce",
  Transient: "delayed",
  SoftBounce: "soft-bounce",
  DnsError: "soft-bounce",
  Blocked: "soft-bounce",
  SpamNotification: "soft-bounce",
  VirusNotification: "soft-bounce",
  ManuallyDeactivated: "soft-bounce",
  SMTPApiError: "soft-bounce",
  DMARCPolicy: "soft-bounce",
  Unknown: "soft-bounce",
  SpamComplaint: "complaint",
  Unsubscribe: "unsubscribe",
};

function kindOf(event: unknown): ReportKind | undefined {
  const type = textAt(event, "RecordType");
  if (type === "Bounce")
    return Object.hasOwn(BOUNCES, textAt(event, "Type")) ? BOUNCES[textAt(event, "Type")] : undefined;
  if (type === "SpamComplaint") return "complaint";
  // Also told of a bounce or a complaint, and of what somebody did by hand at Postmark.
  const left = at(event, "SuppressSending") === true && textAt(event, "Origin") === "Recipient";
  return type === "SubscriptionChange" && left && textAt(event, "SuppressionReason") === "ManualSuppression"
    ? "unsubscribe"
    : undefined;
}
