/** What must be had before a message can be composed: its files and streams, its text made from HTML, its CSS inlined. */
import { inlineCss } from "./content/inline-css.ts";
import { areLoaded, loadAttachments, type LoadOptions } from "./content/load-attachments.ts";
import { textFromHtml } from "./content/text-from-html.ts";
import type { MessageFields } from "./message-fields.ts";

/**
 * The message with all its content at hand; the same object where it was so already.
 *
 * @throws MessageError, and the reason of the signal
 */
export async function prepareMessage(message: MessageFields, options: LoadOptions): Promise<MessageFields> {
  const { raw, attachments } = message;
  if (raw !== undefined) return message;
  const loaded = attachments === undefined || areLoaded(attachments) ? message : await load(message, options);
  return prepareHtml(loaded);
}

async function load(message: MessageFields, options: LoadOptions): Promise<MessageFields> {
  return { ...message, attachments: await loadAttachments(message.attachments ?? [], options) };
}

async function prepareHtml(message: MessageFields): Promise<MessageFields> {
  const { html } = message;
  if (typeof html !== "string" || html === "") return message;
  const inlined = message.inlineCss === true ? await inlineCss(html) : html;
  const isTextMissing = message.text === undefined || message.text === null || message.text === "";
  if (isTextMissing && message.textFromHtml !== false) {
    return { ...message, html: inlined, text: await textFromHtml(inlined) };
  }
  return inlined === html ? message : { ...message, html: inlined };
}
