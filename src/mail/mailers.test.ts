import { expect, test } from "vitest";
import { dummyBackend } from "./backends/dummy.ts";
import { memoryBackend } from "./backends/memory.ts";
import { MailerError } from "./errors.ts";
import { createMailers } from "./mailers.ts";

test("a mailer is found by its alias, and the default without one", () => {
  const [memory, dummy] = [memoryBackend(), dummyBackend()];
  const mailers = createMailers({ default: memory, quiet: dummy });
  expect(mailers.get()).toBe(memory);
  expect(mailers.default).toBe(memory);
  expect(mailers.get("quiet")).toBe(dummy);
  expect(mailers.get("loud", dummy)).toBe(dummy);
  expect(mailers.get("default", dummy)).toBe(memory);
  expect(mailers.names).toEqual(["default", "quiet"]);
  expect([...mailers]).toEqual(["default", "quiet"]);
  expect([mailers.has("quiet"), mailers.has("toString")]).toEqual([true, false]);
});

test("an unknown alias is refused with the known ones", () => {
  const mailers = createMailers({ quiet: dummyBackend(), loud: dummyBackend() });
  expect(() => mailers.get("queit")).toThrow('There is no mailer "queit"; the configured ones are quiet, loud.');
  expect(() => mailers.get("queit")).toThrow(expect.objectContaining({ alias: "queit" }));
  expect(() => mailers.default).toThrow(MailerError);
  expect(() => createMailers({}).get("toString")).toThrow("none is configured");
});

test("what cannot send is refused by its alias", () => {
  const backends = { default: dummyBackend(), log: { backend: "console" } } as unknown as Parameters<
    typeof createMailers
  >[0];
  expect(() => createMailers(backends)).toThrow(/^mailers\.log cannot send/);
  expect(() => createMailers(backends)).toThrow(expect.objectContaining({ code: "WX_MAILER_BACKEND", alias: "log" }));
});

test("close closes every backend once, also when one of them fails", async () => {
  const closed: string[] = [];
  const failing = { ...dummyBackend(), close: () => Promise.reject(new Error("stuck")) };
  const shared = { ...dummyBackend(), close: async () => void closed.push("shared") };
  const mailers = createMailers({ a: failing, b: shared, c: shared, d: dummyBackend() });
  await expect(mailers.close()).rejects.toThrow("stuck");
  expect(closed).toEqual(["shared"]);
});
