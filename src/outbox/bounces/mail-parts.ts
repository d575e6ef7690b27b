/** A mail taken apart with postal-mime, as far as a report needs it, and no further than a hostile one may make it cost. */
import type { Email } from "postal-mime";
import type { Fields } from "./fields.ts";

/** A report stands before the message that it returns: what follows this many bytes or lines is not needed. */
export const READ_BYTES: number = 2 * 1024 * 1024;
/** The parser keeps more than a kilobyte for each line. */
const READ_LINES = 60_000;
/** What is searched of a body in words, in characters. */
const READ_TEXT = 64 * 1024;

/** A mail, taken apart. */
export interface MailParts {
  header: Fields;
  /** All that stand under one name, in order; for those that may be repeated. */
  all(name: string): string[];
  subject: string;
  from: string;
  /** The part that is written for a person, as plain text. */
  text: string;
  /** The text of the first part of one of these media types; undefined where there is none. */
  part(...types: string[]): string | undefined;
}

/** Undefined where the parser takes it for an attack (nested too deep, a header too long). */
export async function takeApart(raw: Uint8Array): Promise<MailParts | undefined> {
  const { default: PostalMime } = await import("postal-mime");
  try {
    const email = await PostalMime.parse(beginning(raw), {
      forceRfc822Attachments: true,
      attachmentEncoding: "arraybuffer",
      maxNestingDepth: 50,
      maxHeadersSize: 512 * 1024,
    });
    return mailParts(email);
  } catch {
    return undefined;
  }
}

/** Whole lines from the beginning of a mail. */
function beginning(raw: Uint8Array): Uint8Array {
  const head = raw.subarray(0, READ_BYTES);
  let end = 0;
  for (let lines = 0; lines < READ_LINES; lines++) {
    const next = head.indexOf(10, end);
    if (next < 0) return head;
    end = next + 1;
  }
  return head.subarray(0, end);
}

function mailParts(email: Email): MailParts {
  const header = new Map<string, string>();
  for (const { key, value } of email.headers) if (!header.has(key)) header.set(key, value);
  const plain = email.text ?? "";
  const words = plain.trim() === "" ? textOfHtml((email.html ?? "").slice(0, 4 * READ_TEXT)) : plain;
  return {
    header,
    all: (name) => email.headers.filter(({ key }) => key === name).map(({ value }) => value),
    subject: email.subject ?? "",
    from: email.from?.address ?? "",
    text: words.slice(0, READ_TEXT),
    part: (...types) => {
      const part = email.attachments.find(({ mimeType }) => types.includes(mimeType));
      if (part === undefined) return undefined;
      return typeof part.content === "string" ? part.content : new TextDecoder().decode(part.content);
    },
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&nbsp;": " ",
  "&#64;": "@",
  "&#39;": "'",
  "&amp;": "&",
};

/** Words of a page: each tag is a line break, so that what stands in one cell stays together. */
function textOfHtml(html: string): string {
  return html
    .replaceAll(/<[^<>]*>/g, "\n")
    .replaceAll(/&(?:lt|gt|quot|nbsp|amp|#64|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}
