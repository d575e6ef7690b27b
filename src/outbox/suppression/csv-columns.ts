/** What a column of a suppression file means, by the names that Waxseal and the providers give it. */
import type { SuppressionReason } from "./types.ts";

export const COLUMNS = ["address", "stream", "reason", "detail", "created_at", "expires_at"] as const;

export type Column = (typeof COLUMNS)[number];

/**
 * Names in lower case without anything but letters. From the exports of SES (`EmailAddress`, `Reason`, `LastUpdateTime`),
 * SendGrid (`email`, `reason`, `status`, `created`), Postmark (`EmailAddress`, `SuppressionReason`, `CreatedAt`) and
 * Mailgun (`address`, `error`, `created_at`).
 */
const ALIASES: Readonly<Record<Column, readonly string[]>> = {
  address: ["address", "email", "emailaddress", "recipient"],
  stream: ["stream", "messagestream"],
  reason: ["reason", "suppressionreason", "type"],
  detail: ["detail", "details", "error", "description"],
  created_at: ["createdat", "created", "date", "timestamp", "lastupdatetime", "lastupdatedtime", "bouncedat"],
  expires_at: ["expiresat"],
};

/** The providers' words for the reasons, in lower case without anything but letters. */
const REASONS: Readonly<Record<string, SuppressionReason>> = {
  bounce: "bounce",
  bounced: "bounce",
  bounces: "bounce",
  hardbounce: "bounce",
  complaint: "complaint",
  complained: "complaint",
  complaints: "complaint",
  spam: "complaint",
  spamcomplaint: "complaint",
  spamreport: "complaint",
  manual: "manual",
  manualsuppression: "manual",
  unsubscribe: "unsubscribe",
  unsubscribed: "unsubscribe",
  unsubscribes: "unsubscribe",
  invalid: "invalid",
  invalidemail: "invalid",
  bademailaddress: "invalid",
};

const lettersOf = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, "");

/** The column that a header's cell names; undefined for one that is not read. */
export function columnOf(header: string): Column | undefined {
  const letters = lettersOf(header);
  return COLUMNS.find((column) => ALIASES[column].includes(letters));
}

/** The reason that a cell names; undefined where it is none of those known. */
export function reasonIn(cell: string): SuppressionReason | undefined {
  const letters = lettersOf(cell);
  return Object.hasOwn(REASONS, letters) ? REASONS[letters] : undefined;
}

/** A time in milliseconds since 1970: Unix seconds or milliseconds, ISO 8601 or RFC 5322; without a zone it is UTC. */
export function timeIn(cell: string): number | undefined {
  if (/^\d{9,13}$/.test(cell)) return Number(cell) * (cell.length > 11 ? 1 : 1000);
  const isZoneless = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/.test(cell);
  const time = /^\d{4}-\d\d-\d\d|^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4}/.test(cell)
    ? Date.parse(
        isZoneless ? `${cell.replace(" ", "T")}Z` : cell.replace(/ UTC$/, "Z").replace(/^(\d{4}-\d\d-\d\d) /, "$1T"),
      )
    : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
