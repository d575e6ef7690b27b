/** How a bulk's messages are enqueued: checked before anything is written, stored with the bulk, compared when it goes on. */
import { findUnknownOption } from "../../base/index.ts";
import { checkEnqueueOptions, type EnqueueOptions, millisecondsOf } from "../enqueue-options.ts";
import { BulkError } from "./errors.ts";
import type { BulkRow } from "./store.ts";
import type { SendManyOptions } from "./types.ts";

/** What is stored of the options, as JSON. */
export interface BulkSettings {
  using: string;
  priority: NonNullable<EnqueueOptions["priority"]>;
  onUnknown: "resend" | "hold";
  lifetimeMs: number;
  sendAt?: number | undefined;
  tags?: readonly string[] | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
  group?: string | undefined;
  tenant?: string | undefined;
  stream?: string | undefined;
  source?: string | undefined;
  /** May be another one when the bulk goes on. */
  perMinute?: number | undefined;
}

const optionNames = Object.keys({
  name: true,
  source: true,
  using: true,
  priority: true,
  sendAt: true,
  tags: true,
  metadata: true,
  group: true,
  tenant: true,
  stream: true,
  onUnknown: true,
  perMinute: true,
  lifetimeSeconds: true,
  resume: true,
  onProgress: true,
  onRefused: true,
  signal: true,
} satisfies Record<keyof SendManyOptions, true>);

const LONGEST_NAME = 200;
const SEVEN_DAYS = 7 * 86_400;
const TEN_YEARS = 3650 * 86_400;

/** @throws BulkError WX_BULK_OPTIONS; OutboxError WX_OUTBOX_OPTIONS */
export function settingsOf(options: SendManyOptions): BulkSettings {
  const unknown = findUnknownOption(options, optionNames);
  if (unknown !== undefined) throw refused(`there is no option ${unknown.name}. ${unknown.hint}`);
  const { name, using = "default", priority = "low", onUnknown = "resend", sendAt, source } = options;
  const { perMinute, lifetimeSeconds = SEVEN_DAYS, tags, metadata, group, tenant, stream } = options;
  if (typeof name !== "string" || !/^\P{Cc}+$/u.test(name) || name.length > LONGEST_NAME) {
    throw refused(`name must be a text of 1 to ${LONGEST_NAME} characters`);
  }
  if (perMinute !== undefined && !(perMinute > 0 && perMinute <= 10_000_000)) {
    throw refused("perMinute must be a number above 0, at most 10,000,000");
  }
  if (!(lifetimeSeconds > 0 && lifetimeSeconds <= TEN_YEARS)) {
    throw refused("lifetimeSeconds must be above 0, and ten years at most");
  }
  checkEnqueueOptions({ using, priority, onUnknown, tags, metadata, group, tenant, stream });
  const at = millisecondsOf("sendAt", sendAt);
  const rest = { sendAt: at, tags, metadata, group, tenant, stream, source, perMinute };
  return { using, priority, onUnknown, lifetimeMs: lifetimeSeconds * 1000, ...rest };
}

/**
 * Passes when a bulk that is there may go on with this template and these settings.
 *
 * @throws BulkError WX_BULK_CHANGED with what is different, and what to do
 */
export function refuseChanged(bulk: BulkRow, template: string, settings: BulkSettings): void {
  if (bulk.template !== template) throw changed(bulk.name, "another template");
  const before = JSON.parse(bulk.settings) as BulkSettings;
  if (before.source !== settings.source) throw changed(bulk.name, "another list");
  const now = JSON.parse(JSON.stringify(settings)) as BulkSettings;
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)]) as Set<keyof BulkSettings>) {
    if (key === "perMinute" || JSON.stringify(before[key]) === JSON.stringify(now[key])) continue;
    throw changed(bulk.name, `another ${key} (${JSON.stringify(before[key]) ?? "none"})`);
  }
}

export function changed(name: string, what: string): BulkError {
  return new BulkError(
    "WX_BULK_CHANGED",
    `The bulk ${JSON.stringify(name)} began with ${what}. To go on with it, give what it began with; to send something else, give it another name.`,
  );
}

function refused(problem: string): BulkError {
  return new BulkError("WX_BULK_OPTIONS", `sendMany: ${problem}.`);
}
