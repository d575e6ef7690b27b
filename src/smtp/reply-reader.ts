/** Reads replies out of bytes: strictly `ddd-` and `ddd `, of bounded size (RFC 5321, section 4.2). */
import { LineReader } from "./line-reader.ts";
import { RawReply } from "./reply.ts";

/** No honest reply is near these. They also bound what may wait unread. */
const MAX_REPLY_BYTES = 64 * 1024;
const MAX_REPLY_LINES = 1000;

const LINE_START = /^[2-5]\d\d(?:[ -]|$)/;
/** What a reply line may look like while it is still incomplete. */
const PARTIAL_START = /^[2-5](?:\d(?:\d[ -]?)?)?\r?$/;

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
  /** Those from `#next` to `#end` wait to be taken; the places are used again, as shrinking the list costs more. */
  readonly #ready: (RawReply | undefined)[] = [];
  #next = 0;
  #end = 0;
  /** The lines so far of a reply that has not ended, and their common code. */
  #texts: string[] = [];
  #code = "";
  #textBytes = 0;
  /** Bytes of the reply that has not ended. */
  #unfinished = 0;
  /** Bytes of the replies that nobody has taken. */
  #untaken = 0;

  /** Whether anything has arrived that was not taken, a whole reply or a part of one. */
  get waiting(): boolean {
    return this.#end > 0 || this.#unfinished > 0;
  }

  /** The next whole reply. */
  take(): RawReply | undefined {
    if (this.#next === this.#end) return undefined;
    const reply = this.#ready[this.#next];
    this.#ready[this.#next] = undefined;
    this.#next += 1;
    if (this.#next === this.#end) this.#end = this.#next = this.#untaken = 0;
    return reply;
  }

  /** Takes in the first `length` bytes, without keeping them; throws `NotAReply` at the first that cannot belong to a reply. */
  push(bytes: Buffer, length: number = bytes.length): void {
    const hadReady = this.#end > 0;
    // Read once as text with one character a byte: what is cut out of that costs neither a copy nor a call.
    const text = bytes.toString("latin1", 0, length);
    const from = this.#unfinished === 0 ? this.#pushSimple(text) : 0;
    if (from < length) this.#pushLines(text.slice(from));
    if (hadReady) this.#untaken += length;
    if (Math.max(this.#unfinished, this.#untaken) > MAX_REPLY_BYTES)
      throw new NotAReply("sent a reply of more than 64 KB");
  }

  /** Reads replies of one line, which nearly all are, in one go; returns where the first other one begins. */
  #pushSimple(text: string): number {
    let from = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
      const code = codeOfLastLine(text, from, end);
      if (code === 0) return from;
      this.#keep(new RawReply(code, text, from + 4, text.charCodeAt(end - 1) === CR ? end - 1 : end));
      from = end + 1;
    }
    return from;
  }

  #keep(reply: RawReply): void {
    this.#ready[this.#end] = reply;
    this.#end += 1;
  }

  #pushLines(text: string): void {
    for (const line of this.#lines.push(text)) this.#add(line);
    const start = this.#lines.heldStart;
    if (start !== "" && !PARTIAL_START.test(start)) throw notAReply(start);
    this.#unfinished = this.#lines.heldBytes + this.#textBytes;
  }

  #add(line: string): void {
    if (!LINE_START.test(line.slice(0, 4))) throw notAReply(line.slice(0, 80));
    const code = line.slice(0, 3);
    if (this.#texts.length > 0 && code !== this.#code) {
      throw new NotAReply(`sent a reply whose lines have two codes, ${this.#code} and ${code}`);
    }
    this.#code = code;
    this.#texts.push(line.slice(4));
    this.#textBytes += line.length + 2;
    if (this.#texts.length > MAX_REPLY_LINES) throw new NotAReply("sent a reply of more than 1,000 lines");
    if (line[3] === "-") return;
    this.#keep(RawReply.ofLines(Number(code), this.#texts));
    this.#texts = [];
    this.#textBytes = 0;
  }
}

/** The code of a line `ddd text`, or 0 where it is another kind of line. */
function codeOfLastLine(text: string, from: number, end: number): number {
  if (end - from < 4 || text.charCodeAt(from + 3) !== SPACE) return 0;
  const hundreds = text.charCodeAt(from) - ZERO;
  const tens = text.charCodeAt(from + 1) - ZERO;
  const units = text.charCodeAt(from + 2) - ZERO;
  const isCode = hundreds >= 2 && hundreds <= 5 && tens >= 0 && tens <= 9 && units >= 0 && units <= 9;
  return isCode ? hundreds * 100 + tens * 10 + units : 0;
}

function notAReply(start: string): NotAReply {
  return new NotAReply("sent something that does not begin with a three-digit code", start);
}
