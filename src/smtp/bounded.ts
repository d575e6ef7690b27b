/** Waits for work that others do, and that may never end: no longer than a deadline, or than the caller wants it. */
import { onAbort } from "./on-abort.ts";

export type Bounded<T> =
  | { readonly end: "done"; readonly value: T }
  | { readonly end: "late" }
  | { readonly end: "aborted" };

/** What the work came to; rejects where the work does. Work that ends later is forgotten. */
export function bounded<T>(work: Promise<T>, ms: number, signal: AbortSignal | undefined): Promise<Bounded<T>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle({ end: "late" }), ms);
    const settle = (outcome: Bounded<T>): void => {
      clearTimeout(timer);
      unlisten();
      resolve(outcome);
    };
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      unlisten();
      reject(error);
    };
    let unlisten = (): void => {};
    unlisten = onAbort(signal, () => settle({ end: "aborted" }));
    work.then((value) => settle({ end: "done", value }), fail);
  });
}
