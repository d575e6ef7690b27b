/** Reads a caught mail for showing, with postal-mime. */
import PostalMime, { type Address, type Email } from "postal-mime";
import type { StoredMail } from "./store.ts";
import type { InboxAttachment, InboxMail } from "./types.ts";

export async function parseMail(raw: Uint8Array): Promise<Email> {
  return PostalMime.parse(raw, { attachmentEncoding: "arraybuffer" });
}

/** The fields that the list shows, out of the headers. */
export function listFields(email: Email): { from: string; to: string; subject: string } {
  return {
    from: email.from === undefined ? "" : display(email.from),
    to: (email.to ?? []).map(display).join(", "),
    subject: email.subject ?? "",
  };
}

export function toInboxMail(stored: StoredMail, email: Email): InboxMail {
  return {
    ...stored,
    text: email.text ?? "",
    html: email.html ?? "",
    headers: headerLines(stored.raw),
    attachments: email.attachments.map((attachment): InboxAttachment => {
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
    }),
  };
}

function display(address: Address): string {
  if (address.group !== undefined) return `${address.name}: ${address.group.map(display).join(", ")};`;
  return address.name ? `${address.name} <${address.address}>` : (address.address ?? "");
}

/** The header fields in their order and spelling, unfolded but not decoded (RFC 5322, section 2.2). */
function headerLines(raw: Uint8Array): { name: string; value: string }[] {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString("utf8");
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  return text
    .slice(0, end)
    .split(/\r?\n(?![ \t])/)
    .map((field) => {
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
