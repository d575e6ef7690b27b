/** Listens to an AbortSignal that thousands may share, by one listener of it, so that Node.js sees no leak. */
import { CutOff } from "../base/index.ts";

interface Listening {
  readonly callbacks: Set<() => void>;
  readonly stop: () => void;
}

const listening = new WeakMap<AbortSignal, Listening>();

function listenTo(signal: AbortSignal): Listening {
  const callbacks = new Set<() => void>();
  const callAll = (): void => {
    for (const callback of callbacks) callback();
  };
  signal.addEventListener("abort", callAll, { once: true });
  const stop = (): void => {
    signal.removeEventListener("abort", callAll);
    listening.delete(signal);
  };
  const found = { callbacks, stop };
  listening.set(signal, found);
  return found;
}

/** Calls `callback` when `signal` aborts, at once where it has; returns the way to stop listening. */
export function onAbort(signal: AbortSignal | CutOff | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal instanceof CutOff) return signal.onAbort(callback);
  if (signal.aborted) {
    callback();
    return () => {};
  }
  // Its own function, so that the same callback may be given twice.
  const call = (): void => callback();
  const { callbacks, stop } = listening.get(signal) ?? listenTo(signal);
  callbacks.add(call);
  return () => {
    callbacks.delete(call);
    if (callbacks.size === 0) stop();
  };
}
