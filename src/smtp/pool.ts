/** Sends messages over a few kept-open connections to one server. */
import { Buffer } from "node:buffer";
import { type CutOff, silentLogger } from "../base/index.ts";
import { factsOf } from "./content.ts";
import { Dispatcher } from "./dispatcher.ts";
import { type Envelope, envelopeProblem, kindProblem } from "./envelope.ts";
import { SmtpError, type SmtpErrorCode, type SmtpStage } from "./errors.ts";
import { type Answer, Job, type JobMessage, Visit } from "./job.ts";
import { count } from "./option-check.ts";
import { resolveOptions, type SmtpOptions, type SmtpSettings } from "./options.ts";
import { sendInParts, sendWithRest } from "./recipients.ts";
import type { SmtpReceipt } from "./receipt.ts";
import { requireIterable, sendMany, type SmtpMessage, type SmtpResult } from "./send-many.ts";

/** What a pool has open, and what waits. */
export interface SmtpPoolConnections {
  /** Connections that are open, or being opened; those at rest among them. */
  open: number;
  idle: number;
  /** Messages that no connection has taken yet. */
  waiting: number;
}

/** How one message is sent. */
export interface SmtpSendOptions {
  /** Gives the message up. */
  signal?: AbortSignal | undefined;
  /** The same, in the form in which a queue has it; then `signal` is not looked at. */
  cutOff?: CutOff | undefined;
  /** Goes before the messages that wait for a connection and are not urgent. Default false. */
  urgent?: boolean | undefined;
}

/** Connections to one server. Every method that fails rejects with an `SmtpError`. */
export interface SmtpPool {
  /**
   * Sends one message and resolves once the server has taken responsibility for it, for at least one recipient.
   *
   * `bytes` is the whole message with CRLF line ends, at most the server's SIZE. Where the server refuses some of the
   * recipients, the others get the message and the receipt names the refused; where it refuses all, this rejects.
   * More than `maxRecipients` recipients are served in several transactions, whose results come as one.
   * Aborting `signal` rejects, and drops the connection where the message has it for itself. What was given is not
   * changed and not kept.
   *
   * @throws SmtpError with one of the codes of `SmtpErrorCode`. Its `outcome` says "unknown" where the message may have arrived.
   */
  send(envelope: Envelope, bytes: Uint8Array, options?: SmtpSendOptions): Promise<SmtpReceipt>;
  /**
   * Sends every message that `messages` gives, and yields what became of each as it becomes known, in no fixed order.
   *
   * Memory stays flat whatever the number: a message is taken from `messages` only when there is room for it, and only
   * as fast as the results are taken. `concurrency` is how many messages are on the way at most (default: what fills
   * the connections twice). A message that fails is a result, not an exception; an exception of `messages` itself comes
   * out after the last result. Aborting `signal` takes no more messages and aborts those on the way.
   *
   * @throws SmtpError `WX_SMTP_OPTIONS` where `concurrency` is not 1 or more.
   *
   * @example
   * for await (const { index, error } of pool.sendMany(messages)) if (error) console.error(index, error.message);
   */
  sendMany(
    messages: AsyncIterable<SmtpMessage> | Iterable<SmtpMessage>,
    options?: { signal?: AbortSignal | undefined; concurrency?: number | undefined },
  ): AsyncIterable<SmtpResult>;
  /** Opens a fresh connection with TLS and log-in, and keeps it for the next message; rejects where any of it fails. */
  verify(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** What is open now, for a metric. */
  connections(): SmtpPoolConnections;
  /** Lets running sends finish, refuses waiting ones with `WX_SMTP_CLOSED`, and says goodbye. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a pool; nothing is connected before the first `send` or `verify`.
 *
 * @throws SmtpError `WX_SMTP_OPTIONS` naming the option that is wrong.
 *
 * @example
 * const pool = createSmtpPool({ host: "smtp.163.com", port: 465, auth: { user: "mac@163.com", password: code } });
 * const receipt = await pool.send({ from: "mac@163.com", to: ["ann@example.com"] }, bytes);
 * await pool.close();
 */
export function createSmtpPool(options: SmtpOptions): SmtpPool {
  const settings = resolveOptions(options);
  warnOfOpenDoors(settings);
  return new Pool(settings);
}

function warnOfOpenDoors({ logger, server, tls, auth, allowPlaintextAuth }: SmtpSettings): void {
  if (tls.acceptAny) logger.log("warn", "smtp.any-certificate-accepted", { server });
  if (allowPlaintextAuth && auth !== undefined) logger.log("warn", "smtp.plaintext-password-allowed", { server });
}

class Pool implements SmtpPool {
  readonly #settings: SmtpSettings;
  readonly #dispatcher: Dispatcher;

  constructor(settings: SmtpSettings) {
    this.#settings = settings;
    this.#dispatcher = new Dispatcher(settings);
  }

  send(envelope: Envelope, bytes: Uint8Array, options: SmtpSendOptions = {}): Promise<SmtpReceipt> {
    return new Promise((accept, fail) => this.#begin({ envelope, bytes }, options, { accept, fail }));
  }

  sendMany(
    messages: AsyncIterable<SmtpMessage> | Iterable<SmtpMessage>,
    { signal, concurrency }: { signal?: AbortSignal | undefined; concurrency?: number | undefined } = {},
  ): AsyncIterable<SmtpResult> {
    requireIterable(messages);
    const { maxConnections, maxInFlight, maxWaiting } = this.#settings;
    const filling = maxConnections * maxInFlight;
    const most = Math.min(count("concurrency", concurrency ?? 2 * filling), maxWaiting);
    const options: SmtpSendOptions = { signal };
    const begin = (message: SmtpMessage, answer: Answer): void => this.#begin(message, options, answer);
    return sendMany(messages, begin, { most, least: Math.min(filling, most - 1) }, signal);
  }

  verify({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    return new Promise((resolve, reject) => this.#dispatcher.submit(new Visit(signal, resolve, reject)));
  }

  connections(): SmtpPoolConnections {
    return this.#dispatcher.connections;
  }

  close(): Promise<void> {
    return this.#dispatcher.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Checks a message, and sends it where it can be sent; `answer` is told what became of it. */
  #begin({ envelope, bytes }: SmtpMessage, options: SmtpSendOptions, answer: Answer): void {
    const problem = kindProblem(envelope, bytes);
    if (problem !== undefined) return answer.fail(this.#refusal("WX_SMTP_ENVELOPE", "mail", problem));
    // A copy: what was checked is what is sent, whatever the caller does to its own while this waits.
    const own: Envelope = { ...envelope, to: [...envelope.to] };
    const content = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { bareNewlineAt, hasDots } = factsOf(content);
    const refusal = this.#refusalOf(own, bareNewlineAt);
    if (refusal !== undefined) return answer.fail(refusal);
    const { cutOff, urgent } = options;
    const signal = cutOff ?? options.signal;
    const message = { envelope: own, bytes: content, hasDots, signal, isUrgent: urgent === true };
    if (own.to.length === 1) return this.#submit(message, answer);
    const sendPart = (part: Envelope): Promise<SmtpReceipt> =>
      new Promise((accept, fail) => this.#submit({ ...message, envelope: part }, { accept, fail }));
    tell(
      sendInParts(own, this.#dispatcher.maxRecipients, (part) => sendWithRest(part, sendPart)),
      answer,
    );
  }

  #submit(message: JobMessage, answer: Answer): void {
    if (this.#settings.logger === silentLogger) return this.#dispatcher.submit(new Job(message, answer));
    const sending = new Promise<SmtpReceipt>((accept, fail) =>
      this.#dispatcher.submit(new Job(message, { accept, fail })),
    );
    tell(this.#logged(sending), answer);
  }

  async #logged(sending: Promise<SmtpReceipt>): Promise<SmtpReceipt> {
    const { server, logger } = this.#settings;
    try {
      const receipt = await sending;
      const { accepted, rejected, response } = receipt;
      logger.log("info", "smtp.sent", { server, accepted: accepted.length, rejected: rejected.length, response });
      return receipt;
    } catch (error) {
      if (error instanceof SmtpError) {
        logger.log("warn", "smtp.not-sent", { server, code: error.code, stage: error.stage });
      }
      throw error;
    }
  }

  /** Why a message is not even tried. */
  #refusalOf(envelope: Envelope, bareNewlineAt: number): SmtpError | undefined {
    const problem = envelopeProblem(envelope);
    if (problem !== undefined) return this.#refusal("WX_SMTP_ENVELOPE", "mail", problem);
    if (bareNewlineAt === -1) return undefined;
    const text = `The message holds a CR or LF alone at byte ${bareNewlineAt}. End every line with CRLF.`;
    return this.#refusal("WX_SMTP_BARE_NEWLINE", "content", text);
  }

  #refusal(code: SmtpErrorCode, stage: SmtpStage, message: string): SmtpError {
    return new SmtpError(code, message, { stage, retryable: false, server: this.#settings.server });
  }
}

function tell(sending: Promise<SmtpReceipt>, answer: Answer): void {
  sending.then(
    (receipt) => answer.accept(receipt),
    (error: Error) => answer.fail(error),
  );
}
