/** The outbox as a mailer's way out: what is sent through it is stored, and delivered from there. */
import { type Backend, type Composed, type Envelope, receiptForAll } from "../mail/index.ts";
import type { EnqueueOptions } from "./enqueue-options.ts";

export function outboxBackend(
  enqueue: (message: Composed, options: EnqueueOptions) => Promise<string>,
  options: Omit<EnqueueOptions, "tx" | "idempotencyKey">,
): Backend {
  return {
    send: async (envelope, bytes) => {
      const id = await enqueue(await composedOf(envelope, bytes), options);
      return receiptForAll(envelope, "outbox", `queued as ${id}`);
    },
  };
}

/** What a finished message says of itself in its header; the subject as a person reads it in the outbox. */
async function composedOf(envelope: Envelope, bytes: Uint8Array): Promise<Composed> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = whole.indexOf("\r\n\r\n");
  const header = whole.toString("latin1", 0, end === -1 ? whole.length : end).replace(/\r\n[ \t]+/g, " ");
  const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(header)?.[1]?.trim() ?? "";
  return { envelope, bytes, messageId: field("message-id"), subject: await decoded(field("subject")) };
}

async function decoded(subject: string): Promise<string> {
  if (!subject.includes("=?")) return subject;
  const { decodeWords } = await import("postal-mime");
  return decodeWords(subject).replace(/\p{Cc}+/gu, " ");
}
