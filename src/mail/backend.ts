/** The seam of mail: a backend takes an envelope and finished bytes, and answers with a receipt. */
import type { CutOff } from "../base/index.ts";
import type { Envelope as SmtpEnvelope, SmtpDiagnosis } from "../smtp/index.ts";
import type { HeaderEncoding } from "./header-encoding.ts";

/** What a backend is told of a message beside its bytes. */
export interface Envelope extends SmtpEnvelope {
  /** Names to count messages by, at providers that know tags and in the outbox; never on the wire of SMTP. */
  readonly tags?: readonly string[] | undefined;
  /** The application's own data about the message; like `tags`, it does not reach the recipient. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A recipient that the server turned away while it took others. */
export interface RecipientRefusal {
  address: string;
  /** True when another try later may succeed. */
  retryable: boolean;
  /** SMTP reply code, 0 where there was no reply. */
  code: number;
  /** RFC 3463, such as `5.1.1`; empty where the server gave none. */
  enhancedCode: string;
  /** The server's own words. */
  text: string;
  /** "unknown" where this recipient may have got the message all the same; else it did not. */
  outcome?: "not-sent" | "unknown";
  /** What it is about, and what to do, in English and Chinese. */
  diagnosis?: SmtpDiagnosis;
}

/** What a backend answers when at least one recipient was taken. */
export interface Receipt {
  /** `host:port`, or the backend's name. */
  server: string;
  accepted: string[];
  rejected: RecipientRefusal[];
  /** The server's last words. */
  response: string;
}

/** The message of a queue that a call delivers, for those who watch. */
export interface QueuedMessage {
  /** Its id in the queue. */
  id: string;
  /** With its angle brackets. */
  messageId: string;
  /** Which attempt this is, from 1. */
  attempt: number;
  /** W3C traceparent of the request that enqueued it. */
  trace?: string | undefined;
  /** Somebody waits for it: it goes before what waits for a connection and is not urgent. */
  urgent?: boolean | undefined;
  /** What the call's `signal` says, for a backend that listens for each of thousands of messages. */
  cutOff?: CutOff | undefined;
}

/** What a call of a backend may be given. */
export interface BackendCallOptions {
  /** Gives the call up; what became of the message is then said as for a connection that was lost. */
  signal?: AbortSignal | undefined;
  /** What a queue delivers by this call; a backend that sends needs none of it. */
  queued?: QueuedMessage | undefined;
}

/** How many connections a backend keeps, and how many messages wait for one. */
export interface BackendConnections {
  /** Opened, or being opened; those at rest among them. */
  open: number;
  idle: number;
  waiting: number;
}

/** A mailer's way out. Only `send` is required. */
export interface Backend {
  /** How its server wants headers written; what is composed for it is. Default: as short as they can be. */
  readonly headerEncoding?: HeaderEncoding | undefined;
  /**
   * Hands over one message.
   *
   * @throws DeliveryError when no recipient was taken, or when that cannot be known.
   */
  send(envelope: Envelope, bytes: Uint8Array, options?: BackendCallOptions): Promise<Receipt>;
  /** Gets ready (a connection, a file) before the first message. */
  open?(options?: BackendCallOptions): Promise<void>;
  /** Proves that messages could be sent now, without sending one. */
  verify?(options?: BackendCallOptions): Promise<void>;
  /** Its connections now, where it keeps any. */
  connections?(): BackendConnections;
  close?(): Promise<void>;
  [Symbol.asyncDispose]?(): Promise<void>;
}

/**
 * The receipt of a backend that turns nobody away.
 *
 * @example
 * const backend: Backend = { send: async (envelope, bytes) => receiptForAll(envelope, "queue", await enqueue(bytes)) };
 */
export function receiptForAll(envelope: Envelope, server: string, response = ""): Receipt {
  return { server, accepted: [...envelope.to], rejected: [], response };
}
