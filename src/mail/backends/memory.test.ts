import { expect, test } from "vitest";
import { dummyBackend } from "./dummy.ts";
import { memoryBackend } from "./memory.ts";

test("memory keeps copies that later changes do not reach", async () => {
  const memory = memoryBackend();
  const bytes = Buffer.from("x");
  const to = ["b@example.com"];
  const receipt = await memory.send({ from: "a@example.com", to }, bytes);
  to.push("c@example.com");
  bytes[0] = 0;
  // A Buffer, because its slice() shares memory where a Uint8Array's copies.
  expect(memory.outbox).toEqual([
    { envelope: { from: "a@example.com", to: ["b@example.com"] }, bytes: new Uint8Array([0x78]) },
  ]);
  expect(receipt).toEqual({ server: "memory", accepted: ["b@example.com"], rejected: [], response: "" });
});

test("dummy accepts everyone", async () => {
  const receipt = await dummyBackend().send({ from: "a@example.com", to: ["b@example.com"] }, new Uint8Array());
  expect(receipt).toMatchObject({ accepted: ["b@example.com"], rejected: [] });
});
