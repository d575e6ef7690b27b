/** How much each key may hand in: a rate by the minute, and a number by the day. */
import type { RateLimiterMemory } from "rate-limiter-flexible";
import type { Clock } from "../../base/index.ts";
import type { ApiKey } from "./api-keys.ts";
import { type DailyCount, nextDay } from "./daily-count.ts";
import { inWords, ReplyError } from "./replies.ts";

/** Counts what keys hand in. */
export interface Rates {
  /** Counts one message. @throws ReplyError 450, which says when to try again */
  take(key: ApiKey): Promise<void>;
}

export function createRates(minutes: RateLimiterMemory, days: DailyCount, clock: Clock): Rates {
  return {
    take: async ({ id, name, settings: { ratePerMinute, dailyLimit } }) => {
      if (ratePerMinute !== undefined) {
        const { consumedPoints, msBeforeNext } = await minutes.consume(id);
        if (consumedPoints > ratePerMinute) {
          throw tooMany(`The API key "${name}" may send ${ratePerMinute} messages a minute`, msBeforeNext);
        }
      }
      if (dailyLimit !== undefined && (await days.add(id)) > dailyLimit) {
        const now = clock.now();
        throw tooMany(`The API key "${name}" may send ${dailyLimit} messages a day`, nextDay(now) - now);
      }
    },
  };
}

function tooMany(rule: string, ms: number): ReplyError {
  return new ReplyError(450, `4.7.1 ${rule.replace(/[^ -~]/g, "?")}. Try again in ${inWords(ms)}.`);
}
