/** Keeps messages in memory, for tests. */
import { type Backend, receiptForAll, type Envelope } from "../backend.ts";

/** A message that was sent to memory. */
export interface OutboxEntry {
  envelope: Envelope;
  bytes: Uint8Array;
}

/** A backend with the list of what it was given. */
export interface MemoryBackend extends Backend {
  /** Everything sent so far, oldest first. Empty it by setting its length to 0. */
  readonly outbox: OutboxEntry[];
}

/**
 * A backend that keeps copies of what it is given.
 *
 * @example
 * const memory = memoryBackend()
 * await mail.sendMail("Hello", "World", undefined, ["ann@example.com"])
 * memory.outbox.length // 1
 */
export function memoryBackend(): MemoryBackend {
  const outbox: OutboxEntry[] = [];
  return {
    outbox,
    send: async (envelope, bytes) => {
      outbox.push({ envelope: { from: envelope.from, to: [...envelope.to] }, bytes: new Uint8Array(bytes) });
      return receiptForAll(envelope, "memory");
    },
  };
}
