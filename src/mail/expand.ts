/** Turns the fields that are shorthand for headers and parts into those headers and parts. */
import { calendarParts } from "./fields/calendar.ts";
import { listHeaders } from "./fields/list-headers.ts";
import { badValue } from "./fields/refusal.ts";
import { messageIds } from "./fields/thread.ts";
import type { Alternative, HeaderValue, MessageFields } from "./message-fields.ts";

/**
 * The message with every shorthand written out; the same object where there is none.
 *
 * The forms of the body that stand before HTML (for watches, then AMP) come first among the alternatives. A header that is
 * given by name stays as it is. Beside a raw message nothing is written out.
 *
 * @throws MessageError WX_MESSAGE_VALUE
 */
export function expandFields(message: MessageFields): MessageFields {
  if (message.raw !== undefined || !hasShorthand(message)) return message;
  const calendar = isSet(message.icalEvent) ? calendarParts(message.icalEvent) : undefined;
  return {
    ...message,
    headers: withHeaders(message),
    alternatives: [
      ...bodyForm(message.watchHtml, "text/watch-html"),
      ...bodyForm(message.amp, "text/x-amp-html"),
      ...(message.alternatives ?? []),
      ...(calendar === undefined ? [] : [calendar.alternative]),
    ],
    attachments: [...(message.attachments ?? []), ...(calendar?.attachments ?? [])],
  };
}

function hasShorthand(message: MessageFields): boolean {
  return (
    isSet(message.amp) ||
    isSet(message.watchHtml) ||
    isSet(message.icalEvent) ||
    isSet(message.inReplyTo) ||
    isSet(message.references) ||
    isSet(message.priority) ||
    isSet(message.list) ||
    isSet(message.autoSubmitted)
  );
}

/** Programs without types say null for what they do not have. */
function isSet<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}

function bodyForm(content: string | undefined, type: string): Alternative[] {
  return !isSet(content) || content === "" ? [] : [{ content, contentType: `${type}; charset=utf-8` }];
}

/** The headers given by name, and after them those that the fields stand for. */
function withHeaders(message: MessageFields): Record<string, HeaderValue> {
  const headers: Record<string, HeaderValue> = { ...message.headers };
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  for (const [name, value] of Object.entries(shorthandHeaders(message))) {
    if (!given.has(name.toLowerCase())) headers[name] = value;
  }
  return headers;
}

function shorthandHeaders(message: MessageFields): Record<string, HeaderValue> {
  const { inReplyTo, references, priority, list, autoSubmitted } = message;
  return {
    ...(isSet(inReplyTo) && { "In-Reply-To": messageIds(inReplyTo, "inReplyTo") }),
    ...(isSet(references) && references.length !== 0 && { References: messageIds(references, "references") }),
    ...(isSet(priority) && oneOf(priorities, priority, "priority")),
    ...(isSet(list) && listHeaders(list)),
    ...(isSet(autoSubmitted) && oneOf(submissions, autoSubmitted, "autoSubmitted")),
  };
}

/** What readers of the last thirty years look at; nothing says "normal" better than no header. */
const priorities = {
  high: { "X-Priority": "1 (Highest)", "X-MSMail-Priority": "High", Importance: "High" },
  normal: {},
  low: { "X-Priority": "5 (Lowest)", "X-MSMail-Priority": "Low", Importance: "Low" },
} satisfies Record<NonNullable<MessageFields["priority"]>, Record<string, string>>;

/** RFC 3834, section 5. */
const submissions = {
  "auto-generated": { "Auto-Submitted": "auto-generated" },
  "auto-replied": { "Auto-Submitted": "auto-replied" },
  no: { "Auto-Submitted": "no" },
} satisfies Record<NonNullable<MessageFields["autoSubmitted"]>, Record<string, string>>;

function oneOf(
  table: Readonly<Record<string, Record<string, string>>>,
  value: string,
  field: string,
): Record<string, string> {
  const found = typeof value === "string" && Object.hasOwn(table, value) ? table[value] : undefined;
  if (found !== undefined) return found;
  throw badValue(field, value, "is not one of its values", `Use ${Object.keys(table).join(", ")}`);
}
