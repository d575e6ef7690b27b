/** Brings messages and connections together: who goes where, when a connection is opened, kept, or let go. */
import type { CutOff } from "../base/index.ts";
import { Connection, type ConnectionFeeder, openConnection } from "./connection.ts";
import { ErrandQueue } from "./errand-queue.ts";
import { type Errand, Job, signalOf, type Visit } from "./job.ts";
import { onAbort } from "./on-abort.ts";
import { OpeningGuard } from "./opening-guard.ts";
import type { SmtpSettings } from "./options.ts";
import { slowerOf, type SmtpMode } from "./pipeline/mode.ts";
import { TrackRecord } from "./pipeline/track-record.ts";
import { RateLimit } from "./rate-limit.ts";
import { abortedError, busyError, closedError } from "./refusals.ts";

export class Dispatcher {
  readonly #settings: SmtpSettings;
  readonly #waiting = new ErrandQueue();
  readonly #record: TrackRecord;
  readonly #rate: RateLimit;
  readonly #guard: OpeningGuard;
  readonly #connections = new Set<Connection>();
  /** Connections at rest with the timer that ends each; the one used last is at the end. */
  readonly #idle = new Map<Connection, NodeJS.Timeout>();
  /** Messages on a connection, to find it when one is given up. Only those with a signal. */
  readonly #places = new Map<Errand, Connection>();
  /** Goodbyes under way. */
  readonly #leaving = new Set<Promise<void>>();
  #opening = 0;
  #isScheduled = false;
  #isHeldBack = false;
  #isClosed = false;
  readonly #onDrained: (() => void)[] = [];
  #maxRecipients: number;

  constructor(settings: SmtpSettings) {
    this.#settings = settings;
    this.#maxRecipients = settings.maxRecipients;
    this.#record = new TrackRecord(fullestMode(settings));
    this.#rate = new RateLimit(settings.rates, settings.clock);
    this.#guard = new OpeningGuard(settings);
  }

  /** How many recipients a message may have: the caller's limit, or the server's once that is known. */
  get maxRecipients(): number {
    return this.#maxRecipients;
  }

  /** What is open, at rest and waiting now. */
  get connections(): { open: number; idle: number; waiting: number } {
    const open = this.#connections.size + this.#opening;
    return { open, idle: this.#idle.size, waiting: this.#waiting.size };
  }

  /** Takes a message, or a visit, to be answered for. */
  submit(errand: Errand): void {
    if (errand.signal?.aborted === true) return errand.fail(abortedError(this.#settings, errand.signal));
    if (this.#isClosed) return errand.fail(closedError(this.#settings));
    this.#waiting.add(errand);
    if (this.#waiting.size > this.#settings.maxWaiting) this.#dispatch();
    if (this.#waiting.size > this.#settings.maxWaiting) {
      this.#waiting.forget(errand);
      return errand.fail(busyError(this.#settings));
    }
    if (errand.signal !== undefined) this.#follow(errand, errand.signal);
    this.#schedule();
  }

  /** Lets what runs finish and refuses what waits; resolves when every connection has said goodbye. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#dispatch();
      this.#isClosed = true;
      for (const errand of this.#waiting.drain()) errand.fail(closedError(this.#settings));
    }
    if (!this.#isDrained()) await new Promise<void>((resolve) => this.#onDrained.push(resolve));
    for (const connection of this.#idle.keys()) this.#leave(connection);
    await Promise.all(this.#leaving);
  }

  /** What many sends in one turn have in common is done once, after all of them. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#dispatch);
  }

  readonly #dispatch = (): void => {
    this.#isScheduled = false;
    for (let errand = this.#next(); errand !== undefined; errand = this.#next()) {
      if (!this.#place(errand)) break;
    }
    for (const connection of this.#connections) {
      connection.flush();
      if (!connection.isBusy) this.#keep(connection);
    }
  };

  /** The errand whose turn it is, unless a rate holds it back. */
  #next(): Errand | undefined {
    const errand = this.#waiting.peek();
    if (errand === undefined || this.#isHeldBack) return undefined;
    const waitMs = this.#rate.waitMs();
    if (waitMs === 0) return errand;
    this.#isHeldBack = true;
    void this.#settings.clock.sleep(waitMs).then(() => {
      this.#isHeldBack = false;
      this.#schedule();
    });
    return undefined;
  }

  /** Finds a way for the errand that waits longest; returns false where there is none yet. */
  #place(errand: Errand): boolean {
    const connection = errand.needsFresh ? undefined : this.#choose();
    if (connection !== undefined && errand instanceof Job) {
      this.#take(errand);
      this.#begin(connection, errand);
      return true;
    }
    const leave = this.#guard.ask();
    if (leave === "wait" || !this.#hasPlace(errand)) return false;
    if (leave === "paused" && this.#connections.size > 0 && !errand.needsFresh) return false;
    this.#take(errand);
    if (leave === "paused") errand.fail(this.#guard.pausedError());
    else void this.#open(errand as Job | Visit);
    return true;
  }

  #take(errand: Errand): void {
    this.#waiting.take(errand);
    if (errand instanceof Job) this.#rate.count();
  }

  /** A connection that can take a message now: one at rest, else the one with the fewest on the way. */
  #choose(): Connection | undefined {
    const idle = this.#idle.size === 0 ? undefined : [...this.#idle.keys()].at(-1);
    if (idle !== undefined) {
      this.#wake(idle);
      return idle;
    }
    let chosen: Connection | undefined;
    for (const connection of this.#connections) {
      if (connection.hasRoom && (chosen === undefined || connection.inFlight < chosen.inFlight)) chosen = connection;
    }
    return chosen;
  }

  /**
   * Whether one more connection may be opened. One that is being left counts until the server has said goodbye, since the
   * server counts it too. A message that needs a new one gets the place of one at rest.
   */
  #hasPlace(errand: Errand): boolean {
    const { maxConnections } = this.#settings;
    if (this.#connections.size + this.#opening + this.#leaving.size < maxConnections) return true;
    const [kept] = this.#idle.keys();
    if (errand.needsFresh && kept !== undefined && this.#leaving.size === 0) this.#leave(kept);
    return false;
  }

  async #open(errand: Job | Visit): Promise<void> {
    this.#opening += 1;
    this.#guard.begin();
    const opened = await openConnection(this.#settings, this.#record, signalOf(errand)).catch((error: Error) => error);
    this.#opening -= 1;
    if (opened instanceof Connection) this.#welcome(opened, errand);
    else if (this.#guard.failed(opened) && this.#mayWait(errand)) this.#waiting.putBack([errand]);
    else errand.fail(opened);
    this.#schedule();
    this.#checkDrained();
  }

  /** Whether a message for which the server wants no further connection can leave by one that is open. */
  #mayWait(errand: Job | Visit): boolean {
    if (this.#isClosed || errand.isSettled || errand.needsFresh || this.#connections.size === 0) return false;
    return errand instanceof Job && errand.mayReturn();
  }

  #welcome(connection: Connection, errand: Job | Visit): void {
    this.#log("debug", "smtp.open", { encrypted: connection.encrypted });
    this.#maxRecipients = Math.min(this.#settings.maxRecipients, connection.maxRecipients ?? Infinity);
    this.#connections.add(connection);
    this.#guard.opened(connection);
    connection.feedFrom(this.#feeder);
    if (errand instanceof Job) this.#begin(connection, errand);
    else errand.arrive();
    this.#feed(connection);
    connection.flush();
  }

  #begin(connection: Connection, job: Job): void {
    if (job.signal?.aborted === true) return job.fail(abortedError(this.#settings, job.signal));
    if (job.signal !== undefined) this.#places.set(job, connection);
    try {
      connection.begin(job);
    } catch (error) {
      job.fail(error as Error);
      connection.destroy();
    }
  }

  /** Gives a connection what it has room for, or lets it rest. */
  #feed(connection: Connection): void {
    this.#guard.progressed(connection);
    while (connection.hasRoom) {
      const errand = this.#next();
      if (!(errand instanceof Job) || errand.needsFresh) break;
      this.#take(errand);
      this.#begin(connection, errand);
    }
    if (connection.isBusy) return;
    this.#keep(connection);
    if (this.#waiting.size > 0) this.#schedule();
    this.#checkDrained();
  }

  readonly #feeder: ConnectionFeeder = {
    onProgress: (connection) => this.#feed(connection),
    onReturned: (_, jobs) => {
      for (const job of jobs) this.#places.delete(job);
      if (jobs.length > 0) this.#log("debug", "smtp.sent-back", { messages: jobs.length });
      this.#waiting.putBack(jobs.filter(({ isSettled }) => !isSettled));
      this.#schedule();
    },
    onSteppedDown: (_, from: SmtpMode) => this.#log("warn", "smtp.stepped-down", { from, to: this.#record.limit }),
    onBroken: (connection) => {
      this.#forget(connection);
      this.#guard.lost(connection);
      this.#schedule();
      this.#checkDrained();
    },
  };

  /** Puts a connection to rest if it is good for more, else ends it. */
  #keep(connection: Connection): void {
    if (connection.isBroken) return this.#forget(connection);
    if (!connection.hasRoom) return this.#leave(connection);
    if (this.#idle.has(connection)) return;
    this.#idle.set(connection, setTimeout(() => this.#leave(connection), this.#settings.idleTimeoutMs).unref());
    connection.rest();
  }

  #wake(connection: Connection): void {
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
    connection.wake();
  }

  #forget(connection: Connection): void {
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
    this.#connections.delete(connection);
  }

  /** Says goodbye without anyone waiting for it, except `close`. */
  #leave(connection: Connection): void {
    this.#forget(connection);
    const leaving = connection.quit().finally(() => {
      this.#leaving.delete(leaving);
      this.#schedule();
    });
    this.#leaving.add(leaving);
  }

  #follow(errand: Errand, signal: AbortSignal | CutOff): void {
    const unlisten = onAbort(signal, () => this.#abort(errand));
    errand.onSettled = () => {
      unlisten();
      this.#places.delete(errand);
    };
  }

  /** One whose connection is being opened is not looked for: opening follows the signal itself. */
  #abort(errand: Errand): void {
    if (errand.isWaiting) {
      this.#waiting.forget(errand);
      errand.fail(abortedError(this.#settings, errand.signal));
    } else if (errand instanceof Job) this.#places.get(errand)?.abandon(errand);
  }

  #isDrained(): boolean {
    return this.#opening === 0 && this.#waiting.size === 0 && this.#idle.size === this.#connections.size;
  }

  #checkDrained(): void {
    if (this.#isClosed && this.#isDrained()) for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  #log(level: "debug" | "info" | "warn", event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#settings.logger.log(level, event, { server: this.#settings.server, ...fields });
  }
}

/** LMTP answers each message more than once: the next one waits until all of it is answered. */
function fullestMode({ pipelining, protocol }: SmtpSettings): SmtpMode {
  return protocol === "lmtp" ? slowerOf(pipelining, "pipe") : pipelining;
}
