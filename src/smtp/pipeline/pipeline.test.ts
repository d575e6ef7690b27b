import { expect, test } from "vitest";
import { serveScripted as serve } from "../../../test/support/scripted-pool.ts";
import type { Peer } from "../../../test/support/scripted-smtp.ts";
import type { Logger } from "../../base/index.ts";
import type { Envelope, SmtpPool, SmtpReceipt } from "../index.ts";
import { SmtpError } from "../index.ts";

const TO_ANN: Envelope = { from: "mac@example.com", to: ["ann@example.com"] };
const TO_TWO: Envelope = { from: "mac@example.com", to: ["ann@example.com", "bob@example.com"] };
const MESSAGE = Buffer.from("Subject: hello\r\n\r\n.Dear Ann.\r\n");
const BIG = Buffer.from(`${"x".repeat(998)}\r\n`.repeat(400));
const ONE_CONNECTION = { maxConnections: 1, security: "none" } as const;

async function failure(sending: Promise<unknown>): Promise<SmtpError> {
  const error: unknown = await sending.then(() => "sent").catch((thrown: unknown) => thrown);
  if (!(error instanceof SmtpError)) throw new Error(`not an SmtpError: ${String(error)}`);
  return error;
}

/** Takes the lines of one group, which must have come together, and answers all of them together. */
async function group(peer: Peer, replies: Record<string, string>): Promise<void> {
  let answer = "";
  for (const [verb, reply] of Object.entries(replies)) {
    const line = await peer.line();
    if (!line.startsWith(verb)) throw new Error(`expected ${verb}, got ${line}`);
    answer += `${reply}\r\n`;
  }
  await peer.say(answer);
}

const TAKEN_GROUP = { MAIL: "250 ok", RCPT: "250 ok", DATA: "354 go" };

const sendAll = (pool: SmtpPool, count: number, bytes: Buffer = MESSAGE): Promise<SmtpReceipt[]> =>
  Promise.all(Array.from({ length: count }, () => pool.send(TO_ANN, bytes)));

function listen(): { logger: Logger; steps: string[] } {
  const steps: string[] = [];
  const log: Logger["log"] = (_, event, fields) => {
    if (event === "smtp.stepped-down") steps.push(`${String(fields?.["from"])} -> ${String(fields?.["to"])}`);
  };
  return { logger: { log }, steps };
}

test("where PIPELINING is offered, all commands of a message leave before the first reply", async () => {
  const { pool } = await serve(async (peer) => {
    await peer.greet("PIPELINING");
    await group(peer, { ...TAKEN_GROUP });
    await peer.content();
    await peer.say("250 taken\r\n");
    await peer.gone();
  });
  expect((await pool.send(TO_ANN, MESSAGE)).response).toBe("250 taken");
});

test("the next message's commands follow the content of the one before, without a reply between them", async () => {
  const { server, pool } = await serve(async (peer) => {
    await peer.greet("PIPELINING");
    await group(peer, TAKEN_GROUP);
    for (let number = 1; number < 4; number += 1) {
      await peer.content();
      for (const verb of ["MAIL", "RCPT", "DATA"]) if (!(await peer.line()).startsWith(verb)) peer.close();
      await peer.say(`250 taken ${number}\r\n250 ok\r\n250 ok\r\n354 go\r\n`);
    }
    await peer.content();
    await peer.say("250 taken 4\r\n");
    await peer.gone();
  }, ONE_CONNECTION);
  const receipts = await sendAll(pool, 4);
  expect(receipts.map(({ response }) => response)).toEqual([1, 2, 3, 4].map((number) => `250 taken ${number}`));
  expect(server.conversations).toHaveLength(1);
});

test("DATA accepted though nobody is to get it: the end alone is sent, and its 250 counts as nothing", async () => {
  let content = "not read";
  const { server, pool } = await serve(async (peer) => {
    await peer.greet("PIPELINING");
    await group(peer, { MAIL: "250 ok", RCPT: "550 5.1.1 unknown", DATA: "354 go" });
    content = await peer.content();
    await peer.say("250 2.0.0 taken, thank you\r\n");
    await group(peer, { RSET: "250 ok", ...TAKEN_GROUP });
    await peer.content();
    await peer.say("250 taken\r\n");
    await peer.gone();
  }, ONE_CONNECTION);
  const first = failure(pool.send(TO_ANN, MESSAGE));
  expect(await first).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "rcpt", outcome: "not-sent", retryable: false });
  expect(content).toBe("");
  expect((await pool.send(TO_ANN, MESSAGE)).response).toBe("250 taken");
  expect(server.conversations).toHaveLength(1);
});

test.each([
  [{ MAIL: "550 5.7.1 not you", RCPT: "503 5.5.1 MAIL first", DATA: "503 5.5.1 RCPT first" }, "mail"],
  [{ MAIL: "250 ok", RCPT: "550 5.1.1 unknown", DATA: "554 5.5.1 no recipients" }, "rcpt"],
  [{ MAIL: "250 ok", RCPT: "250 ok", DATA: "451 4.3.0 not now" }, "data"],
])("the refusal that counts is the first of its group: %j is one of %s", async (replies, stage) => {
  const { server, pool } = await serve(async (peer) => {
    await peer.greet("PIPELINING");
    await group(peer, replies);
    await peer.gone();
  });
  expect(await failure(pool.send(TO_ANN, MESSAGE))).toMatchObject({
    code: "WX_SMTP_REFUSED",
    stage,
    outcome: "not-sent",
  });
  expect(server.conversations).toHaveLength(1);
});

test("one of two recipients refused within a group: the other gets the message", async () => {
  const { pool } = await serve(async (peer) => {
    await peer.greet("PIPELINING");
    for (let line = 0; line < 4; line += 1) await peer.line();
    await peer.say("250 ok\r\n550 5.1.1 unknown\r\n250 ok\r\n354 go\r\n");
    await peer.content();
    await peer.say("250 taken\r\n");
    await peer.gone();
  });
  const { accepted, rejected } = await pool.send(TO_TWO, MESSAGE);
  expect([accepted, rejected.map(({ address }) => address)]).toEqual([["bob@example.com"], ["ann@example.com"]]);
});

/** Answers BDAT groups; returns how many messages had come whole each time before the first of them was answered. */
async function takeChunks(peer: Peer, messages: number): Promise<string[]> {
  const lines: string[] = [];
  for (let taken = 0; taken < messages;) {
    const line = await peer.line();
    lines.push(line);
    const size = /^BDAT (\d+)/.exec(line)?.[1];
    if (size !== undefined) lines.push(`(${(await peer.bytes(Number(size))).length})`);
    if (line.endsWith("LAST")) taken += 1;
    await peer.say("250 2.0.0 ok\r\n");
  }
  return lines;
}

test("with CHUNKING content goes out as it is, in one group with its commands, once its first line was taken by itself", async () => {
  let lines: string[] = [];
  const { pool } = await serve(async (peer) => {
    await peer.greet("PIPELINING", "CHUNKING");
    lines = await takeChunks(peer, 2);
    await peer.gone();
  }, ONE_CONNECTION);
  await pool.send(TO_ANN, MESSAGE);
  await pool.send(TO_ANN, MESSAGE);
  const commands = ["RSET", "MAIL FROM:<mac@example.com>", "RCPT TO:<ann@example.com>"];
  const chunk = [`BDAT ${MESSAGE.length} LAST`, `(${MESSAGE.length})`];
  const first = "Subject: hello\r\n".length;
  const rest = MESSAGE.length - first;
  const probed = [`BDAT ${first}`, `(${first})`, `BDAT ${rest} LAST`, `(${rest})`];
  expect(lines).toEqual([...commands, ...probed, ...commands, ...chunk]);
});

test("several messages are on the way by BDAT, as many as maxInFlight and not more", async () => {
  const seen: number[] = [];
  const { pool } = await serve(
    async (peer) => {
      await peer.greet("PIPELINING", "CHUNKING");
      await takeChunks(peer, 1);
      let unanswered = 0;
      for (let taken = 1; taken < 9; taken += 1) {
        for (const verb of ["RSET", "MAIL", "RCPT"]) if (!(await peer.line()).startsWith(verb)) peer.close();
        await peer.bytes(Number(/^BDAT (\d+) LAST/.exec(await peer.line())?.[1]));
        unanswered += 1;
        if (unanswered < 4) continue;
        seen.push(unanswered);
        await peer.say("250 ok\r\n".repeat(4 * unanswered));
        unanswered = 0;
      }
      await peer.gone();
    },
    { ...ONE_CONNECTION, maxInFlight: 4 },
  );
  expect(await sendAll(pool, 9)).toHaveLength(9);
  expect(seen).toEqual([4, 4]);
});

test.each(["PIPELINING", "PIPELINING CHUNKING"])(
  "a long message arrives whole by %s, with others behind it",
  async (offer) => {
    const sizes: number[] = [];
    const { pool } = await serve(async (peer) => {
      await peer.greet(...offer.split(" "));
      for (let taken = 0; taken < 3;) {
        const line = await peer.line();
        const size = /^BDAT (\d+)/.exec(line)?.[1];
        if (size !== undefined) await peer.bytes(Number(size));
        await peer.say(line === "DATA" ? "354 go\r\n" : "250 ok\r\n");
        if (line === "DATA") sizes.push((await peer.content()).length);
        else if (line.endsWith("LAST")) sizes.push(Number(size));
        if (line === "DATA") await peer.say("250 taken\r\n");
        taken = sizes.length;
      }
      await peer.gone();
    }, ONE_CONNECTION);
    await Promise.all([pool.send(TO_ANN, BIG), pool.send(TO_ANN, BIG), pool.send(TO_ANN, Buffer.from("hi\r\n"))]);
    expect(sizes).toEqual([BIG.length, BIG.length, 4]);
  },
);

test("a broken connection leaves unknown what had left in whole, and the rest goes another way", async () => {
  const { server, pool } = await serve(async (peer) => {
    await peer.greet("PIPELINING");
    await group(peer, TAKEN_GROUP);
    if (peer.index === 0) {
      await peer.content();
      await peer.line();
      return peer.close("reset");
    }
    await peer.content();
    await peer.say("250 taken\r\n");
    await peer.gone();
  }, ONE_CONNECTION);
  const [first, second] = [failure(pool.send(TO_ANN, MESSAGE)), pool.send(TO_ANN, MESSAGE)];
  expect(await first).toMatchObject({ code: "WX_SMTP_LOST", stage: "final", outcome: "unknown" });
  expect((await second).response).toBe("250 taken");
  expect(server.conversations).toHaveLength(2);
});

/** Serves by the mode that is left: refuses groups when `refuse` says so. */
async function serveSteps(
  refuse: (verb: string, isGrouped: boolean, isChained: boolean) => string | undefined,
  offer: string,
) {
  const { logger, steps } = listen();
  const served = await serve(
    async (peer) => {
      await peer.greet(...offer.split(" "));
      let isChained = false;
      for (;;) {
        const line = await peer.line();
        const verb = line.slice(0, 4);
        const refusal = refuse(verb, peer.hasMore(), isChained);
        isChained = false;
        if (refusal === "close") return peer.close();
        if (refusal === undefined && verb === "DATA") {
          await peer.say("354 go\r\n");
          await peer.content();
          isChained = peer.hasMore();
          await peer.say("250 taken\r\n");
        } else await peer.say(`${refusal ?? "250 ok"}\r\n`);
      }
    },
    { ...ONE_CONNECTION, logger },
  );
  return { ...served, steps };
}

test.each([
  [
    "refuses a chained MAIL",
    "PIPELINING",
    "chain -> pipe",
    (verb: string, _: boolean, chained: boolean) =>
      verb === "MAIL" && chained ? "554 5.5.0 pipelined after end of DATA" : undefined,
  ],
  [
    "refuses a group",
    "PIPELINING",
    "pipe -> one",
    (verb: string, grouped: boolean) => (verb === "MAIL" && grouped ? "503 5.5.1 improper pipelining" : undefined),
  ],
  ["closes on a group", "PIPELINING", "pipe -> one", (_: string, grouped: boolean) => (grouped ? "close" : undefined)],
  [
    "does not know BDAT",
    "PIPELINING CHUNKING",
    "chunk -> chain",
    (verb: string) => (verb === "BDAT" ? "500 5.5.2 unknown" : undefined),
  ],
  [
    "refuses BDAT",
    "PIPELINING CHUNKING",
    "chunk -> chain",
    (verb: string) => (verb === "BDAT" ? "503 5.5.1 no" : undefined),
  ],
])("a server that %s gets its messages one step slower, each once", async (_, offer, step, refuse) => {
  const { server, pool, steps } = await serveSteps(refuse, offer);
  expect(await sendAll(pool, 6)).toHaveLength(6);
  expect(await sendAll(pool, 2)).toHaveLength(2);
  expect(steps).toEqual([step]);
  expect(server.conversations.flat().filter((line) => line === "DATA").length).toBeGreaterThanOrEqual(8);
});

test("no content follows a BDAT until the server has shown that it knows the command", async () => {
  const { server, pool } = await serveSteps(
    (verb) => (verb === "BDAT" ? "500 what?" : undefined),
    "PIPELINING CHUNKING",
  );
  await pool.send(TO_ANN, Buffer.from("MAIL FROM:<eve@example.com>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\n"));
  expect(server.conversations.flat().join("\n")).not.toContain("eve@");
});

test("a sender that is refused in every mode is reported, and the faster mode used again", async () => {
  const { logger, steps } = listen();
  const { server, pool } = await serve(
    async (peer) => {
      await peer.greet("PIPELINING");
      for (;;) {
        const line = await peer.line();
        if (line.startsWith("MAIL FROM:<eve")) await peer.say("550 5.7.1 not you\r\n");
        else if (line !== "DATA") await peer.say("250 ok\r\n");
        else {
          await peer.say("354 go\r\n");
          await peer.content();
          await peer.say("250 taken\r\n");
        }
      }
    },
    { ...ONE_CONNECTION, logger },
  );
  const eve = { ...TO_ANN, from: "eve@example.com" };
  const [, refused] = await Promise.all([
    pool.send(TO_ANN, MESSAGE),
    failure(pool.send(eve, MESSAGE)),
    pool.send(TO_ANN, MESSAGE),
  ]);
  expect(refused).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "mail", reply: { code: 550 } });
  await Promise.all([pool.send(TO_ANN, MESSAGE), failure(pool.send(eve, MESSAGE))]);
  // Given up and taken back each time: a lasting step down would have been told once.
  expect(steps).toEqual(["chain -> pipe", "chain -> pipe"]);
  expect(server.conversations).toHaveLength(1);
});

test("an acknowledgement that speaks of an address is not one: a reply too many does not shift the others", async () => {
  const { pool } = await serve(async (peer) => {
    await peer.greet("PIPELINING", "CHUNKING");
    await takeChunks(peer, 1);
    for (let line = 0; line < 4; line += 1) await peer.line();
    await peer.say("250 2.0.0 ok\r\n250 2.0.0 too many\r\n250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n");
    await peer.gone();
  });
  await pool.send(TO_ANN, MESSAGE);
  const error = await failure(pool.send(TO_ANN, MESSAGE));
  expect(error).toMatchObject({ code: "WX_SMTP_PROTOCOL", stage: "final", outcome: "unknown" });
});

test("an abort does not disturb the others on the connection", async () => {
  const stop = new AbortController();
  const { server, pool } = await serve(async (peer) => {
    await peer.greet("PIPELINING", "CHUNKING");
    await takeChunks(peer, 1);
    for (let message = 0; message < 3; message += 1) {
      for (let line = 0; line < 3; line += 1) await peer.line();
      await peer.bytes(Number(/^BDAT (\d+) LAST/.exec(await peer.line())?.[1]));
    }
    stop.abort();
    await peer.say("250 ok\r\n".repeat(12));
    await peer.gone();
  }, ONE_CONNECTION);
  await pool.send(TO_ANN, MESSAGE);
  const [one, two, three] = [
    pool.send(TO_ANN, MESSAGE),
    failure(pool.send(TO_ANN, MESSAGE, { signal: stop.signal })),
    pool.send(TO_ANN, MESSAGE),
  ];
  expect(await two).toMatchObject({ code: "WX_SMTP_ABORTED", outcome: "unknown" });
  expect((await Promise.all([one, three])).map(({ accepted }) => accepted.length)).toEqual([1, 1]);
  expect(server.conversations).toHaveLength(1);
});

test("a server that falls silent on a group is given a slower mode the next time, and no second wait", async () => {
  const { logger, steps } = listen();
  const { server, pool } = await serve(
    async (peer) => {
      await peer.greet("PIPELINING");
      await peer.gone();
    },
    { ...ONE_CONNECTION, logger, timeouts: { replyMs: 80 } },
  );
  expect(await failure(pool.send(TO_ANN, MESSAGE))).toMatchObject({ code: "WX_SMTP_TIMEOUT", outcome: "not-sent" });
  expect(steps).toEqual(["pipe -> one"]);
  expect(server.conversations).toHaveLength(1);
});

test("a DATA that is answered with 250 ends the connection: replies are out of step, and a slower mode is tried", async () => {
  const { server, pool } = await serve(async (peer) => {
    await peer.greet("PIPELINING");
    if (peer.index === 0) await group(peer, { ...TAKEN_GROUP, DATA: "250 ok" });
    else await peer.message("250 taken\r\n");
    await peer.gone();
  }, ONE_CONNECTION);
  expect((await pool.send(TO_ANN, MESSAGE)).response).toBe("250 taken");
  expect(server.conversations).toHaveLength(2);
});
