import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

test.each([
  ["EMAIL_HOTS", "EMAIL_HOST"],
  ["email_host", "EMAIL_HOST"],
  ["EMAIL_PORTS", "EMAIL_PORT"],
  ["ZZZZ", undefined],
])("%s most likely means %s", (name, meant) => {
  expect(nearest(name, ["EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER"])).toBe(meant);
});
