/** One message's turn on a connection: which reply comes next, what it may be, and what follows from it (RFC 5321, section 3.3). */
import type { SmtpRefusal, SmtpStage } from "../errors.ts";
import type { Job } from "../job.ts";
import type { RawReply, SmtpReply } from "../reply.ts";
import type { Transcript } from "../transcript.ts";
import { probeLength } from "./commands.ts";
import type { SmtpMode } from "./mode.ts";

/** The reply that is expected next; at "content" none is, as the content has not left. */
type Step = "rset" | "mail" | "rcpt" | "data" | "probe" | "content" | "final";

/**
 * What a reply asks for: "next" the following reply (or command), "content" the message, "nothing" the end of a message
 * without one, as nobody is to get it; "done" the end of this turn. "unfit" is a reply that cannot stand there, and
 * "closing" the server's goodbye.
 */
export type Move = "next" | "content" | "nothing" | "done" | "unfit" | "closing";

/** A reply that ends a message's hopes, and the step it answers. */
export interface Refusal {
  readonly stage: SmtpStage;
  readonly reply: SmtpReply;
}

/** How a message's turn begins. */
export interface Course {
  readonly mode: SmtpMode;
  /** Whether RSET comes first. */
  readonly resets: boolean;
  /** Whether the server is asked with a chunk of one header line before the rest of the content follows a BDAT. */
  readonly probes: boolean;
  /** Whether the end of the content is answered once for each recipient that was taken (LMTP). */
  readonly answersEach: boolean;
}

/** What a server says to a command that it does not know, or not there. */
const UNKNOWN_COMMAND = new Set([500, 502]);
const OUT_OF_ORDER = new Set([500, 502, 503]);
const BAD_CHUNK = new Set([500, 501, 502, 503, 504]);

const STAGES: Record<Step, SmtpStage> = {
  rset: "mail",
  mail: "mail",
  rcpt: "rcpt",
  data: "data",
  probe: "data",
  content: "content",
  final: "final",
};

export class Transaction {
  readonly job: Job;
  readonly mode: SmtpMode;
  readonly resets: boolean;
  readonly probes: boolean;
  readonly answersEach: boolean;
  /** Each recipient once. */
  readonly recipients: readonly string[];
  readonly accepted: string[] = [];
  readonly rejected: SmtpRefusal[] = [];
  readonly #transcript: Transcript;
  #step: Step;
  /** How many recipients were answered for. */
  #answered = 0;
  /** How many of the accepted recipients have the message, where each is answered for. */
  #delivered = 0;
  #mailTaken = false;
  #refusal: Refusal | undefined;
  #acknowledgement: SmtpReply | undefined;
  /** Whether the last byte of the message was handed to the socket: from here on it may be taken without our knowing. */
  finalByteLeft = false;

  constructor(job: Job, { mode, resets, probes, answersEach }: Course, transcript: Transcript) {
    const { to } = job.envelope;
    this.job = job;
    this.mode = mode;
    this.resets = resets;
    this.probes = probes;
    this.answersEach = answersEach;
    this.recipients = to.length === 1 ? to : [...new Set(to)];
    this.#transcript = transcript;
    this.#step = resets ? "rset" : "mail";
  }

  get step(): Step {
    return this.#step;
  }

  /** The stage that an error belongs to now. */
  get stage(): SmtpStage {
    return this.finalByteLeft ? "final" : STAGES[this.#step];
  }

  /** The recipient whose RCPT comes next. */
  get recipient(): string | undefined {
    return this.recipients[this.#answered];
  }

  /** Whether nobody will get the message, and that is known. */
  get isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  get acknowledgement(): SmtpReply | undefined {
    return this.#acknowledgement;
  }

  /** Whether the server has taken no part of the message. */
  get isUntouched(): boolean {
    return !this.#mailTaken;
  }

  /** How many replies the end of the content will have. */
  get finalReplies(): number {
    return this.answersEach ? this.accepted.length : 1;
  }

  /** Whether the message was acknowledged for some of its recipients, and others are still to be answered for. */
  get isTakenInPart(): boolean {
    return this.#delivered > 0;
  }

  /** Whether replies to commands that left together are still to come. */
  get awaitsGroup(): boolean {
    if (this.mode === "one" || this.#step === "content") return false;
    return this.#step !== "final" || this.mode === "chunk";
  }

  /** Whether the refusal may be about how the commands came rather than about the message. */
  get suspectsMode(): boolean {
    if (this.mode === "one" || this.#refusal === undefined) return false;
    const { stage, reply } = this.#refusal;
    if (stage === "mail" && this.mode === "chain") return reply.code >= 500;
    const suspicious = this.mode === "chunk" && (stage === "data" || stage === "final") ? BAD_CHUNK : OUT_OF_ORDER;
    return stage === "final" && this.mode !== "chunk" ? false : suspicious.has(reply.code);
  }

  /** What is to be sent of the content when the server has asked for it. */
  get remainder(): Buffer {
    const { bytes } = this.job;
    return this.probes ? bytes.subarray(probeLength(bytes)) : bytes;
  }

  /** Whether the server took content for commands, so that no later reply has a known meaning. */
  get isUnreadable(): boolean {
    const stage = this.#refusal?.stage;
    const isForChunk = stage === "final" || (stage === "data" && this.probes);
    return this.mode === "chunk" && isForChunk && UNKNOWN_COMMAND.has(this.#refusal?.reply.code ?? 0);
  }

  /** The last byte of the content is about to leave; in a chunk it may leave before the first reply has come. */
  contentLeft(): void {
    if (this.#step === "content") this.#step = "final";
    this.finalByteLeft = true;
  }

  /** The end of a message without one is about to leave. */
  nothingLeft(): void {
    this.#step = "final";
  }

  /** Takes the next reply. */
  take(reply: RawReply): Move {
    if (reply.code === 421) return "closing";
    const kind = Math.trunc(reply.code / 100);
    switch (this.#step) {
      case "rset":
        this.#step = "mail";
        return kind === 2 ? "next" : "unfit";
      case "mail":
        return this.#takeMail(reply, kind);
      case "rcpt":
        return this.#takeRcpt(reply, kind);
      case "data":
        return this.#takeData(reply, kind);
      case "probe":
        return this.#takeProbe(reply, kind);
      case "final":
        return this.#takeFinal(reply, kind);
      default:
        return "unfit";
    }
  }

  #takeMail(reply: RawReply, kind: number): Move {
    if (kind === 3) return "unfit";
    this.#mailTaken = kind === 2;
    if (!this.#mailTaken) this.#refuse("mail", reply);
    if (!this.#mailTaken && this.mode === "one") return "done";
    this.#step = "rcpt";
    return "next";
  }

  #takeRcpt(reply: RawReply, kind: number): Move {
    if (kind === 3) return "unfit";
    const address = this.recipient ?? "";
    if (this.#mailTaken && kind === 2) this.accepted.push(address);
    else if (this.#mailTaken) this.#reject("rcpt", address, reply);
    this.#answered += 1;
    if (this.#answered < this.recipients.length) return "next";
    if (this.accepted.length === 0) this.#refuseForAll("rcpt");
    if (this.mode !== "one") this.#step = this.probes ? "probe" : this.mode === "chunk" ? "final" : "data";
    else if (this.accepted.length === 0) return "done";
    else this.#step = "data";
    return "next";
  }

  /** Guarantee: content goes out only after 354; anything else would read it as commands. */
  #takeData(reply: RawReply, kind: number): Move {
    if (reply.code === 354) {
      this.#step = "content";
      if (this.accepted.length > 0) return "content";
      // An LMTP server must refuse here: how often it would answer an empty message, nothing says.
      return this.answersEach ? "unfit" : "nothing";
    }
    if (kind < 4) return "unfit";
    this.#refuse("data", reply);
    return "done";
  }

  #takeProbe(reply: RawReply, kind: number): Move {
    if (kind === 3) return "unfit";
    if (kind !== 2) this.#refuse("data", reply);
    if (this.#refusal !== undefined) return "done";
    this.#step = "content";
    return "content";
  }

  #takeFinal(reply: RawReply, kind: number): Move {
    if (kind === 3) return "unfit";
    if (this.answersEach) return this.#takeFinalOfOne(reply, kind);
    if (kind !== 2) this.#refuse("final", reply);
    if (this.mode === "chunk" && kind === 2 && !this.#mayAcknowledge(reply)) return "unfit";
    if (this.#refusal === undefined) this.#acknowledgement = this.#transcript.read(reply);
    return "done";
  }

  /** One reply for each recipient that was taken, in their order (RFC 2033, section 4.2). */
  #takeFinalOfOne(reply: RawReply, kind: number): Move {
    if (kind === 2) {
      this.#delivered += 1;
      this.#acknowledgement ??= this.#transcript.read(reply);
    } else {
      for (const address of this.accepted.splice(this.#delivered, 1)) {
        this.#reject("final", address, reply);
      }
    }
    if (this.#delivered < this.accepted.length) return "next";
    if (this.accepted.length === 0) this.#refuseForAll("final");
    return "done";
  }

  /** Whether an acknowledgement of a chunk can be one: all its replies are 250, so one too many would shift them. */
  #mayAcknowledge(reply: RawReply): boolean {
    if (!this.finalByteLeft || this.accepted.length === 0) return false;
    // X.1.Z speaks of addresses (RFC 3463, section 3.2): such a reply belongs to MAIL or RCPT.
    return !reply.read().enhancedCode.startsWith("2.1.");
  }

  #refuse(stage: SmtpStage, reply: RawReply): void {
    this.#refusal ??= { stage, reply: this.#transcript.read(reply) };
  }

  #reject(stage: SmtpStage, address: string, reply: RawReply): void {
    this.rejected.push(this.#transcript.recipientRefusal(stage, address, reply));
  }

  /** All were refused: the error speaks for the one that may be taken later, if there is one. */
  #refuseForAll(stage: SmtpStage): void {
    const speaking = this.rejected.find(({ retryable }) => retryable) ?? this.rejected[0];
    if (speaking !== undefined) this.#refusal ??= { stage, reply: speaking.reply };
  }
}
