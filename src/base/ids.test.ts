import { expect, test } from "vitest";
import { newId } from "./ids.ts";

test("an id is a UUID of version 7, and a later one sorts behind an earlier one", () => {
  const id = newId(1_750_000_000_123);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.slice(0, 13).replace("-", ""), 16)).toBe(1_750_000_000_123);
  expect(newId(1_750_000_000_124) > id).toBe(true);
});

test("ten thousand ids of one millisecond differ", () => {
  expect(new Set(Array.from({ length: 10_000 }, () => newId(0))).size).toBe(10_000);
});
