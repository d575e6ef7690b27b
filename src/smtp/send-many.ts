/** Sends a stream of messages of any length, with as many on the way as fill the connections and no more in memory. */
import type { Envelope } from "./envelope.ts";
import type { SmtpError } from "./errors.ts";
import type { Answer } from "./job.ts";
import { onAbort } from "./on-abort.ts";
import { optionError } from "./option-check.ts";
import type { SmtpReceipt } from "./receipt.ts";

/** A message to send. */
export interface SmtpMessage {
  readonly envelope: Envelope;
  /** The whole message, with CRLF line ends. */
  readonly bytes: Uint8Array;
}

/** What became of one message of `sendMany`, `index` being its place among those given, from 0. */
export type SmtpResult =
  | { readonly index: number; readonly receipt: SmtpReceipt; readonly error?: never }
  | { readonly index: number; readonly receipt?: never; readonly error: SmtpError };

/** Begins to send a message; the answer is given once, at once where the message cannot be sent. */
type Begin = (message: SmtpMessage, answer: Answer) => void;
type Source = Iterator<SmtpMessage> | AsyncIterator<SmtpMessage>;

/** How many messages are on the way, or waiting to be taken as results. */
export interface StreamLimits {
  readonly most: number;
  /**
   * The source is asked again when there are no more than this. Asking for many in a row is cheaper than for one at a
   * time, as what composes them stays in the processor's cache.
   */
  readonly least: number;
}

/**
 * Sends each message that `source` gives and yields the results as they come in. Takes from the source only as fast as
 * results are taken from here.
 */
export function sendMany(
  source: AsyncIterable<SmtpMessage> | Iterable<SmtpMessage>,
  begin: Begin,
  limits: StreamLimits,
  signal: AbortSignal | undefined,
): AsyncIterable<SmtpResult> {
  return {
    [Symbol.asyncIterator]: () => {
      const messages = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
      const stream = new Stream(messages, begin, limits);
      stream.onEnd = onAbort(signal, () => stream.stop());
      return stream;
    },
  };
}

/** @throws SmtpError WX_SMTP_OPTIONS */
export function requireIterable(source: unknown): void {
  const isObject = typeof source === "object" && source !== null;
  if (isObject && (Symbol.asyncIterator in source || Symbol.iterator in source)) return;
  throw optionError("sendMany takes an iterable of { envelope, bytes }: a list, a generator or an asynchronous one.");
}

/** Written by hand rather than as a generator, which costs three more turns of the promise queue for each message. */
class Stream implements AsyncIterator<SmtpResult, void> {
  readonly #source: Source;
  readonly #beginOne: Begin;
  readonly #limits: StreamLimits;
  /** Results that nobody has taken. */
  #results: SmtpResult[] = [];
  #onWay = 0;
  #given = 0;
  #isAsking = false;
  #isExhausted = false;
  #failure: { readonly error: unknown } | undefined;
  /** Those who wait for a result. */
  #takers: (() => void)[] = [];
  /** Called when no more results will be taken. */
  onEnd: (() => void) | undefined;

  constructor(source: Source, begin: Begin, limits: StreamLimits) {
    this.#source = source;
    this.#beginOne = begin;
    this.#limits = limits;
  }

  get #held(): number {
    return this.#onWay + this.#results.length;
  }

  /** The next result. Rejects with what the source throws, once everything on the way is told. */
  next(): Promise<IteratorResult<SmtpResult, void>> {
    const value = this.#take();
    return value === undefined ? this.#awaitNext() : Promise.resolve({ value, done: false });
  }

  /** A result that is there; those that are taken make room for more messages. */
  #take(): SmtpResult | undefined {
    if (!this.#isAsking && this.#held <= this.#limits.least) void this.#fill();
    return this.#results.shift();
  }

  async #awaitNext(): Promise<IteratorResult<SmtpResult, void>> {
    while (!this.#isExhausted || this.#onWay > 0) {
      await new Promise<void>((resolve) => this.#takers.push(resolve));
      const value = this.#take();
      if (value !== undefined) return { value, done: false };
    }
    return this.#finish();
  }

  /** The taker wants no more. */
  async return(): Promise<IteratorResult<SmtpResult, void>> {
    this.stop();
    this.onEnd?.();
    await this.#source.return?.();
    return { value: undefined, done: true };
  }

  /** Takes nothing more from the source. */
  stop(): void {
    this.#isExhausted = true;
    this.#wake();
  }

  /** Lets the source clean up, and tells what it threw. */
  async #finish(): Promise<IteratorResult<SmtpResult, void>> {
    const failure = this.#failure;
    this.#failure = undefined;
    const end = await this.return();
    if (failure !== undefined) throw failure.error;
    return end;
  }

  /** Asks the source for as many messages as there is room for, one at a time. */
  async #fill(): Promise<void> {
    this.#isAsking = true;
    try {
      while (!this.#isExhausted && this.#held < this.#limits.most) {
        const asked = this.#source.next();
        const { value, done } = asked instanceof Promise ? await asked : (asked as IteratorResult<SmtpMessage>);
        if (done === true) this.stop();
        else if (!this.#isExhausted) this.#begin(value);
      }
    } catch (error) {
      this.#failure = { error };
      this.stop();
    }
    this.#isAsking = false;
  }

  #begin(message: SmtpMessage): void {
    const index = this.#given;
    this.#given += 1;
    this.#onWay += 1;
    const answer: Answer = {
      accept: (receipt) => this.#end({ index, receipt }),
      fail: (error) => this.#end({ index, error: error as SmtpError }),
    };
    try {
      this.#beginOne(message, answer);
    } catch (error) {
      // What is no message at all is not on the way, and would be waited for in vain.
      this.#onWay -= 1;
      throw error;
    }
  }

  #end(result: SmtpResult): void {
    this.#onWay -= 1;
    this.#results.push(result);
    if (this.#takers.length > 0) this.#wake();
  }

  #wake(): void {
    const takers = this.#takers;
    this.#takers = [];
    for (const resolve of takers) resolve();
  }
}
