/** What every message gets that does not say otherwise: a sender, headers, tags. */
import { findUnknownOption } from "../../base/index.ts";
import { MessageError } from "../errors.ts";
import { type HeaderValue, MESSAGE_FIELDS, type MessageFields } from "../message-fields.ts";
import type { Middleware } from "./middleware.ts";

/** What may stand beside a finished (`raw`) message. */
const BESIDE_RAW: readonly (keyof MessageFields)[] = ["from", "bcc", "dsn", "requireTls", "tags", "metadata"];

/**
 * Fills in the fields that a message lacks (undefined, `""` or an empty list). Headers and metadata are filled in name by
 * name, and tags are added to the message's own.
 *
 * @throws MessageError WX_MESSAGE_FIELD for a field that does not exist
 * @example
 * defaultFields({ from: "Shop <shop@example.com>", replyTo: ["help@example.com"], tags: ["shop"] })
 */
export function defaultFields(defaults: MessageFields): Middleware {
  const unknown = findUnknownOption(defaults, MESSAGE_FIELDS);
  if (unknown !== undefined) {
    const { name: value, hint: fix } = unknown;
    throw new MessageError("WX_MESSAGE_FIELD", { field: "defaultFields", value, problem: "is not a field", fix });
  }
  const { headers, tags, metadata, ...plain } = defaults;
  return {
    before: (message) => {
      const filled: MessageFields = {
        ...message,
        ...missingIn(message, plain),
        ...(tags !== undefined && { tags: withTags(message.tags ?? [], tags) }),
        ...(metadata !== undefined && { metadata: { ...metadata, ...message.metadata } }),
      };
      if (headers === undefined || message.raw !== undefined) return filled;
      return { ...filled, headers: withDefaults(message.headers, headers) };
    },
  };
}

/**
 * Adds headers to messages that have none of that name; `defaultFields` with nothing but headers.
 *
 * @example
 * defaultHeaders({ "X-Environment": "staging" })
 */
export function defaultHeaders(headers: Readonly<Record<string, HeaderValue>>): Middleware {
  return defaultFields({ headers });
}

function missingIn(message: MessageFields, defaults: MessageFields): MessageFields {
  const entries = Object.entries(defaults).filter(([name]) => {
    const field = name as keyof MessageFields; // every name was looked up
    return isMissing(message[field]) && (message.raw === undefined || BESIDE_RAW.includes(field));
  });
  return Object.fromEntries(entries);
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

/** What is no list is for composing to refuse. */
function withTags(own: readonly string[], defaults: readonly string[]): readonly string[] {
  return Array.isArray(own) ? [...new Set([...defaults, ...own])] : own;
}

/** A header's name is the same in upper and lower case. */
function withDefaults(
  own: MessageFields["headers"],
  defaults: Readonly<Record<string, HeaderValue>>,
): Record<string, HeaderValue> {
  const names = new Set(Object.keys(own ?? {}).map((name) => name.toLowerCase()));
  const absent = Object.entries(defaults).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(absent), ...own };
}
