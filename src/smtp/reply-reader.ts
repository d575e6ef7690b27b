/** Reads replies out of bytes: strictly `ddd-` and `ddd `, of bounded size (RFC 5321, section 4.2). */
import { LineReader } from "./line-reader.ts";
import { makeReply, type SmtpReply } from "./reply.ts";

/** No honest reply is near these. They also bound what may wait unread. */
const MAX_REPLY_BYTES = 64 * 1024;
const MAX_REPLY_LINES = 1000;

const LINE_START = /^[2-5]\d\d(?:[ -]|$)/;
/** What a reply line may look like while it is still incomplete. */
const PARTIAL_START = /^[2-5](?:\d(?:\d[ -]?)?)?\r?$/;

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
  readonly #ready: SmtpReply[] = [];
  /** The lines so far of a reply that has not ended, and their common code. */
  #texts: Buffer[] = [];
  #code = "";
  /** Bytes taken in since the last reply was handed out. */
  #unread = 0;

  /** Whether anything has arrived that was not taken, a whole reply or a part of one. */
  get waiting(): boolean {
    return this.#ready.length > 0 || this.#texts.length > 0 || this.#lines.heldBytes > 0;
  }

  /** The first whole reply that waits, left in its place. */
  peek(): SmtpReply | undefined {
    return this.#ready[0];
  }

  /** The next whole reply. */
  take(): SmtpReply | undefined {
    const reply = this.#ready.shift();
    if (reply !== undefined && this.#ready.length === 0) this.#unread = this.#lines.heldBytes;
    return reply;
  }

  /** Takes in bytes; throws `NotAReply` at the first that cannot belong to a reply. */
  push(bytes: Buffer): void {
    for (const line of this.#lines.push(bytes)) this.#add(line);
    this.#unread += bytes.length;
    if (this.#unread > MAX_REPLY_BYTES) throw new NotAReply("sent a reply of more than 64 KB");
    const start = this.#lines.heldStart().toString("latin1");
    if (start !== "" && !PARTIAL_START.test(start)) throw notAReply(start);
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
    if (this.#texts.length > MAX_REPLY_LINES) throw new NotAReply("sent a reply of more than 1,000 lines");
    if (start[3] === "-") return;
    this.#ready.push(makeReply(Number(code), this.#texts));
    this.#texts = [];
  }
}

function notAReply(start: string): NotAReply {
  return new NotAReply("sent something that does not begin with a three-digit code", start);
}
