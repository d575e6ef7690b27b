/** Sends a stream of messages of any length, with as many on the way as fill the connections and no more in memory. */
import type { Envelope } from "./envelope.ts";
import type { SmtpError } from "./errors.ts";
import { onAbort } from "./on-abort.ts";
import type { SmtpReceipt } from "./receipt.ts";

/** A message to send. */
export interface SmtpMessage {
  readonly envelope: Envelope;
  /** The whole message, with CRLF line ends. */
  readonly bytes: Uint8Array;
}

/** What became of one message of `sendMany`: one of `receipt` and `error`. */
export interface SmtpResult {
  /** The message's place among those given, from 0. */
  readonly index: number;
  readonly receipt?: SmtpReceipt;
  readonly error?: SmtpError;
}

type Send = (message: SmtpMessage) => Promise<SmtpReceipt>;
type Source = Iterator<SmtpMessage> | AsyncIterator<SmtpMessage>;

/**
 * Sends each message that `source` gives and yields the results as they come in. Takes from the source only as fast as
 * results are taken from here, with at most `concurrency` messages on the way or waiting to be taken.
 */
export async function* sendMany(
  source: AsyncIterable<SmtpMessage> | Iterable<SmtpMessage>,
  send: Send,
  { concurrency, signal }: { concurrency: number; signal: AbortSignal | undefined },
): AsyncGenerator<SmtpResult, void, undefined> {
  const messages: Source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const stream = new Stream(messages, send, concurrency);
  const unlisten = onAbort(signal, () => stream.stop());
  try {
    for (let result = await stream.next(); result !== undefined; result = await stream.next()) yield result;
  } finally {
    unlisten();
    stream.stop();
    await messages.return?.();
  }
}

class Stream {
  readonly #source: Source;
  readonly #send: Send;
  readonly #concurrency: number;
  /** Results that nobody has taken. */
  #results: SmtpResult[] = [];
  #onWay = 0;
  #given = 0;
  #isAsking = false;
  #isExhausted = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(source: Source, send: Send, concurrency: number) {
    this.#source = source;
    this.#send = send;
    this.#concurrency = concurrency;
  }

  /** The next result, or undefined after the last. Rejects with what the source throws, once all on the way is told. */
  async next(): Promise<SmtpResult | undefined> {
    for (;;) {
      void this.#fill();
      const result = this.#results.shift();
      if (result !== undefined) return result;
      if (this.#isExhausted && this.#onWay === 0) {
        if (this.#failure !== undefined) throw this.#failure.error;
        return undefined;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Takes nothing more from the source. */
  stop(): void {
    this.#isExhausted = true;
    this.#wake?.();
  }

  /** Asks the source for as many messages as there is room for, one at a time. */
  async #fill(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      while (!this.#isExhausted && this.#onWay + this.#results.length < this.#concurrency) {
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
    this.#send(message).then(
      (receipt) => this.#end({ index, receipt }),
      (error: SmtpError) => this.#end({ index, error }),
    );
  }

  #end(result: SmtpResult): void {
    this.#onWay -= 1;
    this.#results.push(result);
    this.#wake?.();
  }
}
