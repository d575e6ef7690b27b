/** One message on its way through a pool: what is to be sent, and the promise that it will be answered for. */
import { isAscii } from "node:buffer";
import { CutOff } from "../base/index.ts";
import type { Envelope } from "./envelope.ts";
import type { SmtpMode } from "./pipeline/mode.ts";
import type { SmtpReceipt } from "./receipt.ts";

/** A refusal that may have been meant for the mode and not for the message; it is asked about once more, slower. */
export interface Suspicion {
  readonly mode: SmtpMode;
  readonly code: number;
}

/** What waits for a connection. */
export interface Errand {
  readonly signal: AbortSignal | CutOff | undefined;
  readonly isSettled: boolean;
  /** Goes before those that are not. */
  readonly isUrgent: boolean;
  /** Whether only a connection that is opened for it will do. */
  readonly needsFresh: boolean;
  /** Kept by the queue it waits in. */
  isWaiting: boolean;
  /** Called once it is answered for. */
  onSettled: (() => void) | undefined;
  fail(error: Error): void;
}

/** For those who take an AbortSignal and nothing else. */
export function signalOf({ signal }: Errand): AbortSignal | undefined {
  return signal instanceof CutOff ? signal.signal : signal;
}

/** Who is told what became of a message; exactly one of the two is called, once. */
export interface Answer {
  accept(receipt: SmtpReceipt): void;
  fail(error: Error): void;
}

/** However unlucky its connections are, a message is not passed on more often than this. */
const MAX_RETURNS = 100;

/** What is to be sent, looked through. */
export interface JobMessage {
  readonly envelope: Envelope;
  readonly bytes: Buffer;
  readonly hasDots: boolean;
  readonly signal: AbortSignal | CutOff | undefined;
  readonly isUrgent: boolean;
}

export class Job implements Errand {
  readonly envelope: Envelope;
  readonly bytes: Buffer;
  readonly isAscii: boolean;
  /** Whether a line of the content may begin with a dot. */
  readonly hasDots: boolean;
  readonly signal: AbortSignal | CutOff | undefined;
  readonly isUrgent: boolean;
  readonly #answer: Answer;
  #isSettled = false;
  isWaiting = false;
  onSettled: (() => void) | undefined;
  /** A connection that had been kept failed it: the next one must be new. */
  needsFresh = false;
  suspicion: Suspicion | undefined;
  #returns = 0;

  constructor(message: JobMessage, answer: Answer) {
    this.envelope = message.envelope;
    this.bytes = message.bytes;
    this.isAscii = isAscii(message.bytes);
    this.hasDots = message.hasDots;
    this.signal = message.signal;
    this.isUrgent = message.isUrgent;
    this.#answer = answer;
  }

  /** Whether it was answered for: from then on nothing that happens to it is told to anyone. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Counts that the message is to be sent once more by another way; returns false where it was too often. */
  mayReturn(): boolean {
    this.#returns += 1;
    return this.#returns <= MAX_RETURNS;
  }

  accept(receipt: SmtpReceipt): void {
    if (this.#settle()) this.#answer.accept(receipt);
  }

  fail(error: Error): void {
    if (this.#settle()) this.#answer.fail(error);
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.onSettled?.();
    return true;
  }
}

/** Somebody who only wants to see that a connection can be opened. */
export class Visit implements Errand {
  readonly signal: AbortSignal | undefined;
  readonly isUrgent = false;
  readonly needsFresh = true;
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;
  isSettled = false;
  isWaiting = false;
  onSettled: (() => void) | undefined;

  constructor(signal: AbortSignal | undefined, resolve: () => void, reject: (error: Error) => void) {
    this.signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  arrive(): void {
    this.#settle(this.#resolve);
  }

  fail(error: Error): void {
    this.#settle(() => this.#reject(error));
  }

  #settle(answer: () => void): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.onSettled?.();
    answer();
  }
}
