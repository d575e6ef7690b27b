import { expect, test } from "vitest";
import { fixedClock } from "../../test/support/fixed-clock.ts";
import { serveScripted as serve } from "../../test/support/scripted-pool.ts";
import type { Peer } from "../../test/support/scripted-smtp.ts";
import { until } from "../../test/support/until.ts";
import { SmtpError } from "./index.ts";

const MESSAGE = Buffer.from("Subject: hello\r\n\r\nDear Ann.\r\n");
const TO_ANN = { from: "mac@example.com", to: ["ann@example.com"] };
const AUTH = { auth: { user: "mac", password: "wrong-password" }, allowPlaintextAuth: true, security: "none" } as const;
const MINUTE_MS = 60_000;

async function failure(sending: Promise<unknown>): Promise<SmtpError> {
  const error: unknown = await sending.then(() => "sent").catch((thrown: unknown) => thrown);
  if (!(error instanceof SmtpError)) throw new Error(`not an SmtpError: ${String(error)}`);
  return error;
}

async function honest(peer: Peer, taken: { count: number } = { count: 0 }): Promise<void> {
  await peer.greet("PIPELINING");
  for (;;) {
    await peer.message();
    taken.count += 1;
  }
}

test.each([{ maxPerSecond: 3 }, { maxPerWindow: { messages: 3, windowMs: 1000 } }])(
  "no more messages begin in any second than %j allows",
  async (rate) => {
    const clock = fixedClock();
    const taken = { count: 0 };
    const { pool } = await serve((peer) => honest(peer, taken), { ...rate, clock });
    const sending = Array.from({ length: 8 }, () => pool.send(TO_ANN, MESSAGE));
    await Promise.all(sending.slice(0, 3));
    clock.advance(999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken.count).toBe(3);
    clock.advance(1);
    await Promise.all(sending.slice(3, 6));
    expect(taken.count).toBe(6);
    clock.advance(1000);
    await Promise.all(sending);
  },
);

/** Counts the log-ins, and answers each as `isRight` says. */
async function guardLogin(peer: Peer, logins: { count: number }, isRight: () => boolean): Promise<void> {
  await peer.greet("AUTH PLAIN");
  await peer.line();
  logins.count += 1;
  if (!isRight()) {
    await peer.say("535 5.7.8 authentication failed\r\n");
    return peer.gone();
  }
  await peer.say("235 welcome\r\n");
  for (;;) await peer.message();
}

test("after three refused log-ins no more are made: messages are told so, and one try is made at its time", async () => {
  const clock = fixedClock();
  const logins = { count: 0 };
  let isRight = false;
  const { pool } = await serve((peer) => guardLogin(peer, logins, () => isRight), { ...AUTH, clock });
  const errors = await Promise.all(Array.from({ length: 10 }, () => failure(pool.send(TO_ANN, MESSAGE))));
  expect(errors.map(({ code }) => code)).toEqual([
    ...Array(3).fill("WX_SMTP_AUTH"),
    ...Array(7).fill("WX_SMTP_AUTH_PAUSED"),
  ]);
  expect(logins.count).toBe(3);
  const [paused] = errors.slice(3);
  expect(paused).toMatchObject({ stage: "auth", retryable: true, outcome: "not-sent" });
  expect(paused?.message).toContain("since 2026-01-01T00:00:00.000Z");
  expect(paused?.message).toContain("535 5.7.8 authentication failed");
  expect(paused?.message).toContain("2026-01-01T00:15:00.000Z");
  expect(JSON.stringify(errors)).not.toContain("wrong-password");

  clock.advance(15 * MINUTE_MS);
  const again = await Promise.all([failure(pool.send(TO_ANN, MESSAGE)), failure(pool.send(TO_ANN, MESSAGE))]);
  expect(again.map(({ code }) => code)).toEqual(["WX_SMTP_AUTH", "WX_SMTP_AUTH_PAUSED"]);
  expect(again[1]?.message).toContain("2026-01-01T00:45:00.000Z");
  expect(logins.count).toBe(4);

  isRight = true;
  clock.advance(30 * MINUTE_MS);
  await Promise.all([pool.send(TO_ANN, MESSAGE), pool.send(TO_ANN, MESSAGE)]);
  expect(logins.count).toBeGreaterThan(4);
});

test("what is no refusal of the account pauses nothing", async () => {
  const { pool } = await serve(
    async (peer) => {
      await peer.greet("AUTH PLAIN");
      await peer.line();
      await peer.say("454 4.7.0 try later\r\n");
      await peer.gone();
    },
    { ...AUTH, authPause: { after: 1 } },
  );
  for (let time = 0; time < 3; time += 1) {
    expect(await failure(pool.send(TO_ANN, MESSAGE))).toMatchObject({ code: "WX_SMTP_AUTH", retryable: true });
  }
});

test("only one log-in is under way until one has succeeded", async () => {
  const logins = { count: 0 };
  let answer = (): void => {};
  const isAnswered = new Promise<void>((resolve) => (answer = resolve));
  const { server, pool } = await serve(
    async (peer) => {
      await peer.greet("AUTH PLAIN");
      await peer.line();
      logins.count += 1;
      await isAnswered;
      await peer.say("235 welcome\r\n");
      for (;;) await peer.message();
    },
    { ...AUTH, maxConnections: 5 },
  );
  const sending = Array.from({ length: 5 }, () => pool.send(TO_ANN, MESSAGE));
  await until(() => logins.count === 1);
  expect(server.conversations).toHaveLength(1);
  answer();
  await Promise.all(sending);
  expect(logins.count).toBeGreaterThan(1);
});

/** A pool of one connection, and the recipients in the order in which the server was told of them. */
async function oneConnection() {
  const order: string[] = [];
  const { pool } = await serve(
    async (peer) => {
      await peer.greet("PIPELINING");
      for (;;) {
        const line = await peer.line();
        if (line.startsWith("RCPT")) order.push(/<(.*)>/.exec(line)?.[1] ?? "");
        if (line === "DATA") {
          await peer.say("354 go\r\n");
          await peer.content();
        }
        await peer.say("250 ok\r\n");
      }
    },
    { maxConnections: 1 },
  );
  const send = (name: string, urgent = false) => pool.send({ from: "", to: [name] }, MESSAGE, { urgent });
  return { order, send };
}

test("messages begin in the order in which they were given", async () => {
  const { order, send } = await oneConnection();
  const names = Array.from({ length: 20 }, (_, index) => `p${index}@example.com`);
  await Promise.all(names.map((name) => send(name)));
  expect(order).toEqual(names);
});

test("urgent messages go before those that wait, and keep their own order", async () => {
  const { order, send } = await oneConnection();
  const names = Array.from({ length: 20 }, (_, index) => `p${index}@example.com`);
  const sending = names.map((name) => send(name));
  await Promise.all([...sending, send("u1@example.com", true), send("u2@example.com", true)]);
  expect(order.slice(0, 2)).toEqual(["u1@example.com", "u2@example.com"]);
  expect(order.slice(2)).toEqual(names);
});

test("idle connections share a burst", async () => {
  const counts = [0, 0];
  const { pool } = await serve(
    async (peer) => {
      await peer.greet("PIPELINING");
      for (;;) {
        await peer.message();
        counts[peer.index] = (counts[peer.index] ?? 0) + 1;
      }
    },
    { maxConnections: 2 },
  );
  await Promise.all(Array.from({ length: 20 }, () => pool.send(TO_ANN, MESSAGE)));
  expect(Math.min(...counts)).toBeGreaterThan(0);
});
