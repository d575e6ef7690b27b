/** The body of a message as a tree of parts: its forms as alternatives, what the HTML shows beside it, files around them. */
import { type AttachmentPart, attachmentPart, honestType } from "./attachment.ts";
import { contentOctets } from "./attachment-content.ts";
import { MessageError } from "./errors.ts";
import type { Alternative, Attachment, MessageFields } from "./message-fields.ts";
import { type Charset, readCharset, textEncoding, UTF_8 } from "./mime/charset.ts";
import { charsetOf, checkMediaType, isText, MESSAGE_TYPE } from "./mime/media-type.ts";
import { contentHeaders, type Leaf, multipart, type Part } from "./mime/part.ts";
import { encodeBytes, encodeText } from "./mime/transfer-encoding.ts";
import { notText } from "./text.ts";

/** One form of the body. */
interface Form {
  type: string;
  part: Part;
}

/**
 * The body: text, HTML and other forms in one `multipart/alternative`, from the plainest to the richest; the HTML with
 * the images it shows in `multipart/related`; attachments around it all in `multipart/mixed`. An empty text is left out
 * where anything else stands.
 *
 * @throws MessageError
 */
export function bodyPart(message: MessageFields, defaultCharset: string | undefined): Part {
  const named = message.charset ?? defaultCharset;
  const charset = named === undefined ? UTF_8 : readCharset(named, "charset");
  const forms = bodyForms(message, charset);
  const attachments = listOf(message, "attachments");
  if (attachments.length === 0) {
    return forms.length === 0 ? textLeaf("", textType(message), charset, "text") : alternatives(forms);
  }
  const { shown, files } = sortAttachments(attachments, forms);
  const parts = files.map(({ part }) => part);
  const body = alternatives(withShown(forms, shown));
  return multipart("mixed", forms.length === 0 ? parts : [body, ...parts]);
}

function alternatives(forms: readonly Form[]): Part {
  return multipart(
    "alternative",
    forms.map(({ part }) => part),
  );
}

function bodyForms(message: MessageFields, charset: Charset): Form[] {
  const forms: Form[] = [];
  const { text, html } = message;
  if (hasText(text, "text")) {
    const type = textType(message);
    forms.push({ type, part: textLeaf(text, type, charset, "text") });
  }
  const others = listOf(message, "alternatives").map((other, index) => {
    const field = `alternatives[${index}]`;
    return alternative(requireObject(other, field), field, charset);
  });
  // Readers without HTML take the last form they know, and those with it must not stop at a poorer one.
  forms.push(...others.filter(({ type }) => isBeforeHtml(type)));
  if (hasText(html, "html")) forms.push({ type: "text/html", part: textLeaf(html, "text/html", charset, "html") });
  forms.push(...others.filter(({ type }) => !isBeforeHtml(type)));
  return forms;
}

function isBeforeHtml(type: string): boolean {
  return /^text\/(?:watch-html|x-amp-html)\b/i.test(type);
}

function textType({ contentSubtype = "plain" }: MessageFields): string {
  if (contentSubtype === "plain") return "text/plain";
  if (contentSubtype === "html") return "text/html";
  throw new MessageError("WX_MESSAGE_CONTENT_TYPE", {
    field: "contentSubtype",
    ...(typeof contentSubtype === "string" && { value: contentSubtype }),
    problem: "is not what a text can be",
    fix: 'Say "plain" or "html"',
  });
}

function hasText(value: string | undefined, field: string): value is string {
  if (value === undefined || value === null || value === "") return false;
  if (typeof value === "string") return true;
  throw notText(value, field);
}

function listOf<Name extends "alternatives" | "attachments">(
  message: MessageFields,
  name: Name,
): NonNullable<MessageFields[Name]> {
  const list = message[name] ?? [];
  if (Array.isArray(list)) return list;
  const fix = "Write it in square brackets";
  throw new MessageError("WX_MESSAGE_LIST", { field: name, problem: "is not a list", fix });
}

/** Text that is read in place, in the charset that its type names, else in that of the message. */
function textLeaf(text: string, type: string, charset: Charset, field: string): Leaf {
  const named = charsetOf(type);
  const used = named === undefined ? charset : readCharset(named, `${field}.contentType`);
  const body = encodeText(text, textEncoding(text, used, field));
  const whole = named === undefined ? withCharset(type, used) : type;
  return { headers: contentHeaders(whole, "", body.encoding), body };
}

/** For the usual types the same string each time: it is quicker to look up than one that was just put together. */
function withCharset(type: string, charset: Charset): string {
  if (charset === UTF_8 && type === "text/plain") return "text/plain; charset=utf-8";
  if (charset === UTF_8 && type === "text/html") return "text/html; charset=utf-8";
  return `${type}; charset=${charset}`;
}

function requireObject(other: Alternative, field: string): Alternative {
  if (typeof other === "object" && other !== null) return other;
  throw new MessageError("WX_MESSAGE_CONTENT_TYPE", {
    field,
    problem: "is not a form of the body",
    fix: 'Give { content, contentType }, such as { content: "<p>Hello", contentType: "text/html" }',
  });
}

function alternative({ content, contentType, encoding }: Alternative, field: string, charset: Charset): Form {
  const type = checkMediaType(contentType, `${field}.contentType`);
  if (type.toLowerCase().startsWith(MESSAGE_TYPE)) {
    const fix = "Attach it, as a file whose name ends in .eml";
    throw new MessageError("WX_MESSAGE_CONTENT_TYPE", {
      field: `${field}.contentType`,
      value: type,
      problem: "is not a form of a body",
      fix,
    });
  }
  if (typeof content === "string" && encoding === undefined && isText(type)) {
    return { type, part: textLeaf(content, type, charset, field) };
  }
  const octets = contentOctets({ content, encoding }, type, field);
  const body = encodeBytes(octets);
  return { type, part: { headers: contentHeaders(honestType(octets, type), "", body.encoding), body } };
}

/** What the HTML shows, and what is a file; without HTML, everything is. */
function sortAttachments(
  attachments: readonly Attachment[],
  forms: readonly Form[],
): { shown: AttachmentPart[]; files: AttachmentPart[] } {
  const hasHtml = forms.some(isHtml);
  const shown: AttachmentPart[] = [];
  const files: AttachmentPart[] = [];
  const seen = new Set<string>();
  for (const [index, attachment] of attachments.entries()) {
    const one = attachmentPart(attachment, `attachments[${index}]`);
    const { cid } = one;
    if (cid !== undefined) {
      if (seen.has(cid)) throw sameContentId(cid, index);
      seen.add(cid);
    }
    const isShown = cid !== undefined && hasHtml && attachment.contentDisposition !== "attachment";
    (isShown ? shown : files).push(one);
  }
  return { shown, files };
}

function sameContentId(value: string, index: number): MessageError {
  const fix = "Give each inline file a name of its own";
  return new MessageError("WX_MESSAGE_ATTACHMENT", {
    field: `attachments[${index}].cid`,
    value,
    problem: "is there twice",
    fix,
  });
}

function isHtml({ type }: Form): boolean {
  return /^text\/html\b/i.test(type);
}

/** The forms, with what the HTML shows beside it (RFC 2387). */
function withShown(forms: readonly Form[], shown: readonly AttachmentPart[]): readonly Form[] {
  const html = forms.findLastIndex(isHtml);
  const form = forms[html];
  if (shown.length === 0 || form === undefined) return forms;
  const part = multipart("related", [form.part, ...shown.map((one) => one.part)], ' type="text/html";');
  return forms.with(html, { type: form.type, part });
}
