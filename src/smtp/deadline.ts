/** The deadline of the step that a connection waits for; one slow timer looks after all of them in turn. */
import type { SmtpStage } from "./errors.ts";
import { deadlineOf, type SmtpTimeouts, type StepLimit, stepMs } from "./timeouts.ts";

/** The deadline is looked at this often: at least once a second, and often enough for the shortest one. */
const MAX_TICK_MS = 1_000;
const TICKS_PER_DEADLINE = 16;

export class Deadline {
  readonly #timeouts: SmtpTimeouts;
  readonly #onPassed: (stage: SmtpStage, limit: StepLimit) => void;
  readonly #tickMs: number;
  #ticker: NodeJS.Timeout | undefined;
  #stage: SmtpStage = "connect";
  /** By the monotonic clock; undefined until the timer has seen the step, as most are over before that. */
  #at: number | undefined = Infinity;

  constructor(timeouts: SmtpTimeouts, onPassed: (stage: SmtpStage, limit: StepLimit) => void) {
    this.#timeouts = timeouts;
    this.#onPassed = onPassed;
    const shortest = Math.min(stepMs("quit", timeouts), ...Object.values(timeouts));
    this.#tickMs = Math.min(MAX_TICK_MS, Math.max(1, Math.floor(shortest / TICKS_PER_DEADLINE)));
  }

  /** Starts the time of `stage`, in place of the one before. */
  set(stage: SmtpStage): void {
    this.#stage = stage;
    this.#at = undefined;
    this.#ticker ??= setInterval(() => this.#look(), this.#tickMs);
  }

  /** Nothing is waited for. */
  clear(): void {
    this.#at = Infinity;
  }

  /** Ends the timer as well, until the next `set`. */
  stop(): void {
    this.clear();
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  #look(): void {
    const now = performance.now();
    const stage = this.#stage;
    this.#at ??= now + stepMs(stage, this.#timeouts);
    if (now < this.#at) return;
    this.stop();
    this.#onPassed(stage, deadlineOf(stage, this.#timeouts));
  }
}
