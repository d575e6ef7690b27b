/** Where a socket puts what it reads: one place for all of it, so that a reply costs no memory of its own. */
import { Buffer } from "node:buffer";
import type { OnReadOpts } from "node:net";

/** Replies are short: what does not fit comes as the next piece. */
const PLACE_BYTES = 16 * 1024;

/** Takes the first `length` bytes, which are overwritten afterwards. */
export type Take = (bytes: Buffer, length: number) => void;

export class Inlet {
  readonly #place = Buffer.allocUnsafeSlow(PLACE_BYTES);
  #take: Take | undefined;
  /** What came before anyone took it. */
  #early: Buffer[] = [];

  /** For the option of that name of a socket; only a socket that has it reads into here. */
  readonly onread: OnReadOpts = {
    buffer: this.#place,
    callback: (length) => {
      if (this.#take === undefined) this.#early.push(Buffer.from(this.#place.subarray(0, length)));
      else this.#take(this.#place, length);
      return true;
    },
  };

  /** From now on `take` gets what comes. */
  open(take: Take): void {
    this.#take = take;
    for (const bytes of this.#early.splice(0)) take(bytes, bytes.length);
  }

  /** Nobody takes it any more. */
  close(): void {
    this.#take = undefined;
  }
}
