import { expect, test } from "vitest";
import type { Composed } from "../mail/index.ts";
import { entryOf } from "./entry.ts";
import { createRecent, isUntouched } from "./recent.ts";

const entry = (bytes = 10) => {
  const message: Composed = {
    envelope: { from: "shop@x.cn", to: ["ann@x.cn"] },
    bytes: Buffer.alloc(bytes),
    messageId: "<1@x.cn>",
    subject: "Hello",
  };
  return entryOf(message, {}, 1000, 60_000);
};

test("what was kept is found until it is dropped", () => {
  const recent = createRecent(() => 0);
  const kept = entry();
  recent.keep(kept);
  expect(recent.find(kept.message.id)).toBe(kept);
  recent.drop(kept.message.id);
  expect(recent.find(kept.message.id)).toBeUndefined();
});

test("memory is bounded: what comes later is not kept, until the older ones are old", () => {
  let now = 0;
  const recent = createRecent(() => now);
  const large = Array.from({ length: 10 }, () => entry(1024 * 1024));
  for (const one of large) recent.keep(one);
  expect(large.filter(({ message }) => recent.find(message.id) !== undefined)).toHaveLength(8);
  now = 31_000;
  const late = entry(1024 * 1024);
  recent.keep(late);
  expect(recent.find(late.message.id)).toBe(late);
  const small = Array.from({ length: 5000 }, () => entry(1));
  for (const one of small) recent.keep(one);
  expect(small.filter(({ message }) => recent.find(message.id) !== undefined).length).toBeLessThanOrEqual(4096);
});

test("a message is untouched until anything happened to it", () => {
  const { message } = entry();
  expect(isUntouched(message)).toBe(true);
  for (const touched of [
    { attempts: 1 },
    { takeovers: 1 },
    { forgiven: 1 },
    { unreached: 1 },
    { state: "held" },
    { wait: "{}" },
  ]) {
    expect(isUntouched({ ...message, ...touched })).toBe(false);
  }
});
