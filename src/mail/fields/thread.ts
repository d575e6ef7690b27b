/** What a message answers: In-Reply-To and References (RFC 5322, section 3.6.4). */
import { headerText } from "../text.ts";
import { badValue } from "./refusal.ts";

/** Nothing in it that a reader would decode. */
const MESSAGE_ID = /^<(?!.*=\?)[!-;=?A-~]+@[!-;=?A-~]+>$/;
/** A line of a header may have 998 characters, its name among them. */
const MAX_ID = 900;

/**
 * Message-IDs with a space between each two.
 *
 * @throws MessageError WX_MESSAGE_VALUE
 */
export function messageIds(given: string | readonly string[], field: string): string {
  const ids = Array.isArray(given) ? (given as readonly string[]) : headerText(given, field).trim().split(/ +/);
  for (const [index, id] of ids.entries()) {
    const place = typeof given === "string" ? field : `${field}[${index}]`;
    if (headerText(id, place).length <= MAX_ID && MESSAGE_ID.test(id)) continue;
    throw badValue(
      place,
      id,
      "is not a Message-ID",
      "Write <something@example.com>, as Message-ID has it, in angle brackets",
    );
  }
  return ids.join(" ");
}
