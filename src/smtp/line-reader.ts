/** Cuts the bytes that a server sends into lines, however they were split on the way. */

const LF = 0x0a;
const CR = 0x0d;

export class LineReader {
  /** The pieces of a line that has not ended; joined once, when it ends. */
  #pieces: Buffer[] = [];
  #heldBytes = 0;
  #start = "";

  /** How many bytes of an unfinished line are held. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The first bytes, at most four, of the unfinished line. */
  get heldStart(): string {
    return this.#start;
  }

  /** Takes in bytes and yields each line they complete, without its CRLF (a lone LF ends a line too). */
  *push(bytes: Buffer): Generator<Buffer> {
    let from = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
      yield this.#finish(bytes.subarray(from, end));
      from = end + 1;
    }
    if (from < bytes.length) this.#hold(bytes.subarray(from));
  }

  #hold(piece: Buffer): void {
    this.#pieces.push(piece);
    if (this.#start.length < 4) this.#start += piece.toString("latin1", 0, 4 - this.#start.length);
    this.#heldBytes += piece.length;
  }

  #finish(tail: Buffer): Buffer {
    let line = tail;
    if (this.#pieces.length > 0) {
      line = Buffer.concat([...this.#pieces, tail]);
      this.#pieces = [];
      this.#heldBytes = 0;
      this.#start = "";
    }
    return line.at(-1) === CR ? line.subarray(0, -1) : line;
  }
}
