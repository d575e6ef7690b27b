/** For those who receive webhooks: whether a call is ours and of now, and what it says. */
import { type Clock, systemClock } from "../../../base/index.ts";
import { ObserveError } from "../errors.ts";
import type { WebhookPayload } from "../event-payload.ts";
import { isSigned, keyOf } from "./signature.ts";

/** The headers of a request, of the web's kind or of Node's. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** How strictly a call is looked at. */
export interface VerifyWebhookOptions {
  /** How far its time may be from now, in seconds. Default 300. */
  toleranceSeconds?: number;
  clock?: Clock;
}

/**
 * What a call says, once it is known to be signed with the secret and not a repetition of an old one.
 *
 * A call can come twice: do nothing for a `webhook-id` that was dealt with.
 *
 * @param secret `whsec_...`, or several while one replaces another.
 * @param rawBody The body as it came, byte for byte: not parsed and written again.
 * @throws ObserveError `WX_WEBHOOK_HEADERS`, `WX_WEBHOOK_TIME`, `WX_WEBHOOK_SIGNATURE`, `WX_WEBHOOK_PAYLOAD`;
 *   `WX_OBSERVE_OPTION` for what is no secret
 * @example
 * const { type, data } = verifyWebhook(secret, request.headers, await request.text());
 * if (type === "mail.bounced") await markUndeliverable(data.recipients);
 */
export function verifyWebhook(
  secret: string | readonly string[],
  headers: WebhookHeaders,
  rawBody: string | Uint8Array,
  { toleranceSeconds = 300, clock = systemClock }: VerifyWebhookOptions = {},
): WebhookPayload {
  const keys = [secret].flat().map((each) => keyOf("verifyWebhook", each));
  const id = required(headers, "webhook-id");
  const time = required(headers, "webhook-timestamp");
  const signature = required(headers, "webhook-signature");
  const timestamp = /^\d{1,12}$/.test(time) ? Number(time) : Number.NaN;
  const offBy = Math.abs(clock.now() / 1000 - timestamp);
  if (!(offBy <= toleranceSeconds)) {
    throw new ObserveError(
      "WX_WEBHOOK_TIME",
      `The webhook's time is ${Number.isNaN(offBy) ? "no time" : `${Math.round(offBy)} s from now`}, more than ${toleranceSeconds} s. It is a repetition, or a clock is wrong.`,
    );
  }
  if (!isSigned(keys, { id, timestamp, body: rawBody }, signature)) {
    throw new ObserveError(
      "WX_WEBHOOK_SIGNATURE",
      "The webhook was not signed with this secret, or its body was changed. Give the body as it came, byte for byte.",
    );
  }
  return parsed(rawBody);
}

function required(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headerOf(headers, name);
  if (typeof value === "string" && value !== "") return value;
  throw new ObserveError("WX_WEBHOOK_HEADERS", `The request has no ${name} header: it is no webhook of Waxseal.`);
}

function headerOf(headers: Exclude<WebhookHeaders, Headers>, name: string): string | undefined {
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof found === "string" ? found : found?.[0];
}

function parsed(rawBody: string | Uint8Array): WebhookPayload {
  try {
    const text = typeof rawBody === "string" ? rawBody : Buffer.from(rawBody).toString("utf8");
    return JSON.parse(text) as WebhookPayload;
  } catch (cause) {
    throw new ObserveError("WX_WEBHOOK_PAYLOAD", "The webhook's body is not JSON.", { cause });
  }
}
