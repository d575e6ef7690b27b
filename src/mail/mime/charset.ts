/** The charsets that text can be written in: those that Node encodes without loss. */
import { MessageError } from "../errors.ts";
import { headerText } from "../text.ts";
import type { TextEncoding } from "./canonical-text.ts";

export type Charset = "utf-8" | "iso-8859-1" | "us-ascii";

export const UTF_8: Charset = "utf-8";

const CHARSETS: ReadonlyMap<string, Charset> = new Map([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["iso-8859-1", "iso-8859-1"],
  ["latin1", "iso-8859-1"],
  ["us-ascii", "us-ascii"],
  ["ascii", "us-ascii"],
]);

const BEYOND: Readonly<Record<Charset, RegExp | undefined>> = {
  "utf-8": undefined,
  "iso-8859-1": /[^\0-\xff]/u,
  "us-ascii": /[^\0-\x7f]/u,
};

/**
 * The charset of that name, in any case.
 *
 * @throws MessageError WX_MESSAGE_CHARSET
 */
export function readCharset(name: string, field: string): Charset {
  const found = CHARSETS.get(headerText(name, field).toLowerCase());
  if (found !== undefined) return found;
  throw new MessageError("WX_MESSAGE_CHARSET", {
    field,
    value: name,
    problem: "is not a charset that text is encoded in here",
    fix: "Use utf-8 (every reader knows it), iso-8859-1 or us-ascii, or give bytes that are encoded already",
  });
}

/**
 * How Node writes text in that charset.
 *
 * @throws MessageError WX_MESSAGE_CHARSET for a character that the charset does not have
 */
export function textEncoding(text: string, charset: Charset, field: string): TextEncoding {
  const beyond = BEYOND[charset]?.exec(text);
  if (beyond === undefined || beyond === null) return charset === UTF_8 ? "utf8" : "latin1";
  throw new MessageError("WX_MESSAGE_CHARSET", {
    field,
    value: beyond[0],
    problem: `(at index ${beyond.index}) is not in ${charset}`,
    fix: "Use utf-8, or write it in other characters",
  });
}
