/** Turns attachments by path, URL and stream into bytes; what cannot be had is refused before anything is sent. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describeError } from "../../base/index.ts";
import { MessageError } from "../errors.ts";
import type { Attachment } from "../message-fields.ts";
import { guessMediaType } from "../mime/media-type.ts";
import { notText } from "../text.ts";
import { isDataUrl, readDataUrl } from "./data-url.ts";
import { badFile, type FileAccess, forbidden, locateFile } from "./file-access.ts";
import { readLocatedFile } from "./read-file.ts";
import { isStream, readStream, stopStream, type StreamContent, watchStream } from "./read-stream.ts";
import { createSizeLimit, type SizeLimit } from "./size-limit.ts";

/** What loading works with. */
export interface LoadOptions extends FileAccess {
  maxMessageBytes?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Reads what one attachment is made of, once everything was found to be there and not too large. */
type Load = () => Promise<Attachment>;

/** Whether none of the attachments is still to be loaded. What is no attachment at all is for compose to refuse. */
export function areLoaded(attachments: readonly Attachment[] | undefined): boolean {
  return !Array.isArray(attachments) || attachments.every(isLoaded);
}

function isLoaded(attachment: Attachment): boolean {
  if (typeof attachment !== "object" || attachment === null) return true;
  const { path, content } = attachment;
  return path === undefined && !isStream(content) && !(content instanceof Blob);
}

/**
 * The attachments with their bytes.
 *
 * Guarantee: the sizes of all files are known, and within the limit, before the first is read; a stream is read no further
 * than the limit; and every stream is at its end or stopped when this is over.
 *
 * @throws MessageError WX_MESSAGE_FILE, WX_MESSAGE_FILE_ACCESS, WX_MESSAGE_DATA_URL, WX_MESSAGE_STREAM,
 *   WX_MESSAGE_TOO_LARGE, WX_MESSAGE_ATTACHMENT; the signal's reason
 */
export async function loadAttachments(attachments: readonly Attachment[], options: LoadOptions): Promise<Attachment[]> {
  const streams = attachments.flatMap((attachment) => (isStream(attachment?.content) ? [attachment.content] : []));
  streams.forEach(watchStream);
  const limit = createSizeLimit(options.maxMessageBytes);
  try {
    const loads: Load[] = [];
    for (const [index, attachment] of attachments.entries()) {
      options.signal?.throwIfAborted();
      loads.push(await planLoad(attachment, `attachments[${index}]`, limit, options));
    }
    const loaded: Attachment[] = [];
    for (const load of loads) loaded.push(await load());
    return loaded;
  } catch (error) {
    streams.forEach(stopStream);
    throw error;
  }
}

async function planLoad(attachment: Attachment, field: string, limit: SizeLimit, options: LoadOptions): Promise<Load> {
  const { content, path, raw } = attachment ?? {};
  if (path !== undefined) {
    if (content === undefined && raw === undefined) return planPath(attachment, path, field, limit, options);
    throw new MessageError("WX_MESSAGE_ATTACHMENT", {
      field,
      problem: `has path and ${raw === undefined ? "content" : "raw"}`,
      fix: "Give one of content, path and raw",
    });
  }
  if (isStream(content)) return planStream(attachment, content, field, limit, options);
  if (content instanceof Blob) return planBlob(attachment, content, field, limit);
  limit.take(leastBytes(raw ?? content, attachment?.encoding), field);
  return async () => attachment;
}

/** What content at hand comes to at least: text that stands for bytes is measured where it is decoded. */
function leastBytes(content: string | Uint8Array | undefined, encoding: Attachment["encoding"]): number {
  if (typeof content !== "string") return content?.byteLength ?? 0;
  return encoding === undefined ? content.length : 0;
}

/** A Blob or File, such as an uploaded one; its size is known before it is read. */
function planBlob(attachment: Attachment, content: Blob, attachmentField: string, limit: SizeLimit): Load {
  const field = `${attachmentField}.content`;
  limit.take(content.size, field);
  const name = "name" in content && typeof content.name === "string" ? content.name : "";
  return async () => {
    const bytes = await content.arrayBuffer().catch((cause: unknown) => {
      const problem = `failed while it was read (${describeError(cause)})`;
      throw new MessageError(
        "WX_MESSAGE_STREAM",
        { field, problem, fix: "Nothing was sent; give its bytes" },
        { cause },
      );
    });
    const contentType = attachment.contentType ?? (content.type === "" ? undefined : content.type);
    const filename = name === "" ? undefined : name;
    return withBytes({ ...attachment, contentType }, new Uint8Array(bytes), filename === undefined ? {} : { filename });
  };
}

function planStream(
  attachment: Attachment,
  content: StreamContent,
  field: string,
  limit: SizeLimit,
  { signal }: LoadOptions,
): Load {
  const reading = { field: `${field}.content`, limit, signal };
  return async () => ({ ...attachment, encoding: undefined, content: await readStream(content, reading) });
}

async function planPath(
  attachment: Attachment,
  given: string | URL,
  attachmentField: string,
  limit: SizeLimit,
  options: LoadOptions,
): Promise<Load> {
  const field = `${attachmentField}.path`;
  const path = given instanceof URL ? given.href : given;
  if (typeof path !== "string") throw notText(path, field);
  if (isDataUrl(path)) {
    const { bytes, contentType } = readDataUrl(path, field);
    limit.take(bytes.length, field);
    return async () => withBytes({ ...attachment, contentType: attachment.contentType ?? contentType }, bytes, {});
  }
  const filePath = pathOf(path, field);
  const file = await locateFile(filePath, options, field);
  limit.take(file.size, field);
  return async () => {
    const bytes = await readLocatedFile(file, filePath, { field, limit, signal: options.signal });
    const filename = basename(filePath);
    // Who wants no name still gets the type that the name suggests.
    return withBytes(attachment, bytes, { filename, contentType: guessMediaType(filename) });
  };
}

/** The attachment with its bytes in place of its path; a name or type of its own wins over what the path suggests. */
function withBytes(
  { path: _path, encoding: _encoding, ...attachment }: Attachment,
  content: Uint8Array,
  suggested: Pick<Attachment, "filename" | "contentType">,
): Attachment {
  const isNamed = attachment.filename !== undefined && attachment.filename !== false;
  const contentType = attachment.contentType ?? (isNamed ? undefined : suggested.contentType);
  return { ...attachment, content, filename: attachment.filename ?? suggested.filename, contentType };
}

/** The path of a file, from a path or a `file:` URL. No URL is ever fetched. */
function pathOf(text: string, field: string): string {
  if (/^file:/i.test(text) && URL.canParse(text)) return pathOfFileUrl(text, field);
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return text;
  const fix = "Fetch it yourself, and give what came as content: Buffer.from(await response.arrayBuffer())";
  throw forbidden(text, field, "is a URL, which is never fetched", fix);
}

function pathOfFileUrl(url: string, field: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw badFile(url, field, "is no URL of a file on this machine", "Give the file's path", cause);
  }
}
