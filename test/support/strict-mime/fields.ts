/** Each field's own grammar, as far as we write it (RFC 5322, section 3.6; RFC 2045; RFC 2183; RFC 2369). */
import { checkMailboxes } from "./addresses.ts";
import { checkText, looksEncoded } from "./encoded-words.ts";
import type { Field } from "./header.ts";
import { readParameters } from "./parameters.ts";
import type { Report } from "./report.ts";

const MAILBOX_LISTS = /^(?:resent-)?(?:from|sender|reply-to|to|cc)$/;
const ATOM = "[\\w!#$%&'*+/=?^`{|}~-]+";
const DOT_ATOM = `${ATOM}(?:\\.${ATOM})*`;
const MESSAGE_ID = new RegExp(`^<${DOT_ATOM}@(?:${DOT_ATOM}|\\[[!-Z^-~]+\\])>$`);
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DATE = /^(?:(\w{3}), )?(\d{1,2}) (\w{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? [+-]\d{2}[0-5]\d$/;

/** Fields that hold no free text, so an encoded-word in them is nonsense. */
const NO_ENCODED_WORDS =
  /^(?:date|message-id|in-reply-to|references|mime-version|content-(?:type|transfer-encoding|disposition|id)|list-(?!id)[a-z-]+|auto-submitted|precedence|importance|x-priority|dkim-signature)$/;

export function checkField({ key, value, offset }: Field, report: Report): void {
  if (MAILBOX_LISTS.test(key)) return checkMailboxes(value, offset, report);
  if (NO_ENCODED_WORDS.test(key)) checkNoEncodedWords(value, offset, report);
  else checkText(value, offset, report);
  if (/^(?:resent-)?date$/.test(key)) report.unless(isDate(value), "date", offset, value);
  if (/^(?:resent-)?message-id$/.test(key)) report.unless(MESSAGE_ID.test(value), "message-id", offset, value);
  if (key === "in-reply-to" || key === "references") {
    for (const id of value.split(/[ \t]+/)) report.unless(MESSAGE_ID.test(id), "message-id", offset, id);
  }
  if (key === "mime-version") report.unless(value === "1.0", "mime-version", offset, value);
  if (key === "content-id") report.unless(/^<[!-;=?-~]+>$/.test(value), "content-id", offset, value);
  if (key === "content-type") checkContentType(value, offset, report);
  if (key === "content-disposition") checkDisposition(value, offset, report);
  if (/^list-(?:help|unsubscribe|subscribe|post|owner|archive)$/.test(key)) checkList(value, offset, report);
}

function checkNoEncodedWords(value: string, offset: number, report: Report): void {
  for (const word of value.split(/[\s;="<>,]+(?==\?)|[\s;"<>,]+/)) {
    report.unless(!looksEncoded(word), "encoded-word-out-of-place", offset, word);
  }
}

/** RFC 5322, section 3.3: a real date, on the day of the week that it says. */
function isDate(value: string): boolean {
  const [, day, date, month = "", year, hour, minute, second = "0"] = DATE.exec(value) ?? [];
  if (date === undefined || !MONTHS.includes(month)) return false;
  const time = new Date(Date.UTC(Number(year), MONTHS.indexOf(month), Number(date)));
  const isReal = time.getUTCDate() === Number(date) && time.getUTCFullYear() === Number(year);
  const isOnDay = day === undefined || DAYS[time.getUTCDay()] === day;
  return isReal && isOnDay && Number(year) >= 1900 && Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60;
}

function checkContentType(value: string, offset: number, report: Report): void {
  const { head } = readParameters(value, offset, report);
  report.unless(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(head), "content-type", offset, value);
}

function checkDisposition(value: string, offset: number, report: Report): void {
  const { head, parameters } = readParameters(value, offset, report);
  report.unless(/^(?:inline|attachment)$/.test(head), "content-disposition", offset, value);
  const filename = parameters.get("filename");
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  report.unless(filename === undefined || !/[/\\\0-\x1f\x7f]/.test(filename), "filename", offset, filename ?? "");
}

/** RFC 2369, section 2: addresses and places in angle brackets with commas between them, or `NO` in List-Post. */
function checkList(value: string, offset: number, report: Report): void {
  const isList = /^<[!-;=?-~]+>(?:, *<[!-;=?-~]+>)*$/.test(value) || value === "NO";
  report.unless(isList, "list-field", offset, value);
}
