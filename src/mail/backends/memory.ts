/** Keeps messages in memory, for tests. */
import { type Backend, receiptForAll, type Envelope } from "../backend.ts";
import { refuseAborted } from "./aborted.ts";
import { refuseUnknownOptions } from "./options.ts";

/** A message that was sent to memory. */
export interface OutboxEntry {
  envelope: Envelope;
  bytes: Uint8Array;
  /** The mailer that sent it, where the backend was told its name. */
  sentUsing?: string;
}

/** Where the messages are kept, and under whose name. */
export interface MemoryBackendOptions {
  /** A list that several backends share, as Django's `mail.outbox` is. Default: one of its own. */
  outbox?: OutboxEntry[] | undefined;
  /** The name of the mailer, Django's `sent_using`. */
  sentUsing?: string | undefined;
}

/** A backend with the list of what it was given. */
export interface MemoryBackend extends Backend {
  /** Everything sent so far, oldest first. Empty it by setting its length to 0. */
  readonly outbox: OutboxEntry[];
}

const known = { outbox: true, sentUsing: true } satisfies Record<keyof MemoryBackendOptions, true>;

/**
 * A backend that keeps copies of what it is given: nothing that happens to a message later reaches them.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * const memory = memoryBackend()
 * await mail.sendMail("Hello", "World", undefined, ["ann@example.com"])
 * memory.outbox.length // 1
 */
export function memoryBackend(options: MemoryBackendOptions = {}): MemoryBackend {
  refuseUnknownOptions("memory", options, Object.keys(known));
  const { outbox = [], sentUsing } = options;
  return {
    outbox,
    send: async (envelope, bytes, callOptions = {}) => {
      refuseAborted(callOptions, "memory");
      outbox.push({
        envelope: structuredClone({ ...envelope }),
        bytes: new Uint8Array(bytes),
        ...(sentUsing !== undefined && { sentUsing }),
      });
      return receiptForAll(envelope, "memory");
    },
  };
}
