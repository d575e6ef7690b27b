/** SendGrid's Event Webhook (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event), signed by ECDSA. */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { detailOf, type Report, type ReportKind } from "../report.ts";
import { bounceKind, statusIn } from "../severity.ts";
import { at, messageIdOf, parseJson, textAt } from "./json.ts";
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
export interface SendgridWebhookOptions extends WebhookOptions {
  /** The verification key that SendGrid shows for the signed webhook: base64, or the same as PEM. */
  publicKey: string;
}

/** SendGrid brings an event again for a day, and does not say whether it signs anew; the same event twice is one. */
const MAX_AGE_SECONDS = 86_400;

/**
 * A handler for SendGrid's signed Event Webhook. Choose Bounced, Dropped, Deferred, Spam Reports and Unsubscribed.
 *
 * The message is found by its Message-ID, which SendGrid keeps.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS`
 * @example
 * const handle = sendgridWebhook({ bounces, publicKey: "MFkwEwYHKoZIzj0CAQ..." });
 */
export function sendgridWebhook(options: SendgridWebhookOptions): Webhook {
  checkWebhookOptions("sendgridWebhook", options, ["publicKey"], ["publicKey"]);
  const key = keyOf(options.publicKey);
  const { maxAgeSeconds = MAX_AGE_SECONDS } = options;
  return createWebhook({ name: "sendgrid", read: (call) => readCall(call, key, maxAgeSeconds) }, options);
}

function keyOf(text: string): KeyObject {
  try {
    const base64 = text.replaceAll(/-----[A-Z ]+-----|\s/g, "");
    const key = createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" });
    if (key.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
  } catch {
    // Said below.
  }
  throw badOption("sendgridWebhook", "needs a publicKey such as SendGrid shows it: base64 of an ECDSA key on P-256.");
}

function readCall({ headers, body, now }: Call, key: KeyObject, maxAgeSeconds: number): Reading {
  const timestamp = headers.get("x-twilio-email-event-webhook-timestamp") ?? "";
  const signature = Buffer.from(headers.get("x-twilio-email-event-webhook-signature") ?? "", "base64");
  const signed = Buffer.concat([Buffer.from(timestamp), body]);
  if (!verify("sha256", signed, key, signature)) return refused("The signature is wrong.");
  if (!/^\d{1,12}$/.test(timestamp) || !isFresh(Number(timestamp), maxAgeSeconds, now))
    return refused("The call is not of now.");
  const events = parseJson(body.toString("utf8"));
  if (!Array.isArray(events)) return { status: 400, why: "The body is no list of events." };
  return { reports: events.flatMap(reportsOf) };
}

function reportsOf(event: unknown): Report[] {
  const words = detailOf(textAt(event, "reason") || textAt(event, "response"));
  const status = statusIn(textAt(event, "status")) || statusIn(words);
  const kind = kindOf(event, status, words);
  if (kind === undefined) return [];
  // The id that the API answered, and what SendGrid's own servers add to it.
  const [providerId = ""] = textAt(event, "sg_message_id").split(".");
  const seconds = at(event, "timestamp");
  return [
    {
      format: "webhook",
      id: textAt(event, "sg_event_id"),
      messageIds: messageIdOf(textAt(event, "smtp-id")),
      providerId: providerId || undefined,
      sentTo: [],
      recipients: [{ address: textAt(event, "email"), kind, status, detail: words || textAt(event, "event") }],
      at: typeof seconds === "number" ? seconds * 1000 : undefined,
    },
  ];
}

function kindOf(event: unknown, status: string, words: string): ReportKind | undefined {
  switch (textAt(event, "event")) {
    case "bounce":
      if (textAt(event, "type") === "blocked") return "soft-bounce";
      // A full mailbox is told as a bounce, too.
      return textAt(event, "bounce_classification") === "Invalid Address" ? "hard-bounce" : bounceKind(status, words);
    case "dropped":
      return "soft-bounce";
    case "deferred":
      return "delayed";
    case "spamreport":
      return "complaint";
    case "unsubscribe":
    case "group_unsubscribe":
      return "unsubscribe";
    default:
      return undefined;
  }
}
