/** The frame of all webhooks: a provider calls, its call is checked over the bytes as they came, and each event becomes a report. */
import {
  type Clock,
  describeError,
  findUnknownOption,
  type Logger,
  silentLogger,
  systemClock,
} from "../../../base/index.ts";
import { OutboxError } from "../../errors.ts";
import type { Bounces } from "../bounces.ts";
import { answer, later, readBody } from "../http-body.ts";
import type { Report } from "../report.ts";

/** What every webhook is made of. */
export interface WebhookOptions {
  bounces: Bounces;
  /** How old a call may be, in seconds. Default: as long as the provider brings one again. */
  maxAgeSeconds?: number | undefined;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
}

/** A fetch handler, to be mounted where the provider calls. */
export type Webhook = (request: Request) => Promise<Response>;

/** A call as its provider's part gets it. */
export interface Call {
  headers: Headers;
  /** As it came: signatures are over bytes. */
  body: Buffer;
  /** Milliseconds since 1970. */
  now: number;
}

/** What a call turned out to be. */
export type Reading = { reports: readonly Report[] } | { status: 400 | 401 | 406; why: string };

/** What makes a provider different from the others. */
export interface WebhookProvider {
  /** As it stands in the source of what is written down, such as `resend`. */
  name: string;
  read(call: Call): Promise<Reading> | Reading;
}

/** More than a provider sends at once. */
const MAX_BYTES = 10 * 1024 * 1024;

/** A handler that answers 200 only when everything was written down: a provider brings again what got another answer. */
export function createWebhook(provider: WebhookProvider, options: WebhookOptions): Webhook {
  const { bounces, clock = systemClock, logger = silentLogger } = options;
  const source = `webhook:${provider.name}`;

  async function take(body: Buffer, headers: Headers): Promise<Response> {
    const reading = await provider.read({ headers, body, now: clock.now() });
    if ("status" in reading) {
      logger.log("warn", "outbox.webhook-refused", { source, reason: reading.why });
      return answer(reading.status, { error: reading.why });
    }
    let early = false;
    for (const report of reading.reports)
      early = (await bounces.record(report, source)).outcome === "too-soon" || early;
    return early ? later() : answer(200, { reports: reading.reports.length });
  }

  return async (request) => {
    if (request.method !== "POST") return answer(405, { error: "Use POST." }, { allow: "POST" });
    const body = await readBody(request, MAX_BYTES);
    if (body === undefined) return answer(413, { error: `A call may have ${MAX_BYTES} bytes.` });
    try {
      return await take(body, request.headers);
    } catch (error) {
      logger.log("error", "outbox.report-failed", { source, reason: describeError(error) });
      return later();
    }
  };
}

/** A call that is not the provider's, or not of now. */
export function refused(why: string): Reading {
  return { status: 401, why };
}

/** Whether a time that the provider wrote is neither long past nor to come. */
export function isFresh(seconds: number, maxAgeSeconds: number, now: number): boolean {
  const age = now / 1000 - seconds;
  return age <= maxAgeSeconds && age >= -CLOCKS_DIFFER_SECONDS;
}
const CLOCKS_DIFFER_SECONDS = 300;

/** @throws OutboxError `WX_OUTBOX_OPTIONS` for an option that does not exist, or a text that is empty */
export function checkWebhookOptions(
  owner: string,
  options: object,
  own: readonly string[],
  texts: readonly string[],
): void {
  const unknown = findUnknownOption(options, ["bounces", "maxAgeSeconds", "clock", "logger", ...own]);
  if (unknown !== undefined) throw badOption(owner, `has no option "${unknown.name}". ${unknown.hint}`);
  for (const name of texts) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (typeof value !== "string" || value.trim() === "")
      throw badOption(owner, `needs ${name}, which is missing or empty.`);
  }
}

export function badOption(owner: string, text: string): OutboxError {
  return new OutboxError("WX_OUTBOX_OPTIONS", `${owner} ${text}`);
}
