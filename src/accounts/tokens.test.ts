import { expect, test } from "vitest";
import type { UserRow } from "./store.ts";
import { createActivationTokens } from "./tokens.ts";

const NOW = 1_767_254_400_000;
const SECRET = "a secret for the tests of the links";
const claim = { id: "7", email_key: "mac@163.com", password_hash: "$argon2id$one" } as UserRow; // all that a link is made of
const tokensAt = (now: number) => createActivationTokens(SECRET, { maxAgeSeconds: 3600, now: () => now });

function read(token: string, now: number = NOW) {
  const reading = tokensAt(now).read(token);
  if (reading.status === "invalid") throw new Error("invalid");
  return reading;
}

test("a link dies when the address or the password of its claim changes", () => {
  const { status, userId, isFor } = read(tokensAt(NOW).mint(claim));
  expect([status, userId]).toEqual(["valid", "7"]);
  expect(isFor(claim)).toBe(true);
  expect(isFor({ ...claim, email_key: "other@163.com" })).toBe(false);
  expect(isFor({ ...claim, password_hash: "$argon2id$two" })).toBe(false);
  expect(isFor({ email_key: claim.password_hash, password_hash: claim.email_key })).toBe(false);
});

test("a link is good through its last second, and says whose it was afterwards", () => {
  const token = tokensAt(NOW).mint(claim);
  expect(read(token, NOW + 3_600_999).status).toBe("valid");
  expect(read(token, NOW + 3_601_000)).toMatchObject({ status: "expired", userId: "7" });
});

test("neither address nor password hash can be read off a link", () => {
  const token = tokensAt(NOW).mint(claim);
  const readable = token.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
  expect(readable.join()).not.toMatch(/mac@163|argon2id/);
});
