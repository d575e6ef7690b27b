import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { bounded } from "./bounded.ts";

const never = new Promise<string>(() => {});
const HOUR_MS = 3_600_000;

test("work that ends in time gives its value, or its error", async () => {
  expect(await bounded(Promise.resolve("x"), HOUR_MS, undefined)).toEqual({ end: "done", value: "x" });
  await expect(bounded(Promise.reject(new Error("broken")), HOUR_MS, undefined)).rejects.toThrow("broken");
});

test("work that does not end is left at the deadline, and its later failure troubles nobody", async () => {
  let fail = (_error: Error): void => {};
  const work = new Promise<string>((_resolve, reject) => (fail = reject));
  expect(await bounded(work, 5, undefined)).toEqual({ end: "late" });
  fail(new Error("too late"));
  await new Promise((resolve) => setImmediate(resolve));
});

test("the caller's signal ends the wait, at once where it has aborted, and is not listened to afterwards", async () => {
  const stop = new AbortController();
  const waiting = bounded(never, HOUR_MS, stop.signal);
  stop.abort();
  expect(await waiting).toEqual({ end: "aborted" });
  expect(await bounded(never, HOUR_MS, stop.signal)).toEqual({ end: "aborted" });
  const { signal } = new AbortController();
  await bounded(Promise.resolve("x"), HOUR_MS, signal);
  await bounded(never, 5, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
