/** Dates in the header of a message (RFC 5322, section 3.3): written, and checked where they are given as text. */
import { MessageError } from "./errors.ts";
import type { HeaderValue } from "./message-fields.ts";
import { headerText } from "./text.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DATE = /^(?:([A-Z][a-z]{2}), )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) ([\d:]+) (?:[+-]\d\d(\d\d)|GMT|UT)$/;
/** With a leap second. */
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60))?$/;

/**
 * The value of the Date header.
 *
 * @throws MessageError WX_MESSAGE_HEADER
 */
export function dateValue(value: HeaderValue, field: string, isLocal = false): string {
  if (value instanceof Date) return formatDate(value, field, isLocal);
  const text = headerText(value, field);
  if (isDate(text)) return text;
  throw badDate(field, text);
}

/** True for a date that there is or will be, with its own day of the week. */
function isDate(text: string): boolean {
  const [, weekday, day = "", month = "", year = "", time = "", zoneMinutes = "0"] = DATE.exec(text) ?? [];
  const midnight = new Date(Date.UTC(Number(year), MONTHS.indexOf(month), Number(day)));
  if (month === "" || midnight.getUTCDate() !== Number(day) || midnight.getUTCMonth() !== MONTHS.indexOf(month))
    return false;
  if (weekday !== undefined && weekday !== midnight.toUTCString().slice(0, 3)) return false;
  return Number(zoneMinutes) < 60 && TIME.test(time);
}

/**
 * A date as a mail has it (RFC 5322, section 3.3), in UTC or in the machine's time zone.
 *
 * @throws MessageError WX_MESSAGE_HEADER
 */
export function formatDate(date: Date, field: string, isLocal = false): string {
  const offset = isLocal ? -date.getTimezoneOffset() : 0;
  const shown = offset === 0 ? date : new Date(date.getTime() + offset * 60_000);
  const year = shown.getUTCFullYear();
  if (!(year >= 1900 && year <= 9999)) throw badDate(field, String(date));
  return shown.toUTCString().replace("GMT", offset === 0 ? "+0000" : zone(offset));
}

let writtenSecond = Number.NaN;
let writtenDate = "";

/**
 * The time now as a mail has it, in UTC; many messages are composed in one second.
 *
 * @param nowMs Milliseconds since 1970.
 */
export function dateOfNow(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== writtenSecond) {
    writtenDate = formatDate(new Date(nowMs), "date");
    writtenSecond = second;
  }
  return writtenDate;
}

/** Minutes east of Greenwich as `+0800`. */
function zone(offset: number): string {
  const minutes = Math.abs(offset);
  const digits = Math.floor(minutes / 60) * 100 + (minutes % 60);
  return (offset < 0 ? "-" : "+") + String(digits).padStart(4, "0");
}

function badDate(field: string, value: string): MessageError {
  const fix = 'Give a Date, or text such as "Thu, 01 Jan 2026 08:00:00 +0800"';
  return new MessageError("WX_MESSAGE_HEADER", { field, value, problem: "is not a date for a mail", fix });
}
