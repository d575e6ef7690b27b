/** How much a pool may ask of a server at once, and how fast: the options for it, checked. */
import { type Clock, systemClock } from "../base/index.ts";
import type { SmtpAuthPause } from "./login-guard.ts";
import { check, checkNames, count } from "./option-check.ts";
import { modes, type SmtpMode } from "./pipeline/mode.ts";
import type { SmtpRate } from "./rate-limit.ts";

/** Limits of speed and number; providers publish theirs. */
export interface SmtpTrafficOptions {
  /**
   * The fullest use of the wire that may be made, where the server offers it: "one" command at a time; "pipe", a
   * message's commands together; "chain", the next message's commands with the content of this one; "chunk", several
   * messages on the way by BDAT. A server that offers one and then misbehaves is used a step slower by itself.
   * Default "chunk".
   */
  pipelining?: SmtpMode | undefined;
  /** How many messages may be on the way on one connection by BDAT: as many are unknown if it breaks. Default 16. */
  maxInFlight?: number | undefined;
  /** No further message is begun while those on the way on one connection have so many bytes. Default 4 MiB. */
  maxInFlightBytes?: number | undefined;
  /** More recipients than this are served in several transactions. Default 100, which every server must take. */
  maxRecipients?: number | undefined;
  /** At most so many messages begin in any one second, over all connections. Default: no limit. */
  maxPerSecond?: number | undefined;
  /** At most so many messages begin in any stretch of so many milliseconds. Default: no limit. */
  maxPerWindow?: SmtpRate | undefined;
  /** When logging in pauses after refusals, so that the provider does not lock the account. */
  authPause?: SmtpAuthPause | undefined;
  /** Where the time for rates and pauses comes from. Default: the machine's clock. */
  clock?: Clock | undefined;
}

export interface TrafficSettings {
  readonly pipelining: SmtpMode;
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
  readonly maxRecipients: number;
  readonly rates: readonly SmtpRate[];
  readonly authPause: { readonly after: number; readonly firstMs: number; readonly maxMs: number };
  readonly clock: Clock;
}

export const trafficNames: Record<keyof SmtpTrafficOptions, true> = {
  pipelining: true,
  maxInFlight: true,
  maxInFlightBytes: true,
  maxRecipients: true,
  maxPerSecond: true,
  maxPerWindow: true,
  authPause: true,
  clock: true,
};

const MINUTE_MS = 60_000;
/** The times of that many messages are kept. */
const MAX_RATE_MESSAGES = 1_000_000;

/** Checks the options and fills in the rest. */
export function resolveTraffic(options: SmtpTrafficOptions): TrafficSettings {
  const { pipelining = "chunk", authPause = {} } = options;
  check(modes.includes(pipelining), "pipelining", pipelining, modes.map((mode) => `"${mode}"`).join(", "));
  checkNames("authPause.", authPause, { after: true, firstMs: true, maxMs: true });
  return {
    pipelining,
    maxInFlight: count("maxInFlight", options.maxInFlight ?? 16),
    maxInFlightBytes: count("maxInFlightBytes", options.maxInFlightBytes ?? 4 * 1024 * 1024),
    maxRecipients: count("maxRecipients", options.maxRecipients ?? 100),
    rates: ratesOf(options),
    authPause: {
      after: count("authPause.after", authPause.after ?? 3),
      firstMs: count("authPause.firstMs", authPause.firstMs ?? 15 * MINUTE_MS),
      maxMs: count("authPause.maxMs", authPause.maxMs ?? 240 * MINUTE_MS),
    },
    clock: options.clock ?? systemClock,
  };
}

function ratesOf({ maxPerSecond, maxPerWindow }: SmtpTrafficOptions): SmtpRate[] {
  const rates: SmtpRate[] = [];
  if (maxPerSecond !== undefined) {
    rates.push({ messages: count("maxPerSecond", maxPerSecond, MAX_RATE_MESSAGES), windowMs: 1000 });
  }
  if (maxPerWindow !== undefined) {
    checkNames("maxPerWindow.", maxPerWindow, { messages: true, windowMs: true });
    rates.push({
      messages: count("maxPerWindow.messages", maxPerWindow.messages, MAX_RATE_MESSAGES),
      windowMs: count("maxPerWindow.windowMs", maxPerWindow.windowMs),
    });
  }
  return rates;
}
