/**
 * Puts messages through one open session, as many at once as its mode allows (RFC 2920, RFC 3030), and says of each
 * what became of it.
 *
 * Guarantee: the replies come in the order of the commands, so each one belongs to the message that has waited longest.
 * Where one cannot belong there the connection ends: of the messages on it, those whose last byte had left are unknown,
 * and the others were not sent.
 */
import type { Capabilities } from "../capabilities.ts";
import { abortedFault, outOfStepFault, refusedFault } from "../faults.ts";
import type { Job } from "../job.ts";
import type { SmtpProtocol } from "../options.ts";
import type { SmtpReceipt } from "../receipt.ts";
import { formatReply, type RawReply } from "../reply.ts";
import type { Fault } from "../transcript.ts";
import type { Wire } from "../wire.ts";
import type { WireDriver } from "../wire-driver.ts";
import { probeLength } from "./commands.ts";
import { MessageWriter } from "./message-writer.ts";
import { offeredMode, slowerOf, type SmtpMode } from "./mode.ts";
import type { TrackRecord } from "./track-record.ts";
import { type Course, Transaction } from "./transaction.ts";

/** Whoever gives the pipeline its messages. */
export interface Feeder {
  /** Replies were read: there may be room for more messages, or nothing left to do. What is begun now leaves at once. */
  onProgress(): void;
  /** Messages that were not sent, in their order, to be sent by another way. */
  onReturned(jobs: readonly Job[]): void;
  onSteppedDown(from: SmtpMode): void;
  onBroken(): void;
}

/** What bounds the messages on the way at once. */
export interface FlightLimits {
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
}

export class Pipeline implements WireDriver {
  readonly #wire: Wire;
  readonly #writer: MessageWriter;
  readonly #capabilities: Capabilities;
  readonly #record: TrackRecord;
  readonly #limits: FlightLimits;
  readonly #feeder: Feeder;
  readonly #offered: SmtpMode;
  readonly #answersEach: boolean;
  /** The messages on the way; replies belong to the first. */
  readonly #flight: Transaction[] = [];
  #flightBytes = 0;
  /** Whether the last message was refused, and may have left the server in the middle of a transaction. */
  #needsReset = false;
  /** A message whose content the server has asked for. */
  #due: Transaction | undefined;
  /** Whether a reply came since the deadline was set: a piece of one gains no time. */
  #hasMoved = false;
  /** Whether the server answered the first message on the way with its goodbye. */
  #saidGoodbye = false;
  /** How many messages were begun here. */
  begun = 0;
  /** Whether a message was answered for here, by an acknowledgement or a refusal. */
  hasServed = false;
  /** Whether the connection was kept open without work, so that the server may have given it up unnoticed. */
  hasRested = false;

  constructor(
    session: { wire: Wire; capabilities: Capabilities; protocol: SmtpProtocol },
    shared: { record: TrackRecord; limits: FlightLimits },
    feeder: Feeder,
  ) {
    this.#wire = session.wire;
    this.#capabilities = session.capabilities;
    this.#answersEach = session.protocol === "lmtp";
    this.#record = shared.record;
    this.#limits = shared.limits;
    this.#feeder = feeder;
    this.#offered = offeredMode(session.capabilities);
    this.#writer = new MessageWriter(this.#wire, this.#capabilities, () => {
      this.#wire.await(this.#flight[0]?.stage);
      this.#feeder.onProgress();
    });
    this.#wire.drive(this);
  }

  /** How many messages are on the way. */
  get inFlight(): number {
    return this.#flight.length;
  }

  /** Whether anything is still to be read or written for the messages that were begun. */
  get isBusy(): boolean {
    return this.#flight.length > 0 || this.#writer.isBusy;
  }

  /** Whether another message can be begun now. */
  get hasRoom(): boolean {
    if (!this.#wire.usable || this.#writer.isBusy || this.#due !== undefined) return false;
    const last = this.#flight.at(-1);
    if (last === undefined) return true;
    const mode = this.#mode();
    if (mode === "chunk") return last.mode === "chunk" && last.finalByteLeft && this.#mayAddChunk();
    return mode === "chain" && last.mode !== "chunk" && this.#flight.length === 1 && last.finalByteLeft;
  }

  /** Begins a message; its commands leave with the next `flush` of the wire. */
  begin(job: Job): void {
    const course = this.#courseOfNext(job);
    const transaction = new Transaction(job, course, this.#wire.transcript);
    this.#flight.push(transaction);
    this.#flightBytes += job.bytes.length;
    this.begun += 1;
    if (course.mode === "one") this.#writer.queueStep(transaction);
    else this.#writer.queueGroup(transaction);
    if (this.#flight.length === 1 && !this.#writer.isBusy) this.#wire.await(transaction.stage);
  }

  /** Stops a message that its caller gave up. Others on the same connection are not disturbed. */
  abandon(job: Job): void {
    const transaction = this.#flight.find((each) => each.job === job);
    if (transaction === undefined) return;
    const fault = abortedFault(this.#wire.server, job.signal?.reason);
    if (this.#flight.length === 1) this.#wire.break(() => fault);
    else this.#fail(transaction, fault, transaction.finalByteLeft);
  }

  onReply(reply: RawReply): void {
    this.#hasMoved = true;
    const transaction = this.#flight[0];
    if (transaction === undefined) return this.onUnasked(reply);
    switch (transaction.take(reply)) {
      case "next":
        if (transaction.mode === "one" && transaction.step !== "final") this.#writer.queueStep(transaction);
        return;
      case "content":
      case "nothing":
        this.#due = transaction;
        return;
      case "done":
        return this.#finish(transaction);
      case "closing":
        return this.#close(reply);
      case "unfit":
        return this.#wire.break(() =>
          refusedFault(this.#wire.server, transaction.stage, this.#wire.transcript.read(reply)),
        );
    }
  }

  onUnasked(reply: RawReply): void {
    const transaction = this.#flight[0];
    if (transaction === undefined) return this.#wire.destroy();
    if (reply.code === 421) return this.#close(reply);
    const { server, transcript } = this.#wire;
    if (transaction.step !== "content")
      return this.#wire.break(() => outOfStepFault(server, "that nothing had asked for"));
    // A server that interrupts has refused: the end is not sent then.
    this.#wire.break(() => refusedFault(server, "content", transcript.read(reply)));
  }

  onRead(): void {
    if (this.#wire.interrupted && !this.isBusy) return this.#wire.destroy();
    if (this.#due !== undefined && !this.#wire.interrupted) this.#sendDue(this.#due);
    if (this.#wire.isBroken || !this.#hasMoved) return;
    this.#hasMoved = false;
    if (!this.#writer.isBusy) this.#wire.await(this.#flight[0]?.stage);
    this.#feeder.onProgress();
  }

  onBroken(): void {
    const flight = this.#flight.splice(0);
    const mayRetry = this.#blameMode(flight);
    const returned = flight.filter((transaction, index) => !this.#settleLost(transaction, index === 0, mayRetry));
    this.#feeder.onReturned(returned.map(({ job }) => job));
    this.#feeder.onBroken();
  }

  /**
   * Whether the loss of the connection is put down to the mode, which is given up for it, and the message that met it may
   * be tried again. One that has waited in vain is not: it would wait as long once more where the server is just gone.
   */
  #blameMode(flight: readonly Transaction[]): boolean {
    const blamed = flight.findLast((transaction) => transaction.awaitsGroup);
    const { code } = this.#wire.faultAt("mail");
    if (blamed === undefined || this.#saidGoodbye || code === "WX_SMTP_ABORTED") return false;
    const steppedDown = this.#record.recordLoss(blamed.mode);
    if (steppedDown) this.#feeder.onSteppedDown(blamed.mode);
    return steppedDown && code !== "WX_SMTP_TIMEOUT";
  }

  /** The mode of a message that is begun now. */
  #mode(): SmtpMode {
    return slowerOf(this.#offered, this.#record.limit);
  }

  /** The server has shown that it takes chunks, and there is room for one more on the way. */
  #mayAddChunk(): boolean {
    const { maxInFlight, maxInFlightBytes } = this.#limits;
    return this.#record.isProven("chunk") && this.#flight.length < maxInFlight && this.#flightBytes < maxInFlightBytes;
  }

  #courseOfNext({ bytes }: Job): Course {
    const mode = this.#mode();
    const answersEach = this.#answersEach;
    const probes = mode === "chunk" && !this.#record.isProven("chunk");
    // RSET in each group keeps a refused chunk from spoiling the next; Exim needs it.
    if (mode === "chunk" && (!probes || probeLength(bytes) > 0)) return { mode, resets: true, probes, answersEach };
    const isChained = mode === "chain" && this.#flight.length > 0;
    return {
      mode: mode === "one" || isChained ? mode : "pipe",
      resets: this.#needsReset,
      probes: false,
      answersEach,
    };
  }

  /** What the server has asked for: the content, or its end alone where nobody is to get it. */
  #sendDue(transaction: Transaction): void {
    this.#due = undefined;
    if (transaction.isRefused) return this.#writer.queueNothing(transaction);
    // Its caller has given it up, and there is no way back from here but this.
    if (transaction.job.isSettled) return this.#wire.destroy();
    this.#writer.queueDue(transaction);
  }

  #finish(transaction: Transaction): void {
    this.hasServed = true;
    this.#flight.shift();
    this.#flightBytes -= transaction.job.bytes.length;
    this.#needsReset = transaction.isRefused;
    if (!transaction.isRefused) {
      this.#record.recordTaken(transaction.mode);
      return transaction.job.accept(this.#receiptOf(transaction));
    }
    if (!this.#isForMode(transaction)) this.#refuse(transaction);
    else this.#feeder.onReturned([transaction.job]);
    if (transaction.isUnreadable)
      this.#wire.break(() => outOfStepFault(this.#wire.server, "to a chunk it did not know"));
  }

  /** Whether a refusal is put down to the mode, which is given up for it: the message is tried again in a slower one. */
  #isForMode({ suspectsMode, mode, job, refusal }: Transaction): boolean {
    if (!suspectsMode || refusal === undefined || !job.mayReturn()) return false;
    job.suspicion ??= { mode, code: refusal.reply.code };
    if (this.#record.stepDown(mode)) this.#feeder.onSteppedDown(mode);
    return true;
  }

  #refuse({ job, refusal, rejected }: Transaction): void {
    if (refusal === undefined) return;
    // The slower mode met the same words: they are about the message.
    if (job.suspicion?.code === refusal.reply.code) this.#record.restore(job.suspicion.mode);
    const { server, transcript } = this.#wire;
    job.fail(transcript.error(refusal.stage, refusedFault(server, refusal.stage, refusal.reply), { rejected }));
  }

  /** The server says goodbye in answer to this message: neither it nor those behind it were taken. */
  #close(reply: RawReply): void {
    this.#saidGoodbye = true;
    const { server, transcript } = this.#wire;
    this.#wire.break((stage) => refusedFault(server, stage, transcript.read(reply)));
  }

  /** Answers for a message whose connection is lost; returns false where it is to be sent by another way. */
  #settleLost(transaction: Transaction, isFirst: boolean, mayRetry: boolean): boolean {
    const { job } = transaction;
    if (job.isSettled) return true;
    if (transaction.isRefused) {
      if (this.#isForMode(transaction)) return false;
      this.#refuse(transaction);
      return true;
    }
    const mayBeTaken = transaction.finalByteLeft && (!this.#saidGoodbye || transaction.isTakenInPart);
    if (!mayBeTaken && this.#mayReturn(transaction, isFirst, mayRetry)) return false;
    this.#fail(transaction, this.#wire.faultAt(transaction.stage), mayBeTaken);
    return true;
  }

  /** Whether a message that was not sent goes another way, rather than back to its caller. */
  #mayReturn({ job, isUntouched }: Transaction, isFirst: boolean, mayRetry: boolean): boolean {
    if (job.signal?.aborted === true || !job.mayReturn()) return false;
    if (!isFirst || mayRetry) return true;
    // A kept connection may have died unnoticed; one that was opened for the message has not.
    if (job.needsFresh) return false;
    job.needsFresh = isUntouched && (this.hasRested || this.begun > 1);
    return job.needsFresh;
  }

  #fail({ job, stage, rejected }: Transaction, fault: Fault, mayBeTaken: boolean): void {
    const outcome = mayBeTaken ? "unknown" : "not-sent";
    job.fail(this.#wire.transcript.error(stage, fault, { rejected, outcome }));
  }

  #receiptOf({ accepted, rejected, acknowledgement }: Transaction): SmtpReceipt {
    const { server } = this.#wire;
    if (acknowledgement === undefined) throw new TypeError("a message was taken without an acknowledgement");
    return { server, accepted, rejected, response: formatReply(acknowledgement), reply: acknowledgement };
  }
}
