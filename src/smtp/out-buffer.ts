/** Gathers what is to be written, so that many small commands and messages leave in one piece. */
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";

/** Small pieces are copied side by side into slabs of this size. */
const SLAB_BYTES = 128 * 1024;
/** From here on a piece is handed over as it is: copying it would cost more than it saves. */
const LARGE_BYTES = 16 * 1024;

export class OutBuffer {
  #slab: Buffer = Buffer.alloc(0);
  #from = 0;
  #end = 0;
  /** Pieces that stand before what the slab holds. */
  #pieces: Buffer[] = [];
  /** A socket that had not yet let go of what it was given. */
  #holder: Socket | undefined;

  /** Adds text, which leaves as UTF-8. */
  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#end += this.#slab.write(text, this.#end, "utf8");
  }

  bytes(bytes: Buffer): void {
    if (bytes.length >= LARGE_BYTES) {
      this.#cut();
      this.#pieces.push(bytes);
      return;
    }
    this.#reserve(bytes.length);
    this.#slab.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Writes everything at once; `onFlushed` is called when it has left. */
  flushTo(socket: Socket, onFlushed?: () => void): void {
    this.#cut();
    const pieces = this.#pieces;
    const last = pieces.pop();
    if (last === undefined) {
      if (onFlushed !== undefined) process.nextTick(onFlushed);
      return;
    }
    this.#pieces = [];
    if (pieces.length > 0) socket.cork();
    for (const piece of pieces) socket.write(piece);
    if (onFlushed === undefined) socket.write(last);
    else socket.write(last, (error) => void (error ?? onFlushed()));
    if (pieces.length > 0) socket.uncork();
    this.#holder = socket;
    this.#startOver();
  }

  /** What has left the process needs its place no longer: the next writes find it free, and still in the cache. */
  #startOver(): void {
    if (this.#holder === undefined || this.#holder.writableLength > 0) return;
    this.#holder = undefined;
    if (this.#end === this.#from && this.#pieces.length === 0) this.#from = this.#end = 0;
  }

  #reserve(bytes: number): void {
    if (this.#holder !== undefined) this.#startOver();
    if (this.#slab.length - this.#end >= bytes) return;
    this.#cut();
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
    this.#from = this.#end = 0;
  }

  #cut(): void {
    if (this.#end === this.#from) return;
    this.#pieces.push(this.#slab.subarray(this.#from, this.#end));
    this.#from = this.#end;
  }
}
