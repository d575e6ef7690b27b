import { expect, test } from "vitest";
import { isPublicAddress } from "./private-addresses.ts";

const inside =
  "127.0.0.1 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 " +
  "255.255.255.255 192.0.2.1 198.18.0.1 ::1 :: fe80::1 fc00::1 fd12::1 ff02::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 " +
  "64:ff9b::7f00:1 2002:7f00:1:: 2001:db8::1 name";

test.each(inside.split(" "))("%s is not on the public internet", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(["8.8.8.8", "172.15.0.1", "172.32.0.1", "223.5.5.5", "2606:4700::1111", "2400:3200::1"])(
  "%s is on the public internet",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);
