import { expect, test } from "vitest";
import { BoundTokens, SigningUsageError, TimedJSONWebSignatureSerializer } from "./index.ts";

const SECRET = "a secret of sufficient length";
const STATE = ["ann@example.com", "$argon2id$..."];
let now = 1_700_000_000;
const tokens = (purpose = "activate", key: string | string[] = SECRET): BoundTokens =>
  new BoundTokens(key, { purpose, maxAgeSeconds: 3600, now: () => now });

function valid(text: string, reader: BoundTokens = tokens()) {
  const reading = reader.read(text);
  if (reading.status === "invalid") throw new Error("the token is invalid");
  return { status: reading.status, ...reading.token };
}

test("a token tells its subject, and whether the state is still the same", () => {
  const token = valid(tokens().mint("42", STATE));
  expect(token).toMatchObject({ status: "valid", subject: "42" });
  expect(token.isFor(STATE)).toBe(true);
  expect(token.isFor(["eve@example.com", "$argon2id$..."])).toBe(false);
  expect(token.isFor(["ann@example.com$argon2id$..."])).toBe(false);
  expect(token.isFor([])).toBe(false);
});

test("a token for one purpose is none for another", () => {
  expect(tokens("reset").read(tokens("activate").mint("42", STATE))).toEqual({ status: "invalid" });
});

test("nothing of the state can be read off a token", () => {
  const decoded = tokens()
    .mint("42", STATE)
    .split(".")
    .map((part) => Buffer.from(part, "base64url").toString("latin1"))
    .join();
  expect(decoded).not.toContain("example.com");
  expect(decoded).not.toContain("argon2");
});

test("an expired token still says whom it was for, so that a new one can be sent", () => {
  const text = tokens().mint("42", STATE);
  const { id } = valid(text);
  now += 3601;
  expect(valid(text)).toMatchObject({ status: "expired", subject: "42", id });
  now -= 3601;
});

test("the id is of what a token holds: another subject, state or time is another id", () => {
  const { id } = valid(tokens().mint("42", STATE));
  expect(valid(tokens().mint("42", STATE)).id).toBe(id);
  expect(valid(tokens().mint("43", STATE)).id).not.toBe(id);
  expect(valid(tokens().mint("42", ["other"])).id).not.toBe(id);
  now += 1;
  expect(valid(tokens().mint("42", STATE)).id).not.toBe(id);
  now -= 1;
});

test("an older key of the list is read, and none is signed with it", () => {
  const old = tokens("activate", "the old key").mint("42", STATE);
  expect(valid(old, tokens("activate", ["the old key", "the new key"])).subject).toBe("42");
  const renewed = tokens("activate", ["the old key", "the new key"]).mint("42", STATE);
  expect(tokens("activate", "the old key").read(renewed)).toEqual({ status: "invalid" });
});

test.each([
  ["no token", "nonsense"],
  ["an empty one", ""],
  ["one that is too long", "x".repeat(5000)],
  [
    "one with another spelling of its signature",
    `${new BoundTokens(SECRET, { purpose: "activate", maxAgeSeconds: 60 }).mint("1", [])}=`,
  ],
])("%s is invalid", (_, text) => {
  expect(tokens().read(text)).toEqual({ status: "invalid" });
});

test("a signed value of another shape is invalid", () => {
  const other = new TimedJSONWebSignatureSerializer(SECRET, { salt: "activate", now: () => now });
  for (const value of [null, 1, "x", [], {}, { confirm: 42, stamp: "x" }, { confirm: "42" }]) {
    expect(tokens().read(other.dumps(value))).toEqual({ status: "invalid" });
  }
});

test("a misspelt option and an empty purpose are refused", () => {
  expect(() => new BoundTokens(SECRET, { purpose: "", maxAgeSeconds: 1 })).toThrow(SigningUsageError);
  expect(() => new BoundTokens(SECRET, { purpose: "x", maxAge: 1 } as never)).toThrow(/maxAge/);
});
