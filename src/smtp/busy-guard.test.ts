import { expect, test } from "vitest";
import { fixedClock } from "../../test/support/fixed-clock.ts";
import { serveScripted as serve } from "../../test/support/scripted-pool.ts";
import type { Peer } from "../../test/support/scripted-smtp.ts";
import type { SmtpError, SmtpPool, SmtpReceipt } from "./index.ts";

const MESSAGE = Buffer.from("Subject: hello\r\n\r\nDear Ann.\r\n");
const TO_ANN = { from: "mac@example.com", to: ["ann@example.com"] };

async function turnAway(peer: Peer): Promise<void> {
  await peer.say("421 4.7.0 too many connections\r\n");
  peer.close();
}

async function honest(peer: Peer): Promise<void> {
  await peer.greet("PIPELINING");
  for (;;) await peer.message();
}

/** What became of so many messages, given at once. */
function fates(pool: SmtpPool, times: number): Promise<(SmtpReceipt | SmtpError)[]> {
  const sending = Array.from({ length: times }, () => pool.send(TO_ANN, MESSAGE).catch((error: SmtpError) => error));
  return Promise.all(sending);
}

test("a server that turns every connection away is left alone for a while, and tried with one connection then", async () => {
  const clock = fixedClock();
  let isBusy = true;
  const { server, pool } = await serve((peer) => (isBusy ? turnAway(peer) : honest(peer)), {
    clock,
    maxConnections: 2,
  });
  const first = await fates(pool, 20);
  for (const fate of first) {
    expect(fate).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "greeting", retryable: true, reply: { code: 421 } });
  }
  expect(server.conversations.length).toBeLessThanOrEqual(4);
  expect(first.at(-1)).toMatchObject({ outcome: "not-sent", diagnosis: { retryAfterSeconds: 5 } });
  expect(String(first.at(-1))).toContain("no more are opened before 2026-01-01T00:00:05.000Z");

  clock.advance(4_999);
  const before = server.conversations.length;
  await fates(pool, 5);
  expect(server.conversations.length).toBe(before);
  clock.advance(1);
  expect(String((await fates(pool, 5)).at(-1))).toContain("2026-01-01T00:00:15.000Z");
  expect(server.conversations.length).toBe(before + 1);

  isBusy = false;
  clock.advance(10_000);
  for (const fate of await fates(pool, 5)) expect(fate).toMatchObject({ accepted: TO_ANN.to });
});

test("the messages that a server has no further connection for leave by those that it has", async () => {
  let taken = 0;
  const { server, pool } = await serve(
    async (peer) => {
      if (peer.index >= 2) return turnAway(peer);
      await peer.greet("PIPELINING");
      for (;;) {
        await peer.message();
        taken += 1;
      }
    },
    { maxConnections: 5 },
  );
  await fates(pool, 2);
  for (const fate of await fates(pool, 40)) expect(fate).toMatchObject({ accepted: TO_ANN.to });
  expect(taken).toBe(42);
  expect(server.conversations.length).toBeLessThanOrEqual(2 + 3 + 2);
});

test("a server that lets us log in and turns us away at the first message is left alone too", async () => {
  const { server, pool } = await serve(
    async (peer) => {
      await peer.greet();
      await peer.line();
      await turnAway(peer);
    },
    { clock: fixedClock(), maxConnections: 1 },
  );
  const found = await fates(pool, 20);
  for (const fate of found) expect(fate).toMatchObject({ code: "WX_SMTP_REFUSED", reply: { code: 421 } });
  expect(server.conversations.length).toBe(3);
});

test("one that is turned away now and then pauses nothing", async () => {
  const { pool } = await serve(
    async (peer) => {
      if (peer.index % 3 !== 2) return turnAway(peer);
      await peer.greet();
      await peer.message();
      peer.close();
    },
    { clock: fixedClock(), maxConnections: 1 },
  );
  const found: unknown[] = [];
  for (let time = 0; time < 12; time += 1) found.push(...(await fates(pool, 1)));
  expect(found.filter((fate) => !(fate instanceof Error)).length).toBe(4);
});
