/** What was learned of a server: how full a wire it bears. One pool's connections share it. */
import { modes, slowerOf, type SmtpMode, stepBelow } from "./mode.ts";

export class TrackRecord {
  #limit: SmtpMode;
  /** Messages taken in each mode since a connection was last lost in it. */
  readonly #taken = new Map<SmtpMode, number>();

  /** Nothing faster than `limit` is ever used. */
  constructor(limit: SmtpMode) {
    this.#limit = limit;
  }

  /** The fastest mode that may be used with this server. */
  get limit(): SmtpMode {
    return this.#limit;
  }

  /** Whether the server has taken a message in this mode, and lost none since. */
  isProven(mode: SmtpMode): boolean {
    return (this.#taken.get(mode) ?? 0) > 0;
  }

  /** A message was taken in this mode. */
  recordTaken(mode: SmtpMode): void {
    this.#taken.set(mode, (this.#taken.get(mode) ?? 0) + 1);
  }

  /**
   * A connection was lost in this mode. Networks lose connections too: only where the mode has not proven itself since
   * the last loss is it given up. Returns whether it was.
   */
  recordLoss(mode: SmtpMode): boolean {
    const wasProven = this.isProven(mode);
    this.#taken.set(mode, 0);
    return !wasProven && this.stepDown(mode);
  }

  /** Gives a mode up for a slower one; returns whether that changed anything. */
  stepDown(mode: SmtpMode): boolean {
    const slower = slowerOf(this.#limit, stepBelow(mode));
    if (slower === this.#limit) return false;
    this.#limit = slower;
    return true;
  }

  /** Takes `stepDown` back: a slower mode met the same refusal, so the mode was not to blame. */
  restore(mode: SmtpMode): void {
    if (modes.indexOf(mode) > modes.indexOf(this.#limit)) this.#limit = mode;
  }
}
