/** What must be had before a message can be composed: its files and streams, its text made from HTML, its CSS inlined. */
import { type FileAccess } from "./content/file-access.ts";
import type { MessageFields } from "./message-fields.ts";

/** What the preparation works with. */
export interface Preparation extends FileAccess {
  maxMessageBytes?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** The message with all its content at hand; the same object where it was so already. */
export async function prepareMessage(message: MessageFields, _preparation: Preparation): Promise<MessageFields> {
  return message;
}
