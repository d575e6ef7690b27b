/** Reads replies out of bytes: strictly `ddd-` and `ddd `, of bounded size (RFC 5321, section 4.2). */
import { LineReader } from "./line-reader.ts";
import { RawReply } from "./reply.ts";

/** No honest reply is near these. They also bound what may wait unread. */
const MAX_REPLY_BYTES = 64 * 1024;
const MAX_REPLY_LINES = 1000;

const LINE_START = /^[2-5]\d\d(?:[ -]|$)/;
/** What a reply line may look like while it is still incomplete. */
const PARTIAL_START = /^[2-5](?:\d(?:\d[ -]?)?)?\r?$/;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const ZERO = 0x30;

/** Bytes that are not a reply. */
export class NotAReply extends Error {
  /** How the line began, where that tells something; not in the message, as it could echo a secret of ours. */
  readonly start: string;
  constructor(message: string, start = "") {
    super(message);
    this.start = start;
  }

  /** Whether the bytes look like a TLS record: an alert, or a handshake. */
  get looksLikeTls(): boolean {
    // oxlint-disable-next-line no-control-regex
    return /^[\x14-\x17]\x03/.test(this.start);
  }
}

export class ReplyReader {
  readonly #lines = new LineReader();
  /** Those before `#next` were taken: many replies come at once, and moving the rest up for each would cost more. */
  readonly #ready: RawReply[] = [];
  #next = 0;
  /** The lines so far of a reply that has not ended, and their common code. */
  #texts: Buffer[] = [];
  #code = "";
  #textBytes = 0;
  /** Bytes of the reply that has not ended. */
  #unfinished = 0;
  /** Bytes of the replies that nobody has taken. */
  #untaken = 0;

  /** Whether anything has arrived that was not taken, a whole reply or a part of one. */
  get waiting(): boolean {
    return this.#ready.length > 0 || this.#unfinished > 0;
  }

  /** The next whole reply. */
  take(): RawReply | undefined {
    const reply = this.#ready[this.#next];
    this.#next += 1;
    if (this.#next >= this.#ready.length) this.#ready.length = this.#next = this.#untaken = 0;
    return reply;
  }

  /** Takes in bytes; throws `NotAReply` at the first that cannot belong to a reply. */
  push(bytes: Buffer): void {
    const hadReady = this.#ready.length > 0;
    const from = this.#unfinished === 0 ? this.#pushSimple(bytes) : 0;
    if (from < bytes.length) this.#pushLines(bytes.subarray(from));
    if (hadReady) this.#untaken += bytes.length;
    if (Math.max(this.#unfinished, this.#untaken) > MAX_REPLY_BYTES)
      throw new NotAReply("sent a reply of more than 64 KB");
  }

  /** Reads replies of one line, which nearly all are, without copying; returns where the first other one begins. */
  #pushSimple(bytes: Buffer): number {
    let from = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      if (bytes[at] !== LF) continue;
      const code = codeOfLastLine(bytes, from, at);
      if (code === 0) return from;
      this.#ready.push(new RawReply(code, bytes, from + 4, bytes[at - 1] === CR ? at - 1 : at));
      from = at + 1;
    }
    return from;
  }

  #pushLines(bytes: Buffer): void {
    for (const line of this.#lines.push(bytes)) this.#add(line);
    const start = this.#lines.heldStart;
    if (start !== "" && !PARTIAL_START.test(start)) throw notAReply(start);
    this.#unfinished = this.#lines.heldBytes + this.#textBytes;
  }

  #add(line: Buffer): void {
    const start = line.toString("latin1", 0, 4);
    if (!LINE_START.test(start)) throw notAReply(line.toString("latin1", 0, 80));
    const code = start.slice(0, 3);
    if (this.#texts.length > 0 && code !== this.#code) {
      throw new NotAReply(`sent a reply whose lines have two codes, ${this.#code} and ${code}`);
    }
    this.#code = code;
    this.#texts.push(line.subarray(4));
    this.#textBytes += line.length + 2;
    if (this.#texts.length > MAX_REPLY_LINES) throw new NotAReply("sent a reply of more than 1,000 lines");
    if (start[3] === "-") return;
    this.#ready.push(RawReply.ofLines(Number(code), this.#texts));
    this.#texts = [];
    this.#textBytes = 0;
  }
}

/** The code of a line `ddd text`, or 0 where it is another kind of line. */
function codeOfLastLine(bytes: Buffer, from: number, end: number): number {
  if (end - from < 4 || bytes[from + 3] !== SPACE) return 0;
  const hundreds = (bytes[from] ?? 0) - ZERO;
  const tens = (bytes[from + 1] ?? 0) - ZERO;
  const units = (bytes[from + 2] ?? 0) - ZERO;
  const isCode = hundreds >= 2 && hundreds <= 5 && tens >= 0 && tens <= 9 && units >= 0 && units <= 9;
  return isCode ? hundreds * 100 + tens * 10 + units : 0;
}

function notAReply(start: string): NotAReply {
  return new NotAReply("sent something that does not begin with a three-digit code", start);
}
