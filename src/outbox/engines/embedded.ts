/** The engine in the box: the outbox' own table says what is due, and a call in the same process is the wake-up. */
import { type Clock, describeError, type Logger, silentLogger, systemClock } from "../../base/index.ts";
import type { Engine, Heart } from "../engine.ts";

/** Spares the making of an error that nobody sees. */
const WOKEN = "woken";

/** How the embedded engine waits. */
export interface EmbeddedEngineOptions {
  clock?: Clock | undefined;
  logger?: Logger | undefined;
  /** The time of the database, where it is not the clock's. */
  now?: (() => number) | undefined;
  /** How long to sleep at the most before looking for what another process has inserted, in milliseconds. Default 1 s. */
  pollMs?: number | undefined;
}

/**
 * An engine on the outbox' own table. Any number of processes may run one on the same database.
 *
 * @example
 * const outbox = createOutbox({ database, mailer, engine: embeddedEngine({ pollMs: 200 }) });
 */
export function embeddedEngine(options: EmbeddedEngineOptions = {}): Engine {
  const { clock = systemClock, logger = silentLogger, pollMs = 1_000 } = options;
  const now = options.now ?? clock.now;
  const stopping = new AbortController();
  let awake = new AbortController();
  let loop: Promise<void> | undefined;

  async function rest(until: number | undefined): Promise<void> {
    const wait = until === undefined ? pollMs : Math.min(pollMs, Math.max(0, until - now()));
    if (wait > 0) await clock.sleep(wait, awake.signal);
  }

  /** Goes on whatever happens: a database that fails for a while must not end the worker. */
  async function supervise(heart: Heart): Promise<void> {
    while (!stopping.signal.aborted) {
      awake = new AbortController(); // one for each rest: a signal that lives long keeps what once listened to it
      try {
        await rest(await heart.pull());
      } catch (error) {
        logger.log("error", "outbox.worker-failed", { error: describeError(error) });
        await clock.sleep(pollMs, stopping.signal);
      }
    }
  }

  return {
    direct: true,
    // The claim that follows waits for the transaction in hand to end: on SQLite both use the one connection.
    add: async () => awake.abort(WOKEN),
    wake: () => awake.abort(WOKEN),
    work: (heart) => {
      loop ??= supervise(heart);
    },
    stop: async () => {
      stopping.abort();
      awake.abort(WOKEN);
      await loop;
    },
  };
}
