/** Amazon SES' notifications and events by SNS (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html). */
import { type Logger, silentLogger } from "../../../base/index.ts";
import { detailOf, type Report, type ReportedRecipient, type ReportKind } from "../report.ts";
import { statusIn } from "../severity.ts";
import { at, listAt, messageIdOf, parseJson, textAt, timeAt } from "./json.ts";
import { isSnsUrl } from "./sns-certificate.ts";
import { createSnsVerifier, type Fetch } from "./sns-signature.ts";
import {
  badOption,
  type Call,
  checkWebhookOptions,
  createWebhook,
  isFresh,
  type Reading,
  refused,
  type Webhook,
  type WebhookOptions,
} from "./webhook.ts";

/** What the webhook has to be told. */
export interface SesWebhookOptions extends WebhookOptions {
  /** The ARNs of the topics that may call, such as `arn:aws:sns:eu-west-1:123456789012:bounces`. */
  topics: readonly string[];
  /** Confirms a subscription of one of these topics by calling the URL that SNS sends. Default false: a person does it. */
  confirmSubscriptions?: boolean | undefined;
  /** For tests and proxies. Default: Node's own. */
  fetch?: Fetch | undefined;
}

/** SNS brings a message again for an hour at the most, with the time of its first try. */
const MAX_AGE_SECONDS = 2 * 3600;

/**
 * A handler for SNS topics that SES writes to. Leave "raw message delivery" off: raw messages are not signed.
 *
 * The message is found by its Message-ID, where "original headers" are on, else by SES' own id, which its API answered.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS`
 * @example
 * const handle = sesWebhook({ bounces, topics: ["arn:aws:sns:eu-west-1:123456789012:bounces"] });
 */
export function sesWebhook(options: SesWebhookOptions): Webhook {
  checkWebhookOptions("sesWebhook", options, ["topics", "confirmSubscriptions", "fetch"], []);
  const { topics, confirmSubscriptions = false, fetch = globalThis.fetch, logger = silentLogger } = options;
  if (
    !Array.isArray(topics) ||
    topics.length === 0 ||
    !topics.every((arn) => /^arn:aws[a-z-]*:sns:/.test(String(arn)))
  ) {
    throw badOption("sesWebhook", "needs topics: a list of ARNs such as arn:aws:sns:eu-west-1:123456789012:bounces.");
  }
  const context: Context = {
    topics,
    confirmSubscriptions,
    maxAgeSeconds: options.maxAgeSeconds ?? MAX_AGE_SECONDS,
    fetch,
    isGenuine: createSnsVerifier(fetch),
    logger,
  };
  return createWebhook({ name: "ses", read: (call) => readCall(call, context) }, options);
}

interface Context extends Required<Pick<SesWebhookOptions, "topics" | "confirmSubscriptions">> {
  maxAgeSeconds: number;
  fetch: Fetch;
  isGenuine: ReturnType<typeof createSnsVerifier>;
  logger: Logger;
}

async function readCall({ body, now }: Call, context: Context): Promise<Reading> {
  const message = parseJson(body.toString("utf8"));
  // First, so that nobody makes us fetch a certificate who does not know the topic.
  if (!context.topics.includes(textAt(message, "TopicArn"))) return refused("The topic is not one of ours.");
  if (!(await context.isGenuine(message, now)))
    return refused("The signature is wrong, or its certificate is not that of Amazon SNS.");
  const sentAt = timeAt(message, "Timestamp") ?? 0;
  if (!isFresh(sentAt / 1000, context.maxAgeSeconds, now)) return refused("The call is not of now.");
  const type = textAt(message, "Type");
  if (type === "SubscriptionConfirmation") await confirm(message, context);
  if (type !== "Notification") return { reports: [] };
  return { reports: reportsOf(parseJson(textAt(message, "Message")), textAt(message, "MessageId"), sentAt) };
}

async function confirm(message: unknown, { confirmSubscriptions, fetch, logger }: Context): Promise<void> {
  const topic = textAt(message, "TopicArn");
  const url = textAt(message, "SubscribeURL");
  if (!confirmSubscriptions || !isSnsUrl(url)) {
    return logger.log("warn", "outbox.webhook-unconfirmed", {
      topic,
      advice: "set confirmSubscriptions, or confirm it in the AWS console",
    });
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000), redirect: "error" });
  if (!response.ok) throw new Error(`The subscription could not be confirmed: ${response.status}`);
  logger.log("info", "outbox.webhook-confirmed", { topic });
}

/** The same content is called a notification or an event, depending on how SES was told to publish it. */
function reportsOf(event: unknown, id: string, sentAt: number): Report[] {
  const recipients = recipientsOf(event, textAt(event, "notificationType") || textAt(event, "eventType"));
  if (recipients.length === 0) return [];
  // What stands among the headers is ours; `mail.messageId` is SES' own.
  const header = listAt(event, "mail", "headers").find((field) => textAt(field, "name").toLowerCase() === "message-id");
  return [
    {
      format: "webhook",
      id,
      messageIds: [textAt(header, "value"), textAt(event, "mail", "commonHeaders", "messageId")].flatMap(messageIdOf),
      providerId: textAt(event, "mail", "messageId") || undefined,
      sentTo: [],
      recipients,
      at: timeAt(event, "bounce", "timestamp") ?? timeAt(event, "complaint", "timestamp") ?? sentAt,
    },
  ];
}

function recipientsOf(event: unknown, type: string): ReportedRecipient[] {
  if (type === "Bounce") {
    const kind = textAt(event, "bounce", "bounceType") === "Permanent" ? "hard-bounce" : "soft-bounce";
    return listAt(event, "bounce", "bouncedRecipients").map((one) =>
      bounced(one, kind, textAt(event, "bounce", "bounceSubType")),
    );
  }
  if (type === "Complaint") return complained(at(event, "complaint"));
  if (type === "DeliveryDelay") {
    const why = textAt(event, "deliveryDelay", "delayType");
    return listAt(event, "deliveryDelay", "delayedRecipients").map((one) => bounced(one, "delayed", why));
  }
  if (type !== "Reject") return [];
  const detail = detailOf(`rejected by Amazon SES: ${textAt(event, "reject", "reason")}`);
  return listAt(event, "mail", "destination").map((one) => ({
    address: textAt(one),
    kind: "soft-bounce",
    status: "",
    detail,
  }));
}

function bounced(recipient: unknown, kind: ReportKind, subType: string): ReportedRecipient {
  const words = detailOf(textAt(recipient, "diagnosticCode").replace(/^\s*smtp\s*;/i, "") || subType);
  const status = statusIn(textAt(recipient, "status")) || statusIn(words);
  return { address: textAt(recipient, "emailAddress"), kind, status, detail: words };
}

/** Of several, SES cannot say which one complained. */
function complained(complaint: unknown): ReportedRecipient[] {
  const type = textAt(complaint, "complaintFeedbackType");
  if (type === "not-spam") return [];
  const [only, ...others] = listAt(complaint, "complainedRecipients");
  // Not sent at all, since the address is on the account's own list.
  const kind = textAt(complaint, "complaintSubType") === "OnAccountSuppressionList" ? "soft-bounce" : "complaint";
  const address = others.length === 0 ? textAt(only, "emailAddress") : "";
  return [{ address, kind, status: "", detail: detailOf(type || "complaint") }];
}
