/** Resend's webhooks (https://resend.com/docs/webhooks), signed as Svix does it. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { detailOf, type Report, type ReportKind } from "../report.ts";
import { statusIn } from "../severity.ts";
import { listAt, messageIdOf, parseJson, textAt, timeAt } from "./json.ts";
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
export interface ResendWebhookOptions extends WebhookOptions {
  /** The signing secret of the webhook, `whsec_...`. */
  secret: string;
}

/** Each try is signed anew. */
const MAX_AGE_SECONDS = 300;

/**
 * A handler for Resend's webhooks. Choose the events bounced, complained, delivery_delayed, failed and suppressed.
 *
 * The message is found by Resend's own id, which its API answered; Resend writes its own Message-ID.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS`
 * @example
 * const handle = resendWebhook({ bounces, secret: "whsec_..." });
 */
export function resendWebhook(options: ResendWebhookOptions): Webhook {
  checkWebhookOptions("resendWebhook", options, ["secret"], ["secret"]);
  const key = Buffer.from(options.secret.replace(/^whsec_/, ""), "base64");
  if (key.length < 16) throw badOption("resendWebhook", "needs a secret such as whsec_..., whose rest is base64.");
  const { maxAgeSeconds = MAX_AGE_SECONDS } = options;
  return createWebhook({ name: "resend", read: (call) => readCall(call, key, maxAgeSeconds) }, options);
}

function readCall({ headers, body, now }: Call, key: Buffer, maxAgeSeconds: number): Reading {
  const id = headers.get("svix-id") ?? "";
  const timestamp = headers.get("svix-timestamp") ?? "";
  if (!isSigned({ id, timestamp, body }, headers.get("svix-signature") ?? "", key))
    return refused("The signature is wrong.");
  if (!/^\d{1,12}$/.test(timestamp) || !isFresh(Number(timestamp), maxAgeSeconds, now))
    return refused("The call is not of now.");
  const event = parseJson(body.toString("utf8"));
  if (event === undefined) return { status: 400, why: "The body is no JSON." };
  return { reports: reportsOf(event, id) };
}

/** The header holds one signature for each secret that is valid at the time, `v1,BASE64` each. */
function isSigned(signed: { id: string; timestamp: string; body: Buffer }, header: string, key: Buffer): boolean {
  const expected = createHmac("sha256", key).update(`${signed.id}.${signed.timestamp}.`).update(signed.body).digest();
  return header
    .split(" ")
    .slice(0, 20)
    .some((one) => {
      const given = one.startsWith("v1,") ? Buffer.from(one.slice(3), "base64") : Buffer.alloc(0);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}

function reportsOf(event: unknown, id: string): Report[] {
  const kind = kindOf(event);
  if (kind === undefined) return [];
  const words = detailOf(
    [
      ...listAt(event, "data", "bounce", "diagnosticCode").map((line) => textAt(line)),
      textAt(event, "data", "bounce", "message"),
      textAt(event, "data", "failed", "reason"),
      textAt(event, "data", "suppressed", "message"),
    ]
      .filter(Boolean)
      .join(" "),
  );
  const header = listAt(event, "data", "headers").find((field) => textAt(field, "name").toLowerCase() === "message-id");
  return [
    {
      format: "webhook",
      id,
      messageIds: [...messageIdOf(textAt(header, "value")), ...messageIdOf(textAt(event, "data", "message_id"))],
      providerId: textAt(event, "data", "email_id") || undefined,
      sentTo: [],
      recipients: listAt(event, "data", "to").map((address) => ({
        address: textAt(address),
        kind,
        status: statusIn(words),
        detail: words || textAt(event, "type"),
      })),
      at: timeAt(event, "created_at"),
    },
  ];
}

function kindOf(event: unknown): ReportKind | undefined {
  switch (textAt(event, "type")) {
    case "email.bounced":
      return textAt(event, "data", "bounce", "type") === "Permanent" ? "hard-bounce" : "soft-bounce";
    case "email.complained":
      return "complaint";
    case "email.delivery_delayed":
      return "delayed";
    case "email.failed":
    case "email.suppressed":
      return "soft-bounce";
    default:
      return undefined;
  }
}
