/** An invitation to an event (iMIP, RFC 6047): a form of the body that readers show as one, and a file for the others. */
import type { Alternative, Attachment, CalendarEvent } from "../message-fields.ts";
import { octetsOf } from "../mime/entity.ts";
import { headerText } from "../text.ts";
import { badValue } from "./refusal.ts";

const METHODS: readonly string[] = [
  "PUBLISH",
  "REQUEST",
  "REPLY",
  "ADD",
  "CANCEL",
  "REFRESH",
  "COUNTER",
  "DECLINECOUNTER",
] satisfies Uppercase<NonNullable<CalendarEvent["method"]>>[];

/**
 * The parts of an event. The method of the Content-Type is the one inside of the calendar (RFC 6047, section 2.4).
 *
 * @throws MessageError WX_MESSAGE_VALUE
 */
export function calendarParts(event: CalendarEvent): { alternative: Alternative; attachments: Attachment[] } {
  if (typeof event !== "object" || event === null || event instanceof Uint8Array) {
    throw badValue("icalEvent", event, "is no event", 'Give { content, method }, such as method: "request"');
  }
  const text = textOf(event.content);
  if (!/^\s*BEGIN:VCALENDAR\s/i.test(text)) {
    const fix = "Give an iCalendar file, which begins with BEGIN:VCALENDAR";
    throw badValue("icalEvent.content", text, "is no calendar", fix);
  }
  const method = methodOf(text, event.method);
  const parameter = method === undefined ? "" : `; method=${method}`;
  const { filename = "invite.ics" } = event;
  return {
    alternative: { content: text, contentType: `text/calendar; charset=utf-8${parameter}` },
    attachments: filename === false ? [] : [{ filename, content: text, contentType: "application/ics" }],
  };
}

/** Empty for what is neither text nor bytes: Buffer.from would make room for as much as an object claims to hold. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return content instanceof Uint8Array ? octetsOf(content).toString("utf8") : "";
}

/** The method inside of the calendar, which the one that was given must be. */
function methodOf(text: string, given: string | undefined): string | undefined {
  const inside = /^METHOD(?:;[^:\r\n]*)?:([^\r\n]*)/im.exec(text)?.[1]?.trim().toUpperCase();
  const said = given === undefined ? undefined : headerText(given, "icalEvent.method").toUpperCase();
  for (const [method, field] of [
    [said, "icalEvent.method"],
    [inside, "icalEvent.content"],
  ] as const) {
    if (method === undefined || METHODS.includes(method)) continue;
    throw badValue(field, method, "is no method of iTIP", `Use one of ${METHODS.join(", ").toLowerCase()}`);
  }
  if (said === undefined || said === inside) return inside;
  const problem = inside === undefined ? "is not in the calendar" : `is not the calendar's, which is ${inside}`;
  throw badValue("icalEvent.method", said, problem, `Leave it out, or write METHOD:${said} into the calendar`);
}
