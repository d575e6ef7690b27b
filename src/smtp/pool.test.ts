import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "rolldown";
import { expect, test } from "vitest";
import { serveScripted as serve } from "../../test/support/scripted-pool.ts";
import type { Peer, ScriptedSmtp } from "../../test/support/scripted-smtp.ts";
import type { Logger } from "../base/index.ts";
import type { Envelope } from "./envelope.ts";
import { SmtpError } from "./errors.ts";

const ENVELOPE: Envelope = { from: "mac@example.com", to: ["ann@example.com"] };
const MESSAGE = Buffer.from("Subject: hello\r\n\r\nDear Ann.\r\n");

/** Takes messages until QUIT. */
async function honest(peer: Peer): Promise<void> {
  await peer.greet();
  for (;;) {
    const line = await peer.line();
    if (line === "DATA") {
      await peer.say("354 go\r\n");
      await peer.content();
      await peer.say(`250 taken on ${peer.index}\r\n`);
    } else if (line === "QUIT") {
      await peer.say("221 bye\r\n");
      return peer.close();
    } else await peer.say("250 ok\r\n");
  }
}

const count = (server: ScriptedSmtp, verb: string): number =>
  server.conversations.flat().filter((line) => line.startsWith(verb)).length;

async function failure(sending: Promise<unknown>): Promise<SmtpError> {
  const error: unknown = await sending.then(() => "sent").catch((thrown: unknown) => thrown);
  if (!(error instanceof SmtpError)) throw new Error(`not an SmtpError: ${String(error)}`);
  return error;
}

test("one connection carries many messages, up to its limit, and says goodbye", async () => {
  const { server, pool } = await serve(honest, { maxMessagesPerConnection: 3 });
  for (let number = 0; number < 7; number += 1) await pool.send(ENVELOPE, MESSAGE);
  expect(server.conversations.map((lines) => lines.filter((line) => line === "DATA").length)).toEqual([3, 3, 1]);
  await pool.close();
  expect(count(server, "QUIT")).toBe(3);
});

test("messages share a bounded number of connections", async () => {
  const { server, pool } = await serve(honest, { maxConnections: 3 });
  const receipts = await Promise.all(Array.from({ length: 50 }, () => pool.send(ENVELOPE, MESSAGE)));
  expect(receipts.map(({ accepted }) => accepted.length)).toEqual(Array.from({ length: 50 }, () => 1));
  expect(server.conversations).toHaveLength(3);
});

test("a pool says what is open, at rest and waiting", async () => {
  const { pool } = await serve(honest, { maxConnections: 2, maxInFlight: 1 });
  expect(pool.connections()).toEqual({ open: 0, idle: 0, waiting: 0 });
  const sending = Promise.all(Array.from({ length: 10 }, () => pool.send(ENVELOPE, MESSAGE)));
  await new Promise((resolve) => setImmediate(resolve));
  expect(pool.connections()).toMatchObject({ open: 2, idle: 0 });
  expect(pool.connections().waiting).toBeGreaterThan(0);
  await sending;
  expect(pool.connections()).toEqual({ open: 2, idle: 2, waiting: 0 });
  await pool.close();
  expect(pool.connections()).toMatchObject({ idle: 0, waiting: 0 });
});

test("verify logs on, and the next message uses what it opened", async () => {
  const { server, pool } = await serve(honest, { maxConnections: 1 });
  await pool.verify();
  await pool.verify();
  await pool.send(ENVELOPE, MESSAGE);
  expect(server.conversations.map((lines) => lines.length)).toEqual([2, 4]);
});

test.each([
  ["closed while idle", (peer: Peer): void => peer.close()],
  ["reset while idle", (peer: Peer): void => peer.close("reset")],
  ["told 421 while idle", (peer: Peer): void => void peer.say("421 4.4.2 idle too long\r\n")],
  ["given a stray 250 while idle", (peer: Peer): void => void peer.say("250 2.0.0 taken\r\n")],
])("a kept connection that was %s is replaced, and the message sent once", async (_, spoil) => {
  const { server, pool } = await serve(async (peer) => {
    if (peer.index > 0) return honest(peer);
    await peer.greet();
    await peer.message();
    spoil(peer);
    await peer.gone();
  });
  await pool.send(ENVELOPE, MESSAGE);
  const receipt = await pool.send(ENVELOPE, MESSAGE);
  expect(receipt.response).toBe("250 taken on 1");
  expect(server.conversations.map((lines) => lines.filter((line) => line === "DATA").length)).toEqual([1, 1]);
});

test.each([
  ["421", async (peer: Peer) => void (await peer.say("421 4.7.0 enough\r\n"))],
  ["a close", async (peer: Peer) => peer.close()],
])("a kept connection that answers MAIL with %s is replaced, once", async (_, end) => {
  const { server, pool } = await serve(async (peer) => {
    await peer.greet();
    if (peer.index < 2) await peer.message();
    await peer.line();
    await end(peer);
    await peer.gone();
  });
  await pool.send(ENVELOPE, MESSAGE);
  await pool.send(ENVELOPE, MESSAGE);
  // The third finds the second connection dead, and then a fresh one that is no better: that is reported.
  expect(await failure(pool.send(ENVELOPE, MESSAGE))).toMatchObject({ stage: "mail", retryable: true });
  expect(server.conversations).toHaveLength(3);
});

test("a message that a kept connection had begun to take is not tried again", async () => {
  const { server, pool } = await serve(async (peer) => {
    await peer.greet();
    await peer.message();
    await peer.ok("MAIL");
    await peer.line();
    peer.close();
  });
  await pool.send(ENVELOPE, MESSAGE);
  expect(await failure(pool.send(ENVELOPE, MESSAGE))).toMatchObject({ code: "WX_SMTP_LOST", stage: "rcpt" });
  expect(server.conversations).toHaveLength(1);
});

test("a server that closes with 421 after every third message gets all of twenty at once", async () => {
  const { server, pool } = await serve(
    async (peer) => {
      await peer.greet();
      for (let number = 0; number < 3; number += 1) await peer.message();
      await peer.say("421 4.7.0 three are enough\r\n");
      peer.close();
    },
    { maxConnections: 4 },
  );
  await Promise.all(Array.from({ length: 20 }, () => pool.send(ENVELOPE, MESSAGE)));
  expect(count(server, "DATA")).toBe(20);
});

test("a connection that stalls holds up only its own message", async () => {
  const { pool } = await serve(
    async (peer) => {
      if (peer.index > 0) return honest(peer);
      await peer.greet();
      await peer.ok("MAIL");
      await peer.gone();
    },
    { maxConnections: 4, timeouts: { replyMs: 500 } },
  );
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => pool.send(ENVELOPE, MESSAGE)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(19);
});

test("an idle connection is closed after its time", async () => {
  const { server, pool } = await serve(honest, { idleTimeoutMs: 20 });
  await pool.send(ENVELOPE, MESSAGE);
  await expect.poll(() => server.conversations[0]?.at(-1)).toBe("QUIT");
  await pool.send(ENVELOPE, MESSAGE);
  expect(server.conversations).toHaveLength(2);
});

test("closing lets a running message finish and refuses waiting and later ones", async () => {
  const { server, pool } = await serve(honest, { maxConnections: 1 });
  const running = pool.send(ENVELOPE, MESSAGE);
  const waiting = failure(pool.send(ENVELOPE, MESSAGE));
  await Promise.all([pool.close(), pool.close()]);
  expect((await running).accepted).toEqual(["ann@example.com"]);
  expect(await waiting).toMatchObject({ code: "WX_SMTP_CLOSED", outcome: "not-sent", retryable: true });
  expect(await failure(pool.send(ENVELOPE, MESSAGE))).toMatchObject({ code: "WX_SMTP_CLOSED" });
  expect(server.conversations[0]?.at(-1)).toBe("QUIT");
});

test("a goodbye that nobody answers takes no longer than a second", async () => {
  const { pool } = await serve(async (peer) => {
    await peer.greet();
    await peer.message();
    await peer.gone();
  });
  await pool.send(ENVELOPE, MESSAGE);
  const start = performance.now();
  await pool.close();
  expect(performance.now() - start).toBeLessThan(3000);
});

test("await using closes the pool", async () => {
  const { server, pool } = await serve(honest);
  await pool.send(ENVELOPE, MESSAGE);
  await pool[Symbol.asyncDispose]();
  expect(count(server, "QUIT")).toBe(1);
});

test("an abort is answered at once: before, in the queue, and in the middle, where the connection is dropped", async () => {
  const { server, pool } = await serve(
    async (peer) => {
      if (peer.index > 0) return honest(peer);
      await peer.greet();
      await peer.ok("MAIL");
      running.abort("no longer wanted");
      await peer.gone();
    },
    { maxConnections: 1 },
  );
  const running = new AbortController();
  const queued = new AbortController();
  const first = failure(pool.send(ENVELOPE, MESSAGE, { signal: running.signal }));
  const second = failure(pool.send(ENVELOPE, MESSAGE, { signal: queued.signal }));
  queued.abort();
  expect(await second).toMatchObject({ code: "WX_SMTP_ABORTED", outcome: "not-sent" });
  expect(await first).toMatchObject({
    code: "WX_SMTP_ABORTED",
    outcome: "not-sent",
    cause: "no longer wanted",
  });
  const before = await failure(pool.send(ENVELOPE, MESSAGE, { signal: AbortSignal.abort() }));
  expect(before.code).toBe("WX_SMTP_ABORTED");
  expect((await pool.send(ENVELOPE, MESSAGE)).response).toBe("250 taken on 1");
  expect(server.conversations).toHaveLength(2);
});

test("a queue that is full says so", async () => {
  const { pool } = await serve(honest, { maxConnections: 1, maxWaiting: 1 });
  const sending = [pool.send(ENVELOPE, MESSAGE), pool.send(ENVELOPE, MESSAGE)];
  expect(await failure(pool.send(ENVELOPE, MESSAGE))).toMatchObject({ code: "WX_SMTP_BUSY", retryable: true });
  await Promise.all(sending);
});

test("a signal that many messages share is listened to once, and left alone at the end", async () => {
  const { pool } = await serve(honest, { maxConnections: 2 });
  const { signal } = new AbortController();
  let now = 0;
  let most = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...given: Parameters<typeof add>): void => {
    most = Math.max(most, (now += 1));
    add(...given);
  };
  signal.removeEventListener = (...given: Parameters<typeof remove>): void => {
    now -= 1;
    remove(...given);
  };
  await Promise.all(Array.from({ length: 20 }, () => pool.send(ENVELOPE, MESSAGE, { signal })));
  expect({ most, now }).toEqual({ most: 1, now: 0 });
});

test("the log tells of sending and failing, and holds neither password nor message", async () => {
  const events: unknown[] = [];
  const logger: Logger = { log: (...event) => events.push(event) };
  const { pool } = await serve(
    async (peer) => {
      await peer.greet("AUTH PLAIN");
      await peer.line();
      await peer.say("235 welcome\r\n");
      await peer.message();
      await peer.line();
      await peer.say("550 no\r\n");
      await peer.gone();
    },
    { logger, auth: { user: "mac", password: "hush-hush" }, allowPlaintextAuth: true },
  );
  await pool.send(ENVELOPE, MESSAGE);
  await failure(pool.send(ENVELOPE, MESSAGE));
  const told = JSON.stringify(events);
  for (const event of ["smtp.plaintext-password-allowed", "smtp.open", "smtp.sent", "smtp.not-sent"]) {
    expect(told).toContain(event);
  }
  expect(told).not.toMatch(/hush|Dear Ann|ann@example/);
  expect(told).not.toContain(Buffer.from("\0mac\0hush-hush").toString("base64"));
});

test("a program that has sent its mail ends, whether it closes the pool or not", async () => {
  const { server } = await serve(honest);
  const folder = await mkdtemp(join(tmpdir(), "waxseal-smtp-"));
  try {
    const file = join(folder, "smtp.mjs");
    const input = fileURLToPath(new URL("./index.ts", import.meta.url));
    await build({ input, platform: "node", output: { file, format: "esm" }, logLevel: "silent" });
    for (const end of ["", "await pool.close();"]) {
      const program = `
        import { createSmtpPool } from ${JSON.stringify(pathToFileURL(file).href)};
        const pool = createSmtpPool({ host: "127.0.0.1", port: ${server.port} });
        await pool.send({ from: "a@example.com", to: ["b@example.com"] }, Buffer.from("hello\\r\\n"));
        ${end} console.log("done");`;
      const flags = ["--input-type=module", "--eval", program];
      const { stdout } = await promisify(execFile)(process.execPath, flags, { timeout: 10_000 });
      expect(stdout.trim()).toBe("done");
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
