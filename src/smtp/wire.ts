/** One connection's bytes: commands out, replies in, each step under its own deadline, and no doubtful reply ever used. */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Deadline } from "./deadline.ts";
import type { SmtpError, SmtpStage } from "./errors.ts";
import { abortedFault, lostFault, notAReplyFault, outOfStepFault, refusedFault, timeoutFault } from "./faults.ts";
import type { Inlet } from "./inlet.ts";
import { onAbort } from "./on-abort.ts";
import { OutBuffer } from "./out-buffer.ts";
import type { RawReply, SmtpReply } from "./reply.ts";
import { NotAReply, ReplyReader } from "./reply-reader.ts";
import type { SmtpTimeouts } from "./timeouts.ts";
import type { Fault, Transcript } from "./transcript.ts";
import type { WireDriver } from "./wire-driver.ts";

/** A step of the session that waits for its reply. */
interface Waiter {
  take(): void;
  fail(): void;
}

const ignore = (): void => {};
// oxlint-disable-next-line no-control-regex
const NOT_ONE_LINE = /[\r\n\0]/;

export class Wire {
  readonly transcript: Transcript;
  readonly #deadline: Deadline;
  readonly #out = new OutBuffer();
  #inlet: Inlet | undefined;
  #socket: Socket;
  #encrypted = false;
  #reader = new ReplyReader();
  #waiter: Waiter | undefined;
  #driver: WireDriver | undefined;
  /** How many replies the commands that have left will have. */
  #owed = 0;
  /** How many replies the commands that wait in `#out` will have. */
  #owedLater = 0;
  /** Once set, the socket is destroyed and every step fails with this. */
  #broken: ((stage: SmtpStage) => Fault) | undefined;

  /** @param line What leads to the server. A socket that does not read into the inlet is read as any stream. */
  constructor(line: { socket: Socket; inlet: Inlet }, transcript: Transcript, timeouts: SmtpTimeouts) {
    this.transcript = transcript;
    this.#deadline = new Deadline(timeouts, (stage, limit) => {
      const fault = timeoutFault(this.server, stage, limit);
      this.break(() => fault);
    });
    this.#socket = line.socket;
    this.#inlet = line.inlet;
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
    return this.#broken === undefined && (this.#owed > 0 || !this.#reader.waiting);
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** Whether the server has begun to speak before it was asked. */
  get interrupted(): boolean {
    return this.#owed === 0 && this.#reader.waiting;
  }

  /** Sends a command and returns its reply. `shown` stands in the transcript where the line itself is secret. */
  async command(stage: SmtpStage, line: string, shown: string = line): Promise<SmtpReply> {
    this.#assertInStep(stage);
    // Guarantee: whatever was forgotten above, one call is one command.
    if (NOT_ONE_LINE.test(line)) throw new TypeError("an SMTP command holds CR, LF or NUL");
    this.transcript.sent(shown);
    this.#socket.write(`${line}\r\n`);
    return this.reply(stage);
  }

  /** The next reply, within the deadline of `stage`. */
  async reply(stage: SmtpStage): Promise<SmtpReply> {
    return this.transcript.read(await this.#nextReply(stage));
  }

  /** The error for a refusal; one that leaves the conversation in doubt (421, or an answer that is no refusal) ends it. */
  refusal(stage: SmtpStage, reply: SmtpReply): SmtpError {
    const fault = refusedFault(this.server, stage, reply);
    return reply.code < 400 || reply.code === 421 ? this.fatal(stage, fault) : this.transcript.error(stage, fault);
  }

  /** Destroys the connection for a fault and returns its error. */
  fatal(stage: SmtpStage, fault: Fault): SmtpError {
    this.break(() => fault);
    return this.transcript.error(stage, fault);
  }

  /**
   * Continues over TLS with the socket that `secure` makes of this one, or with this one once its handshake is made.
   *
   * Guarantee: no byte that came before the handshake is read after it (RFC 3207, section 5), and a connection whose
   * handshake failed is destroyed, so nothing is ever sent over it in clear.
   */
  async upgrade(secure: (socket: Socket) => Promise<TLSSocket | Fault>): Promise<void> {
    this.#assertWhole("tls");
    if (this.#reader.waiting) throw this.fatal("tls", outOfStepFault(this.server, "before the TLS handshake"));
    this.#unlisten();
    this.#deadline.set("tls");
    const secured = await secure(this.#socket);
    this.#deadline.clear();
    if (!(secured instanceof TLSSocket)) throw this.fatal("tls", this.#broken?.("tls") ?? secured);
    if (this.#broken !== undefined) secured.destroy();
    // What a socket that was wrapped read before belongs to nobody.
    if (secured !== this.#socket) this.#inlet = undefined;
    this.#socket = secured;
    this.#reader = new ReplyReader();
    this.#encrypted = true;
    this.#listen();
    this.#assertWhole("tls");
  }

  /** Lets `signal` end the connection; returns the way to stop that. */
  follow(signal: AbortSignal | undefined): () => void {
    return onAbort(signal, () => this.break(() => abortedFault(this.server, signal?.reason)));
  }

  /** From now on `driver` gets the replies; without one, `command` and `reply` do. */
  drive(driver: WireDriver | undefined): void {
    this.#driver = driver;
  }

  /** Queues commands that will have `replies` replies; each line ends in CRLF. They leave at the next `flush`. */
  queue(commands: string, replies: number): void {
    this.transcript.sent(commands);
    this.#owedLater += replies;
    this.#out.text(commands);
  }

  /** Queues a part of a message, the last of which will have `replies` replies. */
  queueContent(bytes: Buffer, replies: number): void {
    this.#owedLater += replies;
    this.#out.bytes(bytes);
  }

  /** Hands to the socket what was queued; `onFlushed` is called when it has left. */
  flush(onFlushed?: () => void): void {
    if (this.#broken !== undefined) return;
    // Guarantee: a reply that is there before its command would be taken for the answer to it.
    if (this.interrupted && this.#owedLater > 0) {
      return this.break(() => outOfStepFault(this.server, "ahead of a command"));
    }
    this.#owed += this.#owedLater;
    this.#owedLater = 0;
    this.#out.flushTo(this.#socket, onFlushed);
  }

  /** The step that is waited for from now on, under its own deadline; undefined where nothing is. */
  await(stage: SmtpStage | undefined): void {
    if (stage === undefined || this.#broken !== undefined) this.#deadline.clear();
    else this.#deadline.set(stage);
  }

  /** Rests between messages: the process need not stay for it. */
  rest(): void {
    this.#deadline.stop();
    this.#socket.unref();
  }

  /** Ends `rest`. */
  wake(): void {
    this.#socket.ref();
  }

  /** What broke the connection, as it surfaces at `stage`. */
  faultAt(stage: SmtpStage): Fault {
    return this.#broken?.(stage) ?? lostFault(this.server, stage);
  }

  destroy(): void {
    this.break((stage) => lostFault(this.server, stage));
  }

  /** Destroys the connection; whoever waits gets `fault` for the step it is at. */
  break(fault: (stage: SmtpStage) => Fault): void {
    if (this.#broken !== undefined) return;
    this.#broken = fault;
    this.#deadline.stop();
    this.#socket.destroy();
    this.#waiter?.fail();
    this.#driver?.onBroken();
  }

  /** A reply that is there before its command would be taken for the answer to it. */
  #assertInStep(stage: SmtpStage): void {
    const unasked = this.#reader.take();
    if (unasked?.code === 421) {
      this.transcript.received(unasked);
      throw this.refusal(stage, this.transcript.read(unasked));
    }
    this.#assertWhole(stage);
    if (unasked !== undefined || this.#reader.waiting) {
      throw this.fatal(stage, outOfStepFault(this.server, "ahead of a command"));
    }
  }

  #assertWhole(stage: SmtpStage): void {
    if (this.#broken !== undefined) throw this.transcript.error(stage, this.#broken(stage));
  }

  #nextReply(stage: SmtpStage): Promise<RawReply> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#deadline.clear();
        this.#waiter = undefined;
      };
      const take = (): void => {
        const reply = this.#reader.take();
        if (reply === undefined) return;
        settle();
        this.transcript.received(reply);
        resolve(reply);
      };
      const fail = (): void => {
        if (this.#broken === undefined) return;
        settle();
        reject(this.transcript.error(stage, this.#broken(stage)));
      };
      this.#deadline.set(stage);
      this.#waiter = { take, fail };
      take();
      if (this.#waiter !== undefined) fail();
    });
  }

  #listen(): void {
    this.#inlet?.open(this.#onBytes);
    this.#socket.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onEnd).on("error", this.#onError);
  }

  /** Errors stay heard: one that no listener hears would end the process. */
  #unlisten(): void {
    this.#inlet?.close();
    this.#socket.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onEnd);
    this.#socket.off("error", this.#onError).on("error", ignore);
  }

  readonly #onData = (bytes: Buffer): void => this.#onBytes(bytes, bytes.length);

  readonly #onBytes = (bytes: Buffer, length: number): void => {
    let malformed: NotAReply | undefined;
    try {
      this.#reader.push(bytes, length);
    } catch (error) {
      if (!(error instanceof NotAReply)) throw error;
      malformed = error;
    }
    if (this.#driver === undefined) this.#waiter?.take();
    else this.#deliver(this.#driver);
    if (malformed !== undefined) {
      const fault = notAReplyFault(this.server, malformed, this.transcript.secrets.empty);
      this.break(() => fault);
    }
  };

  #deliver(driver: WireDriver): void {
    while (this.#broken === undefined) {
      const reply = this.#reader.take();
      if (reply === undefined) {
        driver.onRead();
        return this.flush();
      }
      this.transcript.received(reply);
      if (this.#owed === 0) driver.onUnasked(reply);
      else {
        this.#owed -= 1;
        driver.onReply(reply);
      }
    }
  }

  readonly #onEnd = (): void => this.destroy();

  readonly #onError = (error: Error): void => this.break((stage) => lostFault(this.server, stage, error));
}
