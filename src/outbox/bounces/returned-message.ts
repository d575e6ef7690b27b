/** Finds out which message a report is about: its own header where it came back, else what the report refers to. */
import { type Fields, messageIdsIn, readHeader } from "./fields.ts";
import type { MailParts } from "./mail-parts.ts";

/** Where a report in words begins to quote the message that came back. */
const QUOTE =
  /^(?:-{2,20}.{0,60}(?:copy of|original message|returned message|message header|原始邮件|原邮件).{0,60}|Original message headers:|原邮件信头.{0,10})$/im;

/** Message-IDs that the message may have, the likeliest first. */
export function messageIdsOf(mail: MailParts): string[] {
  const returned = mail.part(
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
  );
  const header = returned === undefined ? undefined : readHeader(returned.trimStart());
  const own = [...idsInHeader(header), ...idsInText(mail.text)];
  // What a report refers to may be an earlier message of the same conversation: only where it brings nothing back.
  return [...new Set(own.length > 0 ? own : idsReferredTo(mail))];
}

/** Of a conversation, the last is the one that came back. */
function idsReferredTo({ header }: MailParts): string[] {
  return ["x-ms-exchange-message-original-message-id", "in-reply-to", "references"].flatMap((name) =>
    messageIdsIn(header.get(name)).slice(-1),
  );
}

function idsInHeader(header: Fields | undefined): string[] {
  return messageIdsIn(header?.get("message-id")).slice(0, 1);
}

/** What a report in words says about the person's own message comes after it, or in its quoted header. */
function idsInText(text: string): string[] {
  const found = [...text.matchAll(/^[ \t>]{0,8}Message-I[dD]:[ \t]{0,8}(<[^<>\s]{3,400}>)/gim)];
  return found.map(([, id]) => id ?? "").slice(0, 3);
}

/** The words of a report before its quotation of the message. */
export function beforeQuote(text: string): string {
  const at = QUOTE.exec(text)?.index;
  return at === undefined ? text : text.slice(0, at);
}
