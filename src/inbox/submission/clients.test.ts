import { expect, test } from "vitest";
import { clientOf, isLoopback } from "./clients.ts";

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["2001:db8:0:1:a:b:c:d", "2001:db8:0:1::/64"],
  ["2001:DB8:0:1::7", "2001:db8:0:1::/64"],
  ["2001:0db8::7", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
])("%s counts as %s", (address, client) => {
  expect(clientOf(address)).toBe(client);
});

test.each([
  ["127.0.0.1", true],
  ["127.8.9.1", true],
  ["::ffff:127.0.0.1", true],
  ["::1", true],
  ["128.0.0.1", false],
  ["10.127.0.1", false],
  ["::2", false],
])("%s is this machine's own: %s", (address, own) => {
  expect(isLoopback(address)).toBe(own);
});
