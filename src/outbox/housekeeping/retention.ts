/** How long the outbox keeps what it has finished with. */
import { findUnknownOption } from "../../base/index.ts";
import { OutboxError } from "../errors.ts";

/** Days after which something is deleted; null keeps it for ever. */
export interface Retention {
  /** Messages that every recipient's server took, with their recipients and attempts. Default 30. */
  sentDays: number | null;
  /** Messages that failed or whose fate is unknown. Default 90. */
  failedDays: number | null;
  /** Messages that were cancelled, or kept back for all their recipients. Default 30. */
  cancelledDays: number | null;
  /** The content of a message, days after it was finished with; what is known about it stays. Default 7. */
  bodyDays: number | null;
  /** Reports of bounces and complaints. Default 90. */
  bounceDays: number | null;
  /** Webhook calls that are done with. Default 14. */
  webhookDays: number | null;
  /** Bulks, and whom each was sent to: after that, the same name begins anew. Default 365. */
  bulkDays: number | null;
}

/** What holds where nothing else is said. */
export const defaultRetention: Retention = {
  sentDays: 30,
  failedDays: 90,
  cancelledDays: 30,
  bodyDays: 7,
  bounceDays: 90,
  webhookDays: 14,
  bulkDays: 365,
};

const DAY_MS = 86_400_000;
/** What a transaction that is still open may be late by, in milliseconds. */
const MARGIN_MS = 60_000;

/**
 * Refuses a retention that cannot be meant, before anything is deleted by it.
 *
 * @throws OutboxError WX_OUTBOX_OPTIONS for a name that there is not, or days that are no number of 0 or more
 * @example
 * checkRetention({ sentDays: 30, failedDays: null });
 */
export function checkRetention(given: Partial<Retention> = {}): void {
  const unknown = findUnknownOption(given, Object.keys(defaultRetention));
  if (unknown !== undefined) {
    throw new OutboxError("WX_OUTBOX_OPTIONS", `retention has no option "${unknown.name}". ${unknown.hint}`);
  }
  for (const [name, days] of Object.entries(given)) {
    if (days === null || days === undefined || (typeof days === "number" && days >= 0)) continue;
    const shown = typeof days === "number" ? String(days) : JSON.stringify(days);
    throw new OutboxError("WX_OUTBOX_OPTIONS", `retention.${name} is ${shown}; give days, or null for ever.`);
  }
}

/**
 * The retention with its defaults.
 *
 * @throws as `checkRetention`
 */
export function retentionOf(given: Partial<Retention> = {}): Retention {
  checkRetention(given);
  const chosen = Object.fromEntries(Object.entries(given).filter(([, days]) => days !== undefined));
  return { ...defaultRetention, ...chosen };
}

/** What is from before this time is deleted; undefined where nothing is. */
export function cutoffOf(days: number | null, now: number): number | undefined {
  return days === null ? undefined : now - Math.max(days * DAY_MS, MARGIN_MS);
}
