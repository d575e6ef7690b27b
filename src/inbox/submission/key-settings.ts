/** What an API key may do, checked. */
import { findUnknownOption } from "../../base/index.ts";
import { toAsciiAddress } from "../../mail/index.ts";
import { ApiKeyError } from "./errors.ts";

/** How urgent a message is; the outbox' own words. */
export type SubmissionPriority = "critical" | "high" | "normal" | "low";

export const PRIORITIES: readonly SubmissionPriority[] = ["critical", "high", "normal", "low"];

/** What an API key may do, and what becomes of the mail that it hands in. */
export interface ApiKeySettings {
  /** The mailer that sends its mail. Default "default". */
  mailer?: string | undefined;
  /** The senders it may use: `shop@shop.example`, `*@shop.example`, `*@*.shop.example`. Default: any. */
  allowedFrom?: readonly string[] | undefined;
  /** Whose mail it is, for limits and figures. Default: nobody's in particular. */
  tenant?: string | undefined;
  /** How many messages it may hand in a minute, to each process. Default: no limit. */
  ratePerMinute?: number | undefined;
  /** How many messages it may hand in a day (UTC), to all processes together. Default: no limit. */
  dailyLimit?: number | undefined;
  /** Of messages that name none. Default "normal". */
  priority?: SubmissionPriority | undefined;
  /** Whether a message may ask for `critical`, which overtakes all others. Default false, or true where `priority` is that. */
  allowCritical?: boolean | undefined;
}

const known: Readonly<Record<keyof ApiKeySettings, true>> = {
  mailer: true,
  allowedFrom: true,
  tenant: true,
  ratePerMinute: true,
  dailyLimit: true,
  priority: true,
  allowCritical: true,
};

/** A name, or `*`, before the @; a domain after it, or `*.` and a domain. */
const PATTERN = /^(\*|[^\s@*]+)@(\*\.)?([^\s@*]+)$/;

/**
 * The settings as they are stored: without what was left out, the patterns in the form that addresses are compared by.
 *
 * @throws ApiKeyError `WX_API_KEY_SETTINGS`
 */
export function checkKeySettings(settings: ApiKeySettings): ApiKeySettings {
  const unknown = findUnknownOption(settings, Object.keys(known));
  if (unknown !== undefined) throw bad(unknown.name, `there is no such setting. ${unknown.hint}`);
  const { mailer, allowedFrom, tenant, ratePerMinute, dailyLimit, priority, allowCritical } = settings;
  if (priority !== undefined && !PRIORITIES.includes(priority)) {
    throw bad("priority", `it must be one of ${PRIORITIES.join(", ")}.`);
  }
  if (allowCritical !== undefined && typeof allowCritical !== "boolean") {
    throw bad("allowCritical", "it must be true or false.");
  }
  if (allowCritical === false && priority === "critical") {
    throw bad(
      "allowCritical",
      "it is false, while priority makes all mail of the key critical. Leave one of them out.",
    );
  }
  return {
    ...(mailer !== undefined && { mailer: checkName(mailer, "mailer") }),
    ...(allowedFrom !== undefined && allowedFrom.length > 0 && { allowedFrom: allowedFrom.map(checkPattern) }),
    ...(tenant !== undefined && { tenant: checkName(tenant, "tenant") }),
    ...(ratePerMinute !== undefined && { ratePerMinute: checkCount(ratePerMinute, "ratePerMinute") }),
    ...(dailyLimit !== undefined && { dailyLimit: checkCount(dailyLimit, "dailyLimit") }),
    ...(priority !== undefined && { priority }),
    ...(allowCritical === true && { allowCritical }),
  };
}

/** True where a message that is handed in with the key may have this priority. */
export function mayAskFor(settings: ApiKeySettings, priority: SubmissionPriority): boolean {
  return priority !== "critical" || settings.allowCritical === true || settings.priority === "critical";
}

/** True where the key may send as this address. */
export function maySendAs({ allowedFrom }: ApiKeySettings, address: string): boolean {
  if (allowedFrom === undefined) return true;
  const [local, domain] = comparable(address);
  return allowedFrom.some((pattern) => {
    const [, allowedLocal, below, allowedDomain = ""] = PATTERN.exec(pattern) ?? [];
    if (allowedLocal !== "*" && allowedLocal !== local) return false;
    return below === undefined ? domain === allowedDomain : domain.endsWith(`.${allowedDomain}`);
  });
}

function checkPattern(pattern: string): string {
  const [, local, below = "", domain] = PATTERN.exec(pattern) ?? [];
  if (local !== undefined && domain !== undefined) {
    try {
      return `${local.toLowerCase()}@${below}${comparable(`x@${domain}`)[1]}`;
    } catch {
      // Told below, with what is right.
    }
  }
  throw bad(
    "allowedFrom",
    `${JSON.stringify(pattern)} is no sender. Write shop@shop.example, *@shop.example or *@*.shop.example.`,
  );
}

/** An address in two halves as they are compared: case aside, the domain in ASCII. */
function comparable(address: string): [local: string, domain: string] {
  const ascii = toAsciiAddress(address, "address", { smtpUtf8: true, domainLiteral: true }).toLowerCase();
  const at = ascii.lastIndexOf("@");
  return [ascii.slice(0, at), ascii.slice(at + 1)];
}

/** A name that a person gives to something of theirs. */
export function isName(name: unknown): name is string {
  return typeof name === "string" && /^[\p{L}\p{N}][\p{L}\p{N} ._@/+-]{0,63}$/u.test(name) && !name.endsWith(" ");
}

export const NAME_RULE = "1 to 64 letters, digits and any of . _ - @ / +, beginning with a letter or digit";

function checkName(name: string, setting: string): string {
  if (isName(name)) return name;
  throw bad(setting, `it must be ${NAME_RULE}.`);
}

function checkCount(count: number, setting: string): number {
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw bad(setting, "it must be a whole number, 1 or more; leave it out for no limit.");
}

function bad(setting: string, problem: string): ApiKeyError {
  return new ApiKeyError("WX_API_KEY_SETTINGS", `${setting}: ${problem}`);
}
