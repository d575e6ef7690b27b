/** Times and sizes as people read them. */
import type { Locale } from "../base/index.ts";

/** The time of day for today's mail, the date for older mail: what a list has room for. */
export function shortTime(ms: number, now: number, locale: Locale): string {
  const [date, today] = [new Date(ms), new Date(now)];
  if (date.toDateString() === today.toDateString()) {
    return new Intl.DateTimeFormat(locale, { timeStyle: "medium", hourCycle: "h23" }).format(date);
  }
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(date);
}

/** A time to come: of the day where it is today's, with the day where it is not. */
export function comingTime(ms: number, now: number, locale: Locale): string {
  if (new Date(ms).toDateString() === new Date(now).toDateString()) return shortTime(ms, now, locale);
  const parts = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat(locale, parts).format(ms);
}

/** Date, time to the second, and zone. */
export function fullTime(ms: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  }).format(ms);
}

/** Octets with a unit: 812 B, 3.4 kB, 1.2 MB. */
export function readableSize(octets: number): string {
  if (octets < 1000) return `${octets} B`;
  if (octets < 999_950) return `${(octets / 1000).toFixed(1)} kB`;
  return `${(octets / 1_000_000).toFixed(1)} MB`;
}

/** A length of time in its largest unit: 45 seconds, 12 minutes, 3 hours, 2 days. */
export function readableDuration(ms: number, locale: Locale): string {
  const units = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
    ["second", 1_000],
  ] as const;
  const [unit, length] = units.find(([, each]) => ms >= each) ?? ["second", 1_000];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(Math.floor(ms / length));
}
