import { expect, test, vi } from "vitest";
import { CutOff } from "./cut-off.ts";

test("whoever listens is told once, whoever stopped listening is not", () => {
  const cutOff = new CutOff();
  const [told, silent] = [vi.fn<() => void>(), vi.fn<() => void>()];
  cutOff.onAbort(told);
  cutOff.onAbort(told);
  cutOff.onAbort(silent)();
  expect(cutOff.aborted).toBe(false);
  expect(cutOff.reason).toBeUndefined();
  cutOff.abort();
  cutOff.abort();
  expect(cutOff.aborted).toBe(true);
  expect(told).toHaveBeenCalledTimes(2);
  expect(silent).not.toHaveBeenCalled();
});

test("whoever comes too late is told at once", () => {
  const cutOff = new CutOff();
  cutOff.abort();
  const told = vi.fn<() => void>();
  cutOff.onAbort(told)();
  expect(told).toHaveBeenCalledTimes(1);
});

test.each(["before", "after"])("its signal aborts too, made %s it", (when) => {
  const cutOff = new CutOff();
  const made = when === "before" ? cutOff.signal : undefined;
  cutOff.abort();
  expect((made ?? cutOff.signal).aborted).toBe(true);
  expect(cutOff.signal).toBe(made ?? cutOff.signal);
  expect(cutOff.reason).toBe(cutOff.signal.reason);
});
