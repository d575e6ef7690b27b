/** The body of a message as a tree of parts: its forms as alternatives, files beside them. */
import { MessageError } from "./errors.ts";
import type { Alternative, Attachment, AttachmentContent, MessageFields } from "./message.ts";
import { checkMediaType, DEFAULT_MEDIA_TYPE, guessMediaType } from "./mime/media-type.ts";
import { attachmentPart, bytesPart, multipart, type Part, textPart } from "./mime/part.ts";
import { headerText, notText } from "./text.ts";

/** Far beyond what a file system takes. */
const MAX_FILENAME = 1000;

/**
 * The body: text, HTML and other forms in one `multipart/alternative`, attachments around it in `multipart/mixed`. An
 * empty text is left out where anything else stands.
 */
export function bodyPart(message: MessageFields): Part {
  const forms = bodyForms(message);
  const files = (message.attachments ?? []).map(attachment);
  if (forms.length === 0 && files.length === 0) return textPart("", "text/plain");
  return multipart("mixed", [...(forms.length === 0 ? [] : [multipart("alternative", forms)]), ...files]);
}

function bodyForms({ text, html, alternatives = [] }: MessageFields): Part[] {
  const forms: Part[] = [];
  if (hasText(text, "text")) forms.push(textPart(text, "text/plain"));
  if (hasText(html, "html")) forms.push(textPart(html, "text/html"));
  return [...forms, ...alternatives.map(alternative)];
}

function hasText(value: string | undefined, field: string): value is string {
  if (value === undefined || value === null || value === "") return false;
  if (typeof value === "string") return true;
  throw notText(value, field);
}

function alternative({ content, contentType }: Alternative, index: number): Part {
  const field = `alternatives[${index}]`;
  const type = checkMediaType(contentType, `${field}.contentType`);
  if (typeof content === "string" && /^text\//i.test(type)) return textPart(content, type);
  return bytesPart(toBytes(content, `${field}.content`), type);
}

function attachment({ filename, content, contentType }: Attachment, index: number): Part {
  const field = `attachments[${index}]`;
  const name = filename === undefined || filename === false ? undefined : baseName(filename, `${field}.filename`);
  const guessed = name === undefined ? DEFAULT_MEDIA_TYPE : guessMediaType(name);
  const type = contentType === undefined ? guessed : checkMediaType(contentType, `${field}.contentType`);
  return attachmentPart(toBytes(content, `${field}.content`), type, name);
}

/** The last part of a path, so that no reader is told where to write. */
function baseName(filename: string, field: string): string {
  const name = headerText(filename, field).split(/[/\\]/).at(-1) ?? "";
  if (name.length <= MAX_FILENAME && !["", ".", ".."].includes(name)) return name;
  const fix = `Give a name such as report.pdf, of at most ${MAX_FILENAME} characters`;
  throw new MessageError("WX_MESSAGE_ATTACHMENT", {
    field,
    value: filename,
    problem: "is not the name of a file",
    fix,
  });
}

function toBytes(content: AttachmentContent | undefined, field: string): Uint8Array {
  if (typeof content === "string") return Buffer.from(content, "utf8");
  if (content instanceof Uint8Array) return content;
  throw new MessageError("WX_MESSAGE_ATTACHMENT", {
    field,
    problem: "is neither text nor bytes",
    fix: "Give a string, a Buffer or a Uint8Array",
  });
}
