import { expect, test } from "vitest";
import { onAbort } from "./on-abort.ts";

test("each listener is called once, except those that left", () => {
  const stop = new AbortController();
  const called: string[] = [];
  onAbort(stop.signal, () => called.push("first"));
  const leave = onAbort(stop.signal, () => called.push("second"));
  onAbort(stop.signal, () => called.push("third"));
  leave();
  stop.abort();
  stop.abort();
  expect(called).toEqual(["first", "third"]);
});

test("one that comes too late is called at once, and no signal is no abort", () => {
  let called = 0;
  onAbort(AbortSignal.abort(), () => (called += 1));
  onAbort(undefined, () => (called += 1))();
  expect(called).toBe(1);
});

test("after all have left, the signal can be listened to anew", () => {
  const stop = new AbortController();
  let called = 0;
  onAbort(stop.signal, () => (called += 1))();
  onAbort(stop.signal, () => (called += 1));
  stop.abort();
  expect(called).toBe(1);
});
