import { expect, test } from "vitest";
import { composedMail, inState, outboxOn } from "../../../test/support/outbox.ts";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { type Backend, type Envelope, receiptForAll } from "../../mail/index.ts";
import { createSuppressions } from "../suppression/suppressions.ts";
import { createBounceAddresses } from "./bounce-addresses.ts";
import { bounceTo } from "./bounce-to.ts";
import { createBounces } from "./bounces.ts";

const addresses = createBounceAddresses({ secret: "a secret of some length", domain: "bounces.example" });

/** Keeps the envelopes that it was given. */
function collector(envelopes: Envelope[]): Backend {
  return {
    send: async (envelope) => {
      envelopes.push(envelope);
      return receiptForAll(envelope, "collector");
    },
  };
}

test("what does not come from the outbox, and the null sender, go as they are", async () => {
  const envelopes: Envelope[] = [];
  const backend = bounceTo(collector(envelopes), addresses);
  await backend.send({ from: "app@shop.example", to: ["ann@example.com"] }, Buffer.from(""));
  const queued = { id: "0190a5f2-7c3b-7d1e-9f00-0123456789ab", messageId: "<a@b>", attempt: 1 };
  await backend.send({ from: "", to: ["ann@example.com"] }, Buffer.from(""), { queued });
  expect(envelopes.map(({ from }) => from)).toEqual(["app@shop.example", ""]);
});

eachDatabase((open) => {
  test("a bounce comes back to the message's own address, and the next mail to the same person is kept back", async () => {
    const database = await open();
    const envelopes: Envelope[] = [];
    const suppression = createSuppressions({ database });
    const outbox = outboxOn(database, bounceTo(collector(envelopes), addresses), { suppression });
    outbox.start();
    const id = await outbox.enqueue(composedMail("one"));
    await inState(outbox, id, "sent");
    const address = envelopes[0]?.from ?? "";
    expect(addresses.read(address)).toEqual({ id, position: undefined });

    const bounces = createBounces({ database, addresses, suppression });
    const taken = await bounces.take(forwardedBounce(address), { source: "smtp", sentTo: [address] });
    expect(taken).toMatchObject({ outcome: "recorded" });
    expect(await outbox.get(id)).toMatchObject({
      state: "failed",
      recipients: [{ address: "ann@x.cn", detail: "bounced: 550 5.1.1 no such user" }],
    });

    const next = await outbox.enqueue(composedMail("two"));
    expect(await inState(outbox, next, "suppressed")).toMatchObject({
      recipients: [{ detail: expect.stringMatching(/^bounce/) as string }],
    });
    expect(envelopes).toHaveLength(1);
  });
});

/** Of another mailbox, to which the recipient had her mail forwarded, and without the message. */
function forwardedBounce(to: string): Buffer {
  const lines = [
    `To: ${to}`,
    "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
    "",
    "--x",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.example.net",
    "",
    "Final-Recipient: rfc822; ann.forwarded@example.net",
    "Action: failed",
    "Status: 5.1.1",
    "Diagnostic-Code: smtp; 550 5.1.1 no such user",
    "",
    "--x--",
  ];
  return Buffer.from(lines.join("\r\n"));
}
