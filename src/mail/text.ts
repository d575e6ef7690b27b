/** The first check of any text that may reach a header: it is text, and holds no character that could end a line. */
import { MessageError } from "./errors.ts";

/** The C0 and C1 controls and Unicode's line and paragraph separators: all that some reader takes for the end of a line. */
// oxlint-disable-next-line no-control-regex -- finding control characters is what it is for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * The value, when it may stand in a header: a string without control characters.
 *
 * @throws MessageError WX_MESSAGE_TYPE, WX_MESSAGE_CONTROL_CHARACTER
 */
export function headerText(value: unknown, field: string): string {
  if (typeof value !== "string") throw notText(value, field);
  const found = CONTROL.exec(value);
  if (found === null) return value;
  const codePoint = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  throw new MessageError("WX_MESSAGE_CONTROL_CHARACTER", {
    field,
    value: value.slice(Math.max(0, found.index - 20)),
    problem: `holds a line break or another control character (U+${codePoint} at index ${found.index})`,
    fix: "Remove it before the message is built; it could start a header of its own",
  });
}

/** The refusal of a value that is not a string. */
export function notText(value: unknown, field: string): MessageError {
  const kind = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  return new MessageError("WX_MESSAGE_TYPE", { field, problem: `is ${kind}, not text`, fix: "Give a string" });
}
