/** Time as Django's token generator counts it: seconds since 2001 by the clock on the wall, whatever the zone. */
import { SigningUsageError } from "../errors.ts";

const START = Date.UTC(2001, 0, 1);

type Field = "year" | "month" | "day" | "hour" | "minute" | "second";

function formatterOf(timeZone: string | undefined): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      ...(timeZone === undefined ? {} : { timeZone }),
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    const problem = `timeZone ${JSON.stringify(timeZone)} is no time zone, such as "Asia/Shanghai"`;
    throw new SigningUsageError("WX_SIGNING_OPTION", problem);
  }
}

/**
 * Turns Unix seconds into whole seconds from 2001-01-01 00:00, both read off a wall clock of the zone.
 *
 * @param timeZone An IANA name; the process's own zone where it is not given.
 * @throws SigningUsageError WX_SIGNING_OPTION for a zone that there is not.
 */
export function localSeconds(timeZone: string | undefined): (unixSeconds: number) => number {
  const formatter = formatterOf(timeZone);
  return (unixSeconds) => {
    if (!Number.isFinite(unixSeconds)) return Number.NaN;
    const parts = formatter.formatToParts(unixSeconds * 1000).map(({ type, value }) => [type, Number(value)]);
    const { year, month, day, hour, minute, second } = Object.fromEntries(parts) as Record<Field, number>;
    return Math.floor((Date.UTC(year, month - 1, day, hour, minute, second) - START) / 1000);
  };
}
