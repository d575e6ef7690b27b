import { expect, test } from "vitest";
import type { Database } from "../../db/index.ts";
import { createBounceAddresses } from "./bounce-addresses.ts";
import { bounceMailbox } from "./bounce-mailbox.ts";
import { createBounces, type Taken } from "./bounces.ts";

test("what is accepted is a bounce address, and nothing else", () => {
  const addresses = createBounceAddresses({ secret: "a secret of some length", domain: "bounces.example" });
  const mailbox = bounceMailbox(createBounces({ database: {} as Database, addresses, mailboxes: ["b@shop.example"] }));
  expect(mailbox.matches(addresses.write("0190a5f2-7c3b-7d1e-9f00-0123456789ab"))).toBe(true);
  expect(mailbox.matches("B@shop.example")).toBe(true);
  expect(mailbox.matches("bgues@bounces.example")).toBe(false);
});

test.each<[Taken["outcome"], boolean]>([
  ["recorded", true],
  ["unmatched", true],
  ["no-report", true],
  ["auto-reply", true],
  ["too-soon", false],
])("of a mail that is %s, the sender is told that it was taken: %s", async (outcome, isTaken) => {
  const calls: unknown[] = [];
  const take = async (raw: Uint8Array, options: object): Promise<Taken> => {
    calls.push([Buffer.from(raw).toString(), options]);
    return { outcome, recipients: [] };
  };
  const handled = bounceMailbox({ accepts: () => true, take }).handle("b1@bounces.example", Buffer.from("report"));
  const answer = await handled.then(
    () => "taken",
    (error: { code?: string }) => error.code,
  );
  expect(answer).toBe(isTaken ? "taken" : "WX_OUTBOX_REPORT_EARLY");
  expect(calls).toEqual([["report", { source: "smtp", sentTo: ["b1@bounces.example"] }]]);
});
