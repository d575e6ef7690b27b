/** Reads a caught mail for showing, with postal-mime; what is too much for that is shown as it came. */
import PostalMime, { type Address, type Email } from "postal-mime";
import type { StoredMail } from "./store.ts";
import type { InboxAttachment, InboxMail } from "./types.ts";

/** Where the fields of the list are looked for: no honest header is longer, in octets. */
const LISTED_HEADER_OCTETS = 256 * 1024;
/** The parser keeps more than a kilobyte for each line. 25 MiB of base64 have fewer lines than this. */
const PARSED_LINES = 400_000;

/** The fields that the list shows, out of the header alone: whatever its body holds, a mail can be listed. */
export async function readListFields(raw: Buffer): Promise<{ from: string; to: string; subject: string }> {
  const header = raw.subarray(0, Math.min(headerLength(raw), LISTED_HEADER_OCTETS));
  const email = await PostalMime.parse(header);
  return {
    from: email.from === undefined ? "" : display(email.from),
    to: (email.to ?? []).map(display).join(", "),
    subject: email.subject ?? "",
  };
}

export async function readMail(stored: StoredMail): Promise<InboxMail> {
  const raw = Buffer.from(stored.raw.buffer, stored.raw.byteOffset, stored.raw.byteLength);
  const header = raw.toString("utf8", 0, headerLength(raw));
  return { ...stored, headers: headerLines(header), ...((await parseBody(raw)) ?? asItCame(raw)) };
}

type Body = Pick<InboxMail, "text" | "html" | "attachments">;

/** Undefined when the parser would take, or took, it for an attack. */
async function parseBody(raw: Buffer): Promise<Body | undefined> {
  if (hasMoreLines(raw, PARSED_LINES)) return undefined;
  try {
    const email = await PostalMime.parse(raw, { attachmentEncoding: "arraybuffer" });
    return { text: email.text ?? "", html: email.html ?? "", attachments: email.attachments.map(readAttachment) };
  } catch {
    return undefined; // Parts nested too deep, or a header too long.
  }
}

function asItCame(raw: Buffer): Body {
  return { text: raw.toString("utf8", headerLength(raw)).trimStart(), html: "", attachments: [] };
}

function readAttachment(attachment: Email["attachments"][number]): InboxAttachment {
  const contentId = attachment.contentId?.replace(/^<|>$/g, "");
  return {
    filename: attachment.filename ?? "",
    mimeType: attachment.mimeType,
    ...(contentId !== undefined && { contentId }),
    content:
      typeof attachment.content === "string"
        ? new TextEncoder().encode(attachment.content)
        : new Uint8Array(attachment.content),
  };
}

function hasMoreLines(raw: Buffer, limit: number): boolean {
  let lines = 0;
  for (let at = raw.indexOf(10); at >= 0 && lines <= limit; at = raw.indexOf(10, at + 1)) lines++;
  return lines > limit;
}

function display(address: Address): string {
  if (address.group !== undefined) return `${address.name}: ${address.group.map(display).join(", ")};`;
  return address.name ? `${address.name} <${address.address}>` : (address.address ?? "");
}

/** Up to the empty line; all of it where there is none. */
function headerLength(raw: Buffer): number {
  const ends = [raw.indexOf("\n\r\n"), raw.indexOf("\n\n")].filter((end) => end >= 0);
  return Math.min(raw.length, ...ends);
}

/** The header fields in their order and spelling, unfolded but not decoded (RFC 5322, section 2.2). */
function headerLines(header: string): { name: string; value: string }[] {
  return header.split(/\r?\n(?![ \t])/).map((field) => {
    const colon = field.indexOf(":");
    return {
      name: field.slice(0, colon),
      value: field
        .slice(colon + 1)
        .replace(/\r?\n/g, "")
        .trim(),
    };
  });
}
