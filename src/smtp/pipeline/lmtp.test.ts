/** LMTP (RFC 2033): the end of a message is answered once for each recipient that was taken. */
import { describe, expect, test } from "vitest";
import { serveScripted } from "../../../test/support/scripted-pool.ts";
import type { Peer, ScriptedSmtp } from "../../../test/support/scripted-smtp.ts";
import type { Envelope } from "../envelope.ts";
import { SmtpError } from "../errors.ts";
import type { SmtpPool } from "../pool.ts";

const THREE: Envelope = { from: "mac@example.com", to: ["ann@example.com", "bob@example.com", "cy@example.com"] };
const MESSAGE = Buffer.from("Subject: hello\r\n\r\nDear all.\r\n");

async function failure(sending: Promise<unknown>): Promise<SmtpError> {
  const error: unknown = await sending.then(() => "sent").catch((thrown: unknown) => thrown);
  if (!(error instanceof SmtpError)) throw new Error(`not an SmtpError: ${String(error)}`);
  return error;
}

/** Greets as LMTP servers do, and answers one transaction: each RCPT, and each recipient that was taken. */
async function transaction(peer: Peer, rcpts: readonly string[], finals: readonly string[]): Promise<void> {
  await peer.ok("MAIL");
  for (const reply of rcpts) {
    await peer.line();
    await peer.say(`${reply}\r\n`);
  }
  await peer.line();
  await peer.say("354 go on\r\n");
  await peer.content();
  for (const reply of finals) await peer.say(`${reply}\r\n`);
}

async function serve(
  keywords: readonly string[],
  script: (peer: Peer) => Promise<void>,
): Promise<{ server: ScriptedSmtp; pool: SmtpPool }> {
  return serveScripted(
    async (peer) => {
      await peer.greet(...keywords);
      await script(peer);
    },
    { protocol: "lmtp", maxConnections: 1 },
  );
}

const OK = "250 2.1.5 ok";

describe.each([
  ["one command at a time", []],
  ["in groups", ["PIPELINING"]],
  ["in groups though chunks are offered", ["PIPELINING", "CHUNKING"]],
])("%s", (_, keywords) => {
  test("every recipient has an answer of its own", async () => {
    const { server, pool } = await serve(keywords, async (peer) => {
      await transaction(peer, [OK, "550 5.1.1 nobody", OK], ["250 2.0.0 <ann> saved", "452 4.2.2 <cy> is full"]);
      await transaction(peer, [OK, OK, OK], ["250 2.0.0 1", "250 2.0.0 2", "250 2.0.0 3"]);
      await peer.gone();
    });
    const [first, second] = await Promise.all([pool.send(THREE, MESSAGE), pool.send(THREE, MESSAGE)]);
    expect(first).toMatchObject({ accepted: ["ann@example.com"], response: "250 2.0.0 <ann> saved" });
    expect(first.rejected.map(({ address, retryable, reply }) => [address, retryable, reply.code])).toEqual([
      ["bob@example.com", false, 550],
      ["cy@example.com", true, 452],
    ]);
    expect(second).toMatchObject({ accepted: THREE.to, rejected: [], response: "250 2.0.0 1" });
    expect(server.conversations[0]?.[0]).toMatch(/^LHLO /);
    expect(server.conversations).toHaveLength(1);
  });

  test("where all say no in the end, the error speaks for the one that may be taken later", async () => {
    const { pool } = await serve(keywords, async (peer) => {
      await transaction(peer, [OK, OK, OK], ["550 5.2.1 no", "451 4.3.0 later", "550 5.2.1 no"]);
      await peer.gone();
    });
    const error = await failure(pool.send(THREE, MESSAGE));
    expect(error).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "final", retryable: true, outcome: "not-sent" });
    expect(error.rejected.map(({ address }) => address)).toEqual(THREE.to);
  });

  test.each([
    ["closed", async (peer: Peer) => peer.close()],
    ["closed with 421", async (peer: Peer) => void (await peer.say("421 4.3.2 shutting down\r\n"))],
  ])("a connection %s between the answers leaves the message unknown", async (_how, end) => {
    const { server, pool } = await serve(keywords, async (peer) => {
      await transaction(peer, [OK, OK, OK], ["250 2.0.0 <ann> saved", "550 5.2.2 <bob> is full"]);
      await end(peer);
    });
    const error = await failure(pool.send(THREE, MESSAGE));
    expect(error).toMatchObject({ stage: "final", outcome: "unknown", retryable: true });
    expect(error.rejected.map(({ address }) => address)).toEqual(["bob@example.com"]);
    expect(server.conversations).toHaveLength(1);
  });
});

test("a server that wants content for nobody gets none", async () => {
  const { server, pool } = await serve(["PIPELINING"], async (peer) => {
    await peer.ok("MAIL");
    for (let count = 0; count < 3; count += 1) {
      await peer.line();
      await peer.say("550 5.1.1 nobody\r\n");
    }
    await peer.line();
    await peer.say("354 go on\r\n");
    await peer.gone();
  });
  const error = await failure(pool.send(THREE, MESSAGE));
  expect(error).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "rcpt", retryable: false, outcome: "not-sent" });
  expect(server.conversations.flat().join("\n")).not.toContain("Dear all");
});

test("a connection is replaced after as many messages as the server says it takes", async () => {
  const { server, pool } = await serveScripted(
    async (peer) => {
      await peer.greet("LIMITS MAILMAX=2");
      await peer.message();
      await peer.message();
      await peer.gone();
    },
    { maxConnections: 1 },
  );
  const one = { from: "mac@example.com", to: ["ann@example.com"] };
  for (let count = 0; count < 4; count += 1) await pool.send(one, MESSAGE);
  expect(server.conversations).toHaveLength(2);
});
