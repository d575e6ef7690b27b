/** Stops opening connections for a while where a server turns them away again and again (421). */
import { backoffMs, type Clock } from "../base/index.ts";
import { SmtpError } from "./errors.ts";
import { formatReply } from "./reply.ts";

/** So many in a row may be chance. */
const PATIENCE = 3;
/** The first pause; each try after one that is turned away doubles it. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/** What may be done now: open a connection, wait for the one that is being opened, or neither. */
export type OpeningLeave = "go" | "wait" | "paused";

export class BusyGuard {
  readonly #clock: Clock;
  #turnedAway = 0;
  #pausedUntil = 0;
  #underWay = 0;
  #last: SmtpError | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** After a pause one connection is tried, and the others wait for what becomes of it. */
  ask(): OpeningLeave {
    if (this.#turnedAway < PATIENCE) return "go";
    if (this.#clock.now() < this.#pausedUntil) return "paused";
    return this.#underWay > 0 ? "wait" : "go";
  }

  begin(): void {
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
  }

  /** Whether that is why a connection could not be opened, or was closed before it carried a message. */
  isFor(error: unknown): error is SmtpError {
    return error instanceof SmtpError && error.reply?.code === 421;
  }

  /** A connection was turned away; returns whether a pause begins. */
  count(error: SmtpError): boolean {
    // Those that were on their way before the pause say nothing new.
    if (this.ask() === "paused") return false;
    this.#last = error;
    this.#turnedAway += 1;
    if (this.#turnedAway < PATIENCE) return false;
    const times = this.#turnedAway - PATIENCE + 1;
    const limits = { baseMs: FIRST_PAUSE_MS, capMs: LONGEST_PAUSE_MS, jitter: 0 };
    this.#pausedUntil = this.#clock.now() + backoffMs(times, limits);
    return true;
  }

  /** A connection that was opened since has carried a message. */
  forgive(): void {
    this.#turnedAway = 0;
  }

  /** What a message is told while no connection is opened. */
  pausedError(server: string): SmtpError {
    const last = this.#last;
    const words = last?.reply === undefined ? "" : formatReply(last.reply);
    const until = new Date(this.#pausedUntil).toISOString();
    const message =
      `${server} has turned away ${this.#turnedAway} connections in a row, the last with "${words}"; no more are opened before ${until}. ` +
      `Send again then; where others use the same account or address, lower maxConnections.`;
    const retryAfterSeconds = Math.max(1, Math.ceil((this.#pausedUntil - this.#clock.now()) / 1000));
    const diagnosis = last && { ...last.diagnosis, retryAfterSeconds };
    const stage = last?.stage ?? "greeting";
    return new SmtpError("WX_SMTP_REFUSED", message, { stage, server, retryable: true, reply: last?.reply, diagnosis });
  }
}
