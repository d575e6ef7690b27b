import { expect, test } from "vitest";
import { healthyOutbox } from "../../../test/support/fake-readers.ts";
import { outboxEvent } from "../../../test/support/outbox-events.ts";
import { createListeners } from "./listeners.ts";

function watched() {
  const lines: unknown[][] = [];
  return { lines, listeners: createListeners({ logger: { log: (...line) => lines.push(line) } }) };
}

test("a listener hears its type, one for * hears all, and neither after it unsubscribed", () => {
  const { listeners } = watched();
  const heard: string[] = [];
  const unsubscribe = listeners.on("sent", ({ id }) => heard.push(`sent ${id}`));
  listeners.on("*", ({ type, id }) => heard.push(`* ${type} ${id}`));
  listeners.sink.announce?.([outboxEvent({ id: "a" }), outboxEvent({ type: "failed", id: "b" })]);
  unsubscribe();
  listeners.sink.announce?.([outboxEvent({ id: "c" })]);
  expect(heard).toEqual(["sent a", "* sent a", "* failed b", "* sent c"]);
});

test("the same function listens as often as it was given", () => {
  const { listeners } = watched();
  let count = 0;
  const listener = (): number => count++;
  const once = listeners.on("sent", listener);
  listeners.on("sent", listener);
  once();
  once();
  listeners.sink.announce?.([outboxEvent()]);
  expect(count).toBe(1);
});

test("a listener that throws, or rejects later, is logged and harms nobody", async () => {
  const { lines, listeners } = watched();
  const heard: string[] = [];
  listeners.on("sent", () => {
    throw new Error("thrown");
  });
  listeners.on("sent", () => Promise.reject(new Error("rejected")));
  listeners.on("sent", () => new Promise(() => {})); // never ends, and is not waited for
  listeners.on("sent", ({ id }) => heard.push(id));
  listeners.sink.announce?.([outboxEvent({ id: "a" }), outboxEvent({ id: "b" })]);
  expect(heard).toEqual(["a", "b"]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines.map(([level, name, fields]) => [level, name, (fields as { error: string }).error]).toSorted()).toEqual([
    ["error", "outbox.listener-failed", "rejected"],
    ["error", "outbox.listener-failed", "rejected"],
    ["error", "outbox.listener-failed", "thrown"],
    ["error", "outbox.listener-failed", "thrown"],
  ]);
});

test("an event that does not exist is refused with the one that was meant", () => {
  const { listeners } = watched();
  // @ts-expect-error there is none of this name
  expect(() => listeners.on("bounce", () => {})).toThrow(
    expect.objectContaining({ code: "WX_OBSERVE_OPTION", message: expect.stringContaining("Did you mean bounced?") }),
  );
});

test("an alert is told to those who ask for it, and no other", () => {
  const { listeners } = watched();
  const heard: unknown[] = [];
  listeners.on("*", (event) => heard.push(event));
  const unsubscribe = listeners.onAlert(({ due }) => heard.push(due));
  listeners.sink.alert?.(healthyOutbox({ ok: false, isStuck: true, due: 7, oldestDueMs: 900_000 }));
  unsubscribe();
  listeners.sink.alert?.(healthyOutbox({ ok: false, isStuck: true, due: 8, oldestDueMs: 900_000 }));
  expect(heard).toEqual([7]);
});
