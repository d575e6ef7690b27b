/** Cuts the bytes that a server sends into lines, however they were split on the way. */

const LF = "\n";
const CR = "\r";

/** Reads text that has one character a byte. */
export class LineReader {
  /** The pieces of a line that has not ended; joined once, when it ends. */
  #pieces: string[] = [];
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
  *push(bytes: string): Generator<string> {
    let from = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
      yield this.#finish(bytes.slice(from, end));
      from = end + 1;
    }
    if (from < bytes.length) this.#hold(bytes.slice(from));
  }

  #hold(piece: string): void {
    this.#pieces.push(piece);
    if (this.#start.length < 4) this.#start += piece.slice(0, 4 - this.#start.length);
    this.#heldBytes += piece.length;
  }

  #finish(tail: string): string {
    let line = tail;
    if (this.#pieces.length > 0) {
      line = [...this.#pieces, tail].join("");
      this.#pieces = [];
      this.#heldBytes = 0;
      this.#start = "";
    }
    return line.endsWith(CR) ? line.slice(0, -1) : line;
  }
}
