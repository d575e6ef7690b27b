/** Sends messages over a few kept-open connections to one server. */
import { Buffer } from "node:buffer";
import { type Connection, openConnection } from "./connection.ts";
import { findBareNewline } from "./content.ts";
import { type Envelope, envelopeProblem } from "./envelope.ts";
import { SmtpError, type SmtpErrorCode, type SmtpErrorDetails } from "./errors.ts";
import { resolveOptions, type SmtpOptions, type SmtpSettings } from "./options.ts";
import type { SmtpReceipt } from "./transaction.ts";
import { type TurnRefusal, Turns } from "./turns.ts";

/** Connections to one server. Every method that fails rejects with an `SmtpError`. */
export interface SmtpPool {
  /**
   * Sends one message and resolves once the server has taken responsibility for it, for at least one recipient.
   *
   * `bytes` is the whole message with CRLF line ends, at most the server's SIZE. Where the server refuses some of the
   * recipients, the others get the message and the receipt names the refused; where it refuses all, this rejects.
   * Aborting `signal` rejects and drops the connection. What was given is not changed and not kept.
   *
   * @throws SmtpError with one of the codes of `SmtpErrorCode`. Its `outcome` says "unknown" where the message may have arrived.
   */
  send(envelope: Envelope, bytes: Uint8Array, options?: { signal?: AbortSignal | undefined }): Promise<SmtpReceipt>;
  /** Opens a fresh connection with TLS and log-in, and keeps it for the next message; rejects where any of it fails. */
  verify(options?: { signal?: AbortSignal | undefined }): Promise<void>;
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
  readonly #turns: Turns;
  /** Connections at rest with the timer that ends each; the one used last is at the end. */
  readonly #idle = new Map<Connection, NodeJS.Timeout>();
  /** Goodbyes under way. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(settings: SmtpSettings) {
    this.#settings = settings;
    this.#turns = new Turns(settings.maxConnections, settings.maxWaiting);
  }

  async send(
    envelope: Envelope,
    bytes: Uint8Array,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<SmtpReceipt> {
    // A copy: what was checked is what is sent, whatever the caller does to its own while this waits.
    const message = {
      envelope: { from: envelope.from, to: [...envelope.to] },
      bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    };
    this.#checkMessage(message);
    return this.#inTurn(signal, () => this.#deliver(message, signal));
  }

  async verify({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#inTurn(signal, async () => {
      // Its place goes to the fresh one, so that the server never sees more than maxConnections.
      const kept = this.#takeIdle();
      if (kept !== undefined) this.#leave(kept);
      this.#keep(await this.#open(signal));
    });
  }

  async close(): Promise<void> {
    await this.#turns.close();
    for (let kept = this.#takeIdle(); kept !== undefined; kept = this.#takeIdle()) this.#leave(kept);
    await Promise.all(this.#leaving);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkMessage({ envelope, bytes }: Message): void {
    const problem = envelopeProblem(envelope);
    if (problem !== undefined) {
      const message = `${problem}. Give plain ASCII addresses, one for each recipient, without names or angle brackets.`;
      throw this.#refusal("WX_SMTP_ENVELOPE", message, { stage: "mail", retryable: false });
    }
    const at = findBareNewline(bytes);
    if (at !== -1) {
      const message = `The message holds a CR or LF alone at byte ${at}. End every line with CRLF.`;
      throw this.#refusal("WX_SMTP_BARE_NEWLINE", message, { stage: "content", retryable: false });
    }
  }

  async #inTurn<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const refusal = await this.#turns.take(signal);
    if (refusal !== undefined) throw this.#turnRefusal(refusal, signal?.reason);
    try {
      return await work();
    } finally {
      this.#turns.release();
    }
  }

  /**
   * Sends on a kept connection, else on a fresh one. A kept connection may have died unnoticed: where it did not even
   * take MAIL, the message goes to a fresh one, once.
   *
   * Guarantee: nothing is tried again after the server has taken any part of the message.
   */
  async #deliver(message: Message, signal: AbortSignal | undefined): Promise<SmtpReceipt> {
    const kept = this.#takeIdle();
    if (kept !== undefined) {
      try {
        return await this.#sendOn(kept, message, signal);
      } catch (error) {
        if (kept.usable || !isStale(error)) throw error;
        this.#log("debug", "smtp.stale", { code: error.code });
      }
    }
    return this.#sendOn(await this.#open(signal), message, signal);
  }

  async #sendOn(connection: Connection, message: Message, signal: AbortSignal | undefined): Promise<SmtpReceipt> {
    try {
      const receipt = await connection.send(message.envelope, message.bytes, signal);
      const { accepted, rejected, response } = receipt;
      this.#log("info", "smtp.sent", { accepted: accepted.length, rejected: rejected.length, response });
      return receipt;
    } catch (error) {
      if (error instanceof SmtpError) this.#log("warn", "smtp.not-sent", { code: error.code, stage: error.stage });
      throw error;
    } finally {
      this.#keep(connection);
    }
  }

  async #open(signal: AbortSignal | undefined): Promise<Connection> {
    const connection = await openConnection(this.#settings, signal);
    this.#log("debug", "smtp.open", { encrypted: connection.encrypted });
    return connection;
  }

  /** Puts a connection to rest if it is good for more, else ends it. */
  #keep(connection: Connection): void {
    if (!connection.usable) return connection.destroy();
    if (connection.messages >= this.#settings.maxMessagesPerConnection) return this.#leave(connection);
    const expire = (): void => {
      this.#forget(connection);
      this.#leave(connection);
    };
    this.#idle.set(connection, setTimeout(expire, this.#settings.idleTimeoutMs).unref());
    connection.rest(() => {
      this.#forget(connection);
      connection.destroy();
    });
  }

  #takeIdle(): Connection | undefined {
    const connection = [...this.#idle.keys()].at(-1);
    if (connection === undefined) return undefined;
    this.#forget(connection);
    connection.wake();
    return connection;
  }

  #forget(connection: Connection): void {
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
  }

  /** Says goodbye without anyone waiting for it, except `close`. */
  #leave(connection: Connection): void {
    const leaving = connection.quit().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  #turnRefusal(refusal: TurnRefusal, reason: unknown): SmtpError {
    const { server, maxWaiting } = this.#settings;
    switch (refusal) {
      case "closed":
        return this.#refusal("WX_SMTP_CLOSED", `The pool for ${server} is closed. Send through an open one.`);
      case "full":
        return this.#refusal(
          "WX_SMTP_BUSY",
          `${maxWaiting} messages wait for a connection to ${server} already. Await earlier sends first, or raise maxWaiting.`,
        );
      case "aborted":
        return this.#refusal(
          "WX_SMTP_ABORTED",
          `The caller's signal stopped the message before its turn at ${server}. Send it again if it is still wanted.`,
          { cause: reason },
        );
    }
  }

  /** An error for what never came near a connection. */
  #refusal(code: SmtpErrorCode, message: string, details: Partial<SmtpErrorDetails> = {}): SmtpError {
    const { server } = this.#settings;
    return new SmtpError(code, message, { stage: "connect", retryable: true, ...details, server });
  }

  #log(level: "debug" | "info" | "warn", event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#settings.logger.log(level, event, { server: this.#settings.server, ...fields });
  }
}

interface Message {
  readonly envelope: Envelope;
  readonly bytes: Buffer;
}

/** Whether a kept connection turned out to be dead or out of step before it took anything of the message. */
function isStale(error: unknown): error is SmtpError {
  if (!(error instanceof SmtpError) || error.stage !== "mail" || error.code === "WX_SMTP_ABORTED") return false;
  return error.reply === undefined || error.reply.code === 421;
}
