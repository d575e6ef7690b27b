/** Stops logging in after repeated refusals, before the provider locks the account (QQ, 163 and Yandex do). */
import { type Clock, backoffMs } from "../base/index.ts";
import { codeDiagnoses } from "./diagnosis/code-diagnoses.ts";
import { SmtpError } from "./errors.ts";
import { formatReply } from "./reply.ts";

/** When logging in pauses, and for how long. */
export interface SmtpAuthPause {
  /** After so many refused log-ins in a row. Default 3. */
  readonly after?: number | undefined;
  /** How long the first pause is, in milliseconds. Each refused try after one doubles it. Default 900,000 (15 minutes). */
  readonly firstMs?: number | undefined;
  /** No pause is longer, in milliseconds. Default 14,400,000 (4 hours). */
  readonly maxMs?: number | undefined;
}

/** What may be done now: log in, wait for the log-in that is under way, or neither. */
export type LoginLeave = "go" | "wait" | "paused";

export class LoginGuard {
  readonly #limits: Required<{ [Key in keyof SmtpAuthPause]: number }>;
  readonly #clock: Clock;
  #refusals = 0;
  #firstRefusalAt = 0;
  #pausedUntil = 0;
  /** The server's words at the last refusal. */
  #words = "";
  /** Whether the last log-in succeeded, so that several may be made at once. */
  #isTrusted = false;
  #underWay = 0;

  constructor(limits: Required<{ [Key in keyof SmtpAuthPause]: number }>, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Until one log-in has succeeded, and again after a refusal, only one is made at a time. */
  ask(): LoginLeave {
    if (this.#isTrusted) return "go";
    if (this.#underWay > 0) return "wait";
    return this.#isPaused() ? "paused" : "go";
  }

  begin(): void {
    this.#underWay += 1;
  }

  /** A log-in was made, or failed with `error`; returns whether logging in pauses from now on. */
  end(error?: unknown): boolean {
    this.#underWay -= 1;
    if (error === undefined) {
      this.#refusals = 0;
      this.#isTrusted = true;
      return false;
    }
    // Only the account's own refusal counts: a lost connection or 454 says nothing of the password.
    if (!(error instanceof SmtpError) || error.code !== "WX_SMTP_AUTH" || error.retryable) return false;
    if (error.reply === undefined) return false;
    return this.#countRefusal(formatReply(error.reply));
  }

  /** What a message is told while logging in is paused. */
  pausedError(server: string): SmtpError {
    const since = new Date(this.#firstRefusalAt).toISOString();
    const until = new Date(this.#pausedUntil).toISOString();
    const message =
      `${server} has refused ${this.#refusals} log-ins in a row since ${since}, the last with "${this.#words}"; no more are made before ${until}, ` +
      `as providers lock accounts for that. Check user and password, and make a new pool with the right ones; otherwise one log-in is tried then.`;
    const retryAfterSeconds = Math.max(0, Math.ceil((this.#pausedUntil - this.#clock.now()) / 1000));
    const diagnosis = { ...codeDiagnoses.WX_SMTP_AUTH_PAUSED, retryAfterSeconds };
    return new SmtpError("WX_SMTP_AUTH_PAUSED", message, { stage: "auth", server, retryable: true, diagnosis });
  }

  #isPaused(): boolean {
    return this.#refusals >= this.#limits.after && this.#clock.now() < this.#pausedUntil;
  }

  #countRefusal(words: string): boolean {
    this.#isTrusted = false;
    this.#words = words;
    const now = this.#clock.now();
    if (this.#refusals === 0) this.#firstRefusalAt = now;
    this.#refusals += 1;
    const { after, firstMs, maxMs } = this.#limits;
    if (this.#refusals < after) return false;
    this.#pausedUntil = now + backoffMs(this.#refusals - after + 1, { baseMs: firstMs, capMs: maxMs, jitter: 0 });
    return true;
  }
}
