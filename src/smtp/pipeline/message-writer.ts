/** Puts messages onto the wire: commands one by one or in groups, and content in pieces that leave within their time. */
import type { Capabilities } from "../capabilities.ts";
import { dataBlocks, rawBlocks, stuffed, terminatorOf } from "../content.ts";
import type { Job } from "../job.ts";
import type { Wire } from "../wire.ts";
import { bdatCommand, mailCommand, probeCommand, probeLength, rcptCommand } from "./commands.ts";
import type { Transaction } from "./transaction.ts";

/** The content of a message that is too long to leave at once. */
interface LongContent {
  readonly transaction: Transaction;
  readonly blocks: Iterator<Buffer, unknown, void>;
  next: Buffer;
  readonly end: Buffer;
  /** How many replies its end will have. */
  readonly replies: number;
}

const EMPTY: Buffer = Buffer.alloc(0);
const EMPTY_CONTENT = Buffer.from(".\r\n");
/** Content up to this size leaves in one piece with what stands around it. */
const SHORT_BYTES = 64 * 1024;

export class MessageWriter {
  readonly #wire: Wire;
  readonly #capabilities: Capabilities;
  readonly #onLongEnd: () => void;
  #long: LongContent | undefined;

  /** @param onLongEnd Called when the end of a long content is queued; what it queues leaves in the same piece. */
  constructor(wire: Wire, capabilities: Capabilities, onLongEnd: () => void) {
    this.#wire = wire;
    this.#capabilities = capabilities;
    this.#onLongEnd = onLongEnd;
  }

  /** Whether a long content is on its way out, so that nothing else may be queued. */
  get isBusy(): boolean {
    return this.#long !== undefined;
  }

  /** The next command of a message in mode "one". */
  queueStep({ job, step, recipient = "" }: Transaction): void {
    switch (step) {
      case "rset":
        return this.#wire.queue("RSET\r\n", 1);
      case "mail":
        return this.#wire.queue(this.#mailOf(job), 1);
      case "rcpt":
        return this.#wire.queue(rcptCommand(this.#capabilities, recipient, job.envelope.dsn), 1);
      default:
        return this.#wire.queue("DATA\r\n", 1);
    }
  }

  /** All commands of a message in one piece, with the content itself where BDAT carries it. */
  queueGroup(transaction: Transaction): void {
    const { job, mode, recipients, probes, resets } = transaction;
    let commands = (resets ? "RSET\r\n" : "") + this.#mailOf(job);
    for (const address of recipients) commands += rcptCommand(this.#capabilities, address, job.envelope.dsn);
    if (mode !== "chunk") commands += "DATA\r\n";
    else commands += probes ? probeCommand(probeLength(job.bytes)) : bdatCommand(job.bytes.length);
    this.#wire.queue(commands, recipients.length + (resets ? 3 : 2));
    if (mode !== "chunk") return;
    if (probes) this.#wire.queueContent(job.bytes.subarray(0, probeLength(job.bytes)), 0);
    else this.#queueContent(transaction, 0);
  }

  /** The content that the server has asked for. */
  queueDue(transaction: Transaction): void {
    if (transaction.probes) this.#wire.queue(bdatCommand(transaction.remainder.length), 0);
    this.#queueContent(transaction, transaction.finalReplies);
  }

  /** The end of a message without one, as nobody is to get it. */
  queueNothing(transaction: Transaction): void {
    transaction.nothingLeft();
    this.#wire.queueContent(EMPTY_CONTENT, 1);
  }

  #mailOf({ envelope, bytes, isAscii }: Job): string {
    return mailCommand(this.#capabilities, { envelope, size: bytes.length, isAscii });
  }

  /** Queues the content; `replies` is how many its end will have that were not counted yet. */
  #queueContent(transaction: Transaction, replies: number): void {
    const bytes = transaction.remainder;
    const isChunk = transaction.mode === "chunk";
    this.#wire.transcript.sentContent(bytes.length);
    const end = isChunk ? EMPTY : terminatorOf(bytes);
    if (bytes.length > SHORT_BYTES) {
      const blocks = isChunk ? rawBlocks(bytes) : dataBlocks(bytes);
      this.#long = { transaction, blocks, next: EMPTY, end, replies };
      return this.#sendLong();
    }
    this.#wire.queueContent(isChunk || !transaction.job.hasDots ? bytes : stuffed(bytes), 0);
    this.#wire.queueContent(end, replies);
    transaction.contentLeft();
  }

  /** Sends the next block of a long content; the one after it follows when this one has left. */
  #sendLong(): void {
    const long = this.#long;
    // A server that interrupts has refused, and its words are awaited: the end is not sent then.
    if (long === undefined || this.#wire.isBroken || this.#wire.interrupted) return;
    this.#wire.queueContent(long.next, 0);
    const after = long.blocks.next();
    if (after.done === true) return this.#endLong(long);
    long.next = after.value;
    this.#wire.await("content");
    this.#wire.flush(() => this.#sendLong());
  }

  #endLong({ transaction, end, replies }: LongContent): void {
    this.#long = undefined;
    this.#wire.queueContent(end, replies);
    transaction.contentLeft();
    this.#onLongEnd();
    this.#wire.flush();
  }
}
