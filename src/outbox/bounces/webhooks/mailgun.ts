/** Mailgun's webhooks (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks), signed by HMAC. */
import { createHash, createHmac } from "node:crypto";
import { sameSecret } from "../http-body.ts";
import { detailOf, type Report, type ReportKind } from "../report.ts";
import { bounceKind, statusIn } from "../severity.ts";
import { at, messageIdOf, parseJson, textAt } from "./json.ts";
import {
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
export interface MailgunWebhookOptions extends WebhookOptions {
  /** The "HTTP webhook signing key" of the account, which is not its API key. */
  signingKey: string;
}

/** Mailgun brings an event again for eight hours. */
const MAX_AGE_SECONDS = 12 * 3600;
/** As many tokens are remembered; a token that was forgotten brings an event that was written down already. */
const MOST_TOKENS = 10_000;

/**
 * A handler for Mailgun's webhooks. Choose permanent_fail, temporary_fail, complained and unsubscribed.
 *
 * Mailgun signs a time and a token, not the event: whoever read one call could write another one with its signature.
 * Therefore a token is good for one call, and the webhook must be called by https. The message is found by its Message-ID.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS`
 * @example
 * const handle = mailgunWebhook({ bounces, signingKey: "..." });
 */
export function mailgunWebhook(options: MailgunWebhookOptions): Webhook {
  checkWebhookOptions("mailgunWebhook", options, ["signingKey"], ["signingKey"]);
  const { signingKey, maxAgeSeconds = MAX_AGE_SECONDS } = options;
  const used = usedTokens();
  return createWebhook(
    { name: "mailgun", read: (call) => readCall(call, { signingKey, maxAgeSeconds, used }) },
    options,
  );
}

interface Check {
  signingKey: string;
  maxAgeSeconds: number;
  used: UsedTokens;
}

function readCall({ body, now }: Call, { signingKey, maxAgeSeconds, used }: Check): Reading {
  const call = parseJson(body.toString("utf8"));
  const timestamp = textAt(call, "signature", "timestamp");
  const token = textAt(call, "signature", "token");
  const expected = createHmac("sha256", signingKey)
    .update(timestamp + token)
    .digest("hex");
  if (token === "" || !sameSecret(textAt(call, "signature", "signature"), expected))
    return refused("The signature is wrong.");
  if (!/^\d{1,12}$/.test(timestamp) || !isFresh(Number(timestamp), maxAgeSeconds, now))
    return refused("The call is not of now.");
  // The same call again is Mailgun's, after an answer of ours that was lost.
  if (!used.isFirst(token, body)) return { status: 406, why: "The token was used for another event." };
  return { reports: reportsOf(at(call, "event-data")) };
}

/** Remembers tokens, and the content that each came with. */
interface UsedTokens {
  /** False when the token came with another content before. */
  isFirst(token: string, content: Buffer): boolean;
}

function usedTokens(): UsedTokens {
  const digests = new Map<string, string>();
  return {
    isFirst: (token, content) => {
      const digest = createHash("sha256").update(content).digest("base64");
      if ((digests.get(token) ?? digest) !== digest) return false;
      digests.set(token, digest);
      const [oldest = token] = digests.keys();
      if (digests.size > MOST_TOKENS) digests.delete(oldest);
      return true;
    },
  };
}

function reportsOf(event: unknown): Report[] {
  const said = ["message", "description"].map((name) => textAt(event, "delivery-status", name)).filter(Boolean);
  const words = detailOf(said.join(" ") || textAt(event, "reject", "reason") || textAt(event, "event"));
  const status = statusIn(textAt(event, "delivery-status", "enhanced-code")) || statusIn(words);
  const kind = kindOf(event, status, `${textAt(event, "delivery-status", "code")} ${words}`);
  if (kind === undefined) return [];
  const seconds = at(event, "timestamp");
  return [
    {
      format: "webhook",
      id: textAt(event, "id"),
      messageIds: messageIdOf(textAt(event, "message", "headers", "message-id")),
      sentTo: [],
      recipients: [
        {
          address: textAt(event, "recipient"),
          kind,
          status,
          detail: words,
          server: textAt(event, "delivery-status", "mx-host"),
        },
      ],
      at: typeof seconds === "number" ? Math.round(seconds * 1000) : undefined,
    },
  ];
}

function kindOf(event: unknown, status: string, words: string): ReportKind | undefined {
  switch (textAt(event, "event")) {
    case "failed":
      if (textAt(event, "severity") === "temporary") return "delayed";
      return textAt(event, "reason") === "suppress-bounce" ? "hard-bounce" : bounceKind(status, words);
    case "rejected":
      return "soft-bounce";
    case "complained":
      return "complaint";
    case "unsubscribed":
      return "unsubscribe";
    default:
      return undefined;
  }
}
