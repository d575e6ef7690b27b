/** One connection's bytes: commands out, replies in, each step under its own deadline, and no doubtful reply ever used. */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { SmtpError, SmtpStage } from "./errors.ts";
import { abortedFault, lostFault, notAReplyFault, outOfStepFault, refusedFault, timeoutFault } from "./faults.ts";
import { onAbort } from "./on-abort.ts";
import type { SmtpReply } from "./reply.ts";
import { NotAReply, ReplyReader } from "./reply-reader.ts";
import { deadlineOf, type SmtpTimeouts } from "./timeouts.ts";
import type { Fault, Transcript } from "./transcript.ts";

/** Whoever waits for the connection to move on. */
interface Waiter {
  /** Looks whether what it waits for is there. */
  poke(): void;
  fail(): void;
}

const ignore = (): void => {};

export class Wire {
  readonly transcript: Transcript;
  readonly #timeouts: SmtpTimeouts;
  #socket: Socket;
  #encrypted = false;
  #reader = new ReplyReader();
  #waiter: Waiter | undefined;
  /** Once set, the socket is destroyed and every step fails with this. */
  #broken: ((stage: SmtpStage) => Fault) | undefined;
  #onDoubt: () => void = ignore;

  constructor(socket: Socket, transcript: Transcript, timeouts: SmtpTimeouts) {
    this.transcript = transcript;
    this.#timeouts = timeouts;
    this.#socket = socket;
    this.#listen();
  }

  get server(): string {
    return this.transcript.server;
  }

  get encrypted(): boolean {
    return this.#encrypted;
  }

  /** The address of our end, for an introduction without a name. */
  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  /** Whether the next command may go out: connected, and nothing unasked has arrived. */
  get usable(): boolean {
    return this.#broken === undefined && !this.#reader.waiting;
  }

  /** Whether the server has begun to speak before it was asked. */
  get interrupted(): boolean {
    return this.#reader.waiting;
  }

  /** Sends a command and returns its reply. `shown` stands in the transcript where the line itself is secret. */
  async command(stage: SmtpStage, line: string, shown: string = line): Promise<SmtpReply> {
    this.#assertInStep(stage);
    // Guarantee: whatever was forgotten above, one call is one command.
    // oxlint-disable-next-line no-control-regex
    if (/[\r\n\0]/.test(line)) throw new TypeError("an SMTP command holds CR, LF or NUL");
    this.transcript.sent(shown);
    this.#socket.write(`${line}\r\n`);
    return this.reply(stage);
  }

  /** The next reply, within the deadline of `stage`. */
  async reply(stage: SmtpStage): Promise<SmtpReply> {
    return this.transcript.received(await this.#until(stage, () => this.#reader.take()));
  }

  /** Hands bytes to the socket without waiting for them to leave. */
  send(stage: SmtpStage, bytes: Buffer): void {
    this.#assertWhole(stage);
    this.#socket.write(bytes);
  }

  /** Writes bytes; resolves when they have left, or when the server interrupts. */
  async flush(stage: SmtpStage, bytes: Buffer): Promise<void> {
    this.#assertWhole(stage);
    let flushed = false;
    this.#socket.write(bytes, (error) => {
      flushed = !error;
      this.#waiter?.poke();
    });
    await this.#until(stage, () => (flushed || this.#reader.waiting ? true : undefined));
  }

  /** The error for a refusal; one that leaves the conversation in doubt (421, or an answer that is no refusal) ends it. */
  refusal(stage: SmtpStage, reply: SmtpReply): SmtpError {
    const fault = refusedFault(this.server, stage, reply);
    return reply.code < 400 || reply.code === 421 ? this.fatal(stage, fault) : this.transcript.error(stage, fault);
  }

  /** Destroys the connection for a fault and returns its error. */
  fatal(stage: SmtpStage, fault: Fault): SmtpError {
    this.#break(() => fault);
    return this.transcript.error(stage, fault);
  }

  /**
   * Continues over TLS with the socket that `secure` makes of this one.
   *
   * Guarantee: no byte that came before the handshake is read after it (RFC 3207, section 5), and a connection whose
   * handshake failed is destroyed, so nothing is ever sent over it in clear.
   */
  async upgrade(secure: (socket: Socket) => Promise<TLSSocket | Fault>): Promise<void> {
    this.#assertWhole("tls");
    if (this.#reader.waiting) throw this.fatal("tls", outOfStepFault(this.server, "before the TLS handshake"));
    this.#unlisten();
    const timer = this.#startDeadline("tls");
    const secured = await secure(this.#socket);
    clearTimeout(timer);
    if (!(secured instanceof TLSSocket)) throw this.fatal("tls", this.#broken?.("tls") ?? secured);
    if (this.#broken !== undefined) secured.destroy();
    this.#socket = secured;
    this.#reader = new ReplyReader();
    this.#encrypted = true;
    this.#listen();
    this.#assertWhole("tls");
  }

  /** Lets `signal` end the connection; returns the way to stop that. */
  follow(signal: AbortSignal | undefined): () => void {
    return onAbort(signal, () => this.#break(() => abortedFault(this.server, signal?.reason)));
  }

  /** Rests between messages: the process need not stay for it, and `onDoubt` is called when anything arrives or breaks. */
  rest(onDoubt: () => void): void {
    this.#onDoubt = onDoubt;
    this.#socket.unref();
  }

  /** Ends `rest`. */
  wake(): void {
    this.#onDoubt = ignore;
    this.#socket.ref();
  }

  destroy(): void {
    this.#break((stage) => lostFault(this.server, stage));
  }

  /** A reply that is there before its command would be taken for the answer to it. */
  #assertInStep(stage: SmtpStage): void {
    const unasked = this.#reader.take();
    if (unasked?.code === 421) throw this.refusal(stage, this.transcript.received(unasked));
    this.#assertWhole(stage);
    if (unasked !== undefined || this.#reader.waiting) {
      throw this.fatal(stage, outOfStepFault(this.server, "ahead of a command"));
    }
  }

  #assertWhole(stage: SmtpStage): void {
    if (this.#broken !== undefined) throw this.transcript.error(stage, this.#broken(stage));
  }

  /** Resolves with what `attempt` finds, as soon as it finds something; rejects when the connection breaks first. */
  #until<T>(stage: SmtpStage, attempt: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#startDeadline(stage);
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiter = undefined;
      };
      const waiter: Waiter = {
        poke: () => {
          const found = attempt();
          if (found === undefined) return;
          settle();
          resolve(found);
        },
        fail: () => {
          if (this.#broken === undefined) return;
          settle();
          reject(this.transcript.error(stage, this.#broken(stage)));
        },
      };
      this.#waiter = waiter;
      waiter.poke();
      if (this.#waiter === waiter) waiter.fail();
    });
  }

  #startDeadline(stage: SmtpStage): NodeJS.Timeout {
    const deadline = deadlineOf(stage, this.#timeouts);
    return setTimeout(() => this.#break(() => timeoutFault(this.server, stage, deadline)), deadline.ms);
  }

  #break(fault: (stage: SmtpStage) => Fault): void {
    if (this.#broken !== undefined) return;
    this.#broken = fault;
    this.#socket.destroy();
    this.#waiter?.fail();
    this.#onDoubt();
  }

  #listen(): void {
    this.#socket.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onEnd).on("error", this.#onError);
  }

  /** Errors stay heard: one that no listener hears would end the process. */
  #unlisten(): void {
    this.#socket.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onEnd);
    this.#socket.off("error", this.#onError).on("error", ignore);
  }

  readonly #onData = (bytes: Buffer): void => {
    let malformed: NotAReply | undefined;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof NotAReply)) throw error;
      malformed = error;
    }
    if (this.#waiter === undefined) this.#onDoubt();
    else this.#waiter.poke();
    if (malformed !== undefined) {
      const fault = notAReplyFault(this.server, malformed, this.transcript.secrets.empty);
      this.#break(() => fault);
    }
  };

  readonly #onEnd = (): void => this.destroy();

  readonly #onError = (error: Error): void => this.#break((stage) => lostFault(this.server, stage, error));
}
