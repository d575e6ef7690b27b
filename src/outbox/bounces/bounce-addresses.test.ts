import { expect, test } from "vitest";
import { newId } from "../../base/index.ts";
import { OutboxError } from "../errors.ts";
import { type BounceAddressOptions, createBounceAddresses } from "./bounce-addresses.ts";

const secret = "a secret of some length";
const id = "0190a5f2-7c3b-7d1e-9f00-0123456789ab";

test.each<[string, BounceAddressOptions]>([
  ["a domain of its own", { secret, domain: "bounces.example.com" }],
  ["a mailbox with +", { secret, mailbox: "bounces@example.com" }],
])("an address at %s says which message and recipient it was made for", (_name, options) => {
  const addresses = createBounceAddresses(options);
  for (const position of [0, 1, 65_534, undefined]) {
    const address = addresses.write(id, position);
    expect(addresses.read(address)).toEqual({ id, position });
    expect(addresses.read(address.toUpperCase()), "servers on the way may change the case").toEqual({ id, position });
    expect(address.indexOf("@")).toBeLessThanOrEqual(64);
  }
});

test("any id of the outbox is read back", () => {
  const addresses = createBounceAddresses({ secret, domain: "b.example" });
  for (let n = 0; n < 500; n++) {
    const one = newId(1_772_445_600_000 + n * 7919);
    expect(addresses.read(addresses.write(one, n))).toEqual({ id: one, position: n });
  }
});

test("a changed address is none of ours, whichever character was changed", () => {
  const addresses = createBounceAddresses({ secret, domain: "b.example" });
  const address = addresses.write(id, 3);
  for (let at = 1; at < address.indexOf("@"); at++) {
    const other = address[at] === "a" ? "b" : "a";
    expect(addresses.read(address.slice(0, at) + other + address.slice(at + 1)), `at ${at}`).toBeUndefined();
  }
});

test.each([
  "",
  "@",
  "b@b.example",
  "ann@example.com",
  "b!!!!@b.example",
  `b${"a".repeat(45)}@b.example`,
  `b${"a".repeat(9999)}@b.example`,
])("%j is none of ours", (address) => {
  expect(createBounceAddresses({ secret, domain: "b.example" }).read(address)).toBeUndefined();
});

test("an address of another secret or place is none of ours", () => {
  const address = createBounceAddresses({ secret, domain: "b.example" }).write(id);
  expect(
    createBounceAddresses({ secret: "another secret, as long", domain: "b.example" }).read(address),
  ).toBeUndefined();
  expect(createBounceAddresses({ secret, domain: "c.example" }).read(address)).toBeUndefined();
});

test("after a change of the secret, addresses of the old one are still read", () => {
  const address = createBounceAddresses({ secret, domain: "b.example" }).write(id);
  const changed = createBounceAddresses({ secret: ["the new secret is this", secret], domain: "b.example" });
  expect(changed.read(address)).toEqual({ id, position: undefined });
  expect(changed.write(id)).not.toBe(address);
});

test.each<[string, object]>([
  ["secret must have at least 16", { secret: "short", domain: "b.example" }],
  ["secret must have at least 16", { secret: [], domain: "b.example" }],
  ["either a domain or a mailbox", { secret }],
  ["either a domain or a mailbox", { secret, domain: "b.example", mailbox: "b@example.com" }],
  ["there is room for 18", { secret, mailbox: "all-our-bounces-go-here@example.com" }],
  ['mailbox is "a+b@example.com"', { secret, mailbox: "a+b@example.com" }],
  ['domain is "nowhere"', { secret, domain: "nowhere" }],
  ['no option "domian"', { secret, domian: "b.example" }],
])("%s", (text, options) => {
  expect(() => createBounceAddresses(options as BounceAddressOptions)).toThrow(
    expect.objectContaining({ code: "WX_OUTBOX_OPTIONS", message: expect.stringContaining(text) as string }),
  );
});

test.each([
  ["not-a-uuid", 0],
  [id, -1],
  [id, 65_536],
  [id, 1.5],
])("no address is made for %s and position %s", (of, position) => {
  const addresses = createBounceAddresses({ secret, domain: "b.example" });
  expect(() => addresses.write(of, position)).toThrow(OutboxError);
});
