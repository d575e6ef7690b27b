import { describe, expect, test } from "vitest";
import { serveScripted as serve } from "../../../test/support/scripted-pool.ts";
import type { Peer, ScriptedSmtp } from "../../../test/support/scripted-smtp.ts";
import type { Envelope } from "../envelope.ts";
import { SmtpError } from "../errors.ts";

const TO_ANN: Envelope = { from: "mac@example.com", to: ["ann@example.com"] };
const TO_THREE: Envelope = { from: "mac@example.com", to: ["ann@example.com", "bob@example.com", "cy@example.com"] };
const MESSAGE = Buffer.from("Subject: hello\r\n\r\nDear Ann.\r\n");

async function failure(sending: Promise<unknown>): Promise<SmtpError> {
  const error: unknown = await sending.then(() => "sent").catch((thrown: unknown) => thrown);
  if (!(error instanceof SmtpError)) throw new Error(`not an SmtpError: ${String(error)}`);
  return error;
}

const verbs = (server: ScriptedSmtp): string[] =>
  server.conversations.flat().map((line) => line.split(/[ :]/)[0] ?? "");

/** Answers each command with the next of these; "DATA" content is read after a 354. */
async function answer(peer: Peer, replies: readonly string[]): Promise<void> {
  for (const reply of replies) {
    await peer.line();
    await peer.say(`${reply}\r\n`);
    if (reply.startsWith("354")) await peer.content();
  }
}

describe("the envelope", () => {
  test("nothing is sent for an address that could become a command", async () => {
    const { server, pool } = await serve((peer) => peer.greet());
    for (const envelope of [
      { from: "mac@example.com\r\nRCPT TO:<eve@example.com>", to: ["ann@example.com"] },
      { from: "mac@example.com", to: ["ann@example.com", "bob@example.com> ORCPT=x"] },
      { from: "mac@example.com", to: [] },
    ]) {
      const error = await failure(pool.send(envelope, MESSAGE));
      expect(error).toMatchObject({ code: "WX_SMTP_ENVELOPE", stage: "mail", retryable: false, outcome: "not-sent" });
    }
    expect(server.conversations).toEqual([]);
  });

  test("some recipients refused: the others get the message, the refused are named", async () => {
    const { server, pool } = await serve(async (peer) => {
      await peer.greet();
      await answer(peer, ["250 ok", "250 ok", "550 5.1.1 no such user", "452 4.2.2 mailbox full"]);
      await peer.line();
      await peer.say("354 go\r\n");
      await peer.content();
      await peer.say("250 2.0.0 queued as 7\r\n");
      await peer.gone();
    });
    const receipt = await pool.send(TO_THREE, MESSAGE);
    expect(receipt.accepted).toEqual(["ann@example.com"]);
    expect(receipt.rejected.map(({ address, retryable, reply }) => [address, retryable, reply.code])).toEqual([
      ["bob@example.com", false, 550],
      ["cy@example.com", true, 452],
    ]);
    expect(receipt.response).toBe("250 2.0.0 queued as 7");
    expect(receipt.server).toBe(`127.0.0.1:${server.port}`);
  });

  test.each([
    [["550 no", "550 no", "550 no"], false],
    [["450 later", "450 later", "450 later"], true],
    [["550 no", "450 later", "550 no"], true],
    [["552 too many", "550 no", "550 no"], true],
  ])("all recipients refused (%j): no DATA, retryable %s", async (replies, retryable) => {
    const { server, pool } = await serve(async (peer) => {
      await peer.greet();
      await answer(peer, ["250 ok", ...replies]);
      await peer.gone();
    });
    const error = await failure(pool.send(TO_THREE, MESSAGE));
    expect(error).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "rcpt", retryable, outcome: "not-sent" });
    expect(error.rejected).toHaveLength(3);
    expect(verbs(server)).not.toContain("DATA");
  });

  test("a recipient given twice is named once", async () => {
    const { server, pool } = await serve(async (peer) => {
      await peer.greet();
      await peer.message();
      await peer.gone();
    });
    const receipt = await pool.send({ from: "", to: ["ann@example.com", "ann@example.com"] }, MESSAGE);
    expect(receipt.accepted).toEqual(["ann@example.com"]);
    expect(server.conversations[0]?.slice(1, 3)).toEqual(["MAIL FROM:<>", "RCPT TO:<ann@example.com>"]);
  });

  test("the recipients refused before a later failure are in its error", async () => {
    const { pool } = await serve(async (peer) => {
      await peer.greet();
      await answer(peer, ["250 ok", "550 no", "250 ok", "250 ok", "451 not now"]);
      await peer.gone();
    });
    const error = await failure(pool.send(TO_THREE, MESSAGE));
    expect(error).toMatchObject({ stage: "data", retryable: true });
    expect(error.rejected.map(({ address }) => address)).toEqual(["ann@example.com"]);
  });
});

describe("refusals", () => {
  test.each([
    [["530 5.7.0 log in first"], "mail", false],
    [["451 4.3.0 later"], "mail", true],
    [["250 ok", "421 closing"], "rcpt", true],
    [["250 ok", "250 ok", "554 5.5.1 no"], "data", false],
    [["250 ok", "250 ok", "354 go", "554 5.7.1 spam"], "final", false],
    [["250 ok", "250 ok", "354 go", "451 4.2.0 later"], "final", true],
    [["250 ok", "250 ok", "354 go", "421 4.2.0 closing"], "final", true],
  ])("%j is a refusal at %s, retryable %s", async (replies, stage, retryable) => {
    const { server, pool } = await serve(async (peer) => {
      await peer.greet();
      const before = replies.filter((reply) => reply !== "354 go");
      for (const reply of before.slice(0, -1)) await answer(peer, [reply]);
      if (stage === "final") {
        await peer.line();
        await peer.say("354 go\r\n");
        await peer.content();
        await peer.say(`${replies.at(-1)}\r\n`);
      } else await answer(peer, before.slice(-1));
      await peer.gone();
    });
    const error = await failure(pool.send(TO_ANN, MESSAGE));
    expect(error).toMatchObject({ code: "WX_SMTP_REFUSED", stage, retryable, outcome: "not-sent" });
    expect(error.message).toContain(replies.at(-1));
    expect(error.reply?.code).toBe(Number(replies.at(-1)?.slice(0, 3)));
    expect(error.transcript.join("\n")).not.toContain("Dear Ann");
    expect(server.conversations).toHaveLength(1);
  });

  test("DATA answered with 250 is an error, and the message never leaves", async () => {
    const { server, pool } = await serve(async (peer) => {
      await peer.greet();
      await answer(peer, ["250 ok", "250 ok", "250 ok"]);
      await peer.gone();
    });
    const error = await failure(pool.send(TO_ANN, MESSAGE));
    expect(error).toMatchObject({ code: "WX_SMTP_PROTOCOL", stage: "data", outcome: "not-sent" });
    expect(server.received.bytes).toBe(server.conversations.flat().join("\r\n").length + 2);
  });

  test("an extra 250 never makes a refused recipient count as sent", async () => {
    const { pool } = await serve(async (peer) => {
      await peer.greet();
      await peer.line();
      await peer.say("250 ok\r\n250 extra\r\n");
      await answer(peer, ["550 no", "354 go"]);
      await peer.gone();
    });
    const error = await failure(pool.send(TO_ANN, MESSAGE));
    expect(error).toMatchObject({ code: "WX_SMTP_PROTOCOL", outcome: "not-sent", retryable: true });
  });

  test("after a refused message the next one is begun with RSET, on the same connection", async () => {
    const { server, pool } = await serve(async (peer) => {
      await peer.greet();
      await answer(peer, ["250 ok", "550 no"]);
      await peer.ok("RSET");
      await peer.message();
      await peer.message();
      await peer.gone();
    });
    await failure(pool.send(TO_ANN, MESSAGE));
    await pool.send(TO_ANN, MESSAGE);
    await pool.send(TO_ANN, MESSAGE);
    expect(verbs(server).join(" ")).toBe("EHLO MAIL RCPT RSET MAIL RCPT DATA MAIL RCPT DATA");
  });
});

describe("the content", () => {
  test("a bare CR or LF is refused before anything is sent", async () => {
    const { server, pool } = await serve((peer) => peer.greet());
    for (const text of ["a\nb\r\n", "a\rb\r\n", "a\r\n.\nb", "a\n.\r\nb", "a\r.\r"]) {
      const error = await failure(pool.send(TO_ANN, Buffer.from(text)));
      expect(error).toMatchObject({ code: "WX_SMTP_BARE_NEWLINE", stage: "content", retryable: false });
    }
    expect(server.conversations).toEqual([]);
  });

  test("an announced SIZE and a missing 8BITMIME are obeyed before MAIL, and the connection stays good", async () => {
    const { server, pool } = await serve(async (peer) => {
      await peer.greet("SIZE 100");
      await peer.message();
      await peer.gone();
    });
    const large = await failure(pool.send(TO_ANN, Buffer.from("x".repeat(101))));
    expect(large).toMatchObject({ code: "WX_SMTP_TOO_LARGE", stage: "mail", retryable: false });
    const eightBit = await failure(pool.send(TO_ANN, Buffer.from("ä\r\n")));
    expect(eightBit).toMatchObject({ code: "WX_SMTP_8BIT", retryable: false });
    await pool.send(TO_ANN, MESSAGE);
    expect(server.conversations).toHaveLength(1);
    expect(server.conversations[0]?.[1]).toBe(`MAIL FROM:<mac@example.com> SIZE=${MESSAGE.length}`);
  });

  test("8-bit content is declared where the server takes it", async () => {
    const { server, pool } = await serve(async (peer) => {
      await peer.greet("8BITMIME");
      await peer.message();
      await peer.gone();
    });
    await pool.send(TO_ANN, Buffer.from("ä\r\n"));
    expect(server.conversations[0]?.[1]).toBe("MAIL FROM:<mac@example.com> BODY=8BITMIME");
  });

  test.each([0, 1, 2, 3, 65_533, 65_534, 65_535, 65_536, 65_537, 131_071, 131_072])(
    "dots around byte %i of a large message arrive as they were",
    async (at) => {
      let taken = "";
      const { pool } = await serve(async (peer) => {
        await peer.greet();
        taken = await peer.message();
        await peer.gone();
      });
      const content = `${"x".repeat(at)}\r\n.\r\n..\r\nMAIL FROM:<x@y>\r\n.${"y".repeat(70_000)}\r\n`;
      await pool.send(TO_ANN, Buffer.from(content));
      expect(taken.replaceAll("\r\n..", "\r\n.").replace(/^\.\./, ".")).toBe(content);
    },
  );

  test("a view into a larger buffer sends its own bytes only", async () => {
    let taken = "";
    const { pool } = await serve(async (peer) => {
      await peer.greet();
      taken = await peer.message();
      await peer.gone();
    });
    const whole = new TextEncoder().encode("secret\r\nvisible\r\nsecret\r\n");
    await pool.send(TO_ANN, whole.subarray(8, 17));
    expect(taken).toBe("visible\r\n");
  });

  const BIG = Buffer.from(`${"x".repeat(998)}\r\n`.repeat(20_000));

  test("a server that stops reading ends at the deadline, and nothing was sent", async () => {
    const { pool } = await serve(
      async (peer) => {
        await peer.greet();
        await answer(peer, ["250 ok", "250 ok"]);
        await peer.line();
        await peer.say("354 go\r\n");
        peer.stopReading();
        await peer.gone();
      },
      { timeouts: { contentMs: 200 } },
    );
    const error = await failure(pool.send(TO_ANN, BIG));
    expect(error).toMatchObject({ code: "WX_SMTP_TIMEOUT", stage: "content", outcome: "not-sent", retryable: true });
  });

  test("a server that interrupts with a refusal is believed, and the end is never sent", async () => {
    const { server, pool } = await serve(async (peer) => {
      await peer.greet();
      await answer(peer, ["250 ok", "250 ok"]);
      await peer.line();
      await peer.say("354 go\r\n552 5.3.4 too big\r\n");
      await peer.gone();
    });
    const error = await failure(pool.send(TO_ANN, BIG));
    expect(error).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "content", outcome: "not-sent", retryable: false });
    expect(server.received.bytes).toBeLessThan(BIG.length);
  });

  test("a 250 that comes before the message is complete is not believed", async () => {
    const { pool } = await serve(async (peer) => {
      await peer.greet();
      await answer(peer, ["250 ok", "250 ok"]);
      await peer.line();
      await peer.say("354 go\r\n250 taken\r\n");
      await peer.gone();
    });
    const error = await failure(pool.send(TO_ANN, MESSAGE));
    expect(error).toMatchObject({ code: "WX_SMTP_PROTOCOL", stage: "content", outcome: "not-sent" });
  });

  test.each(["end", "reset"] as const)("a connection cut inside the message (%s) sent nothing", async (how) => {
    const { pool } = await serve(async (peer) => {
      await peer.greet();
      await answer(peer, ["250 ok", "250 ok"]);
      await peer.line();
      await peer.say("354 go\r\n");
      peer.close(how);
    });
    const error = await failure(pool.send(TO_ANN, BIG));
    expect(error).toMatchObject({ code: "WX_SMTP_LOST", outcome: "not-sent", retryable: true });
  });
});

describe("the acknowledgement", () => {
  const endings: [string, string, (peer: Peer) => Promise<void> | void][] = [
    ["a close", "WX_SMTP_LOST", (peer) => peer.close()],
    ["a reset", "WX_SMTP_LOST", (peer) => peer.close("reset")],
    ["silence", "WX_SMTP_TIMEOUT", () => {}],
    ["half a reply", "WX_SMTP_LOST", (peer) => peer.say("250 ok").then(() => peer.close())],
    ["no reply at all", "WX_SMTP_PROTOCOL", (peer) => peer.say("thanks!\r\n")],
    ["354 once more", "WX_SMTP_PROTOCOL", (peer) => peer.say("354 more\r\n")],
  ];
  test.each(endings)("%s leaves the outcome unknown, and nothing is sent again", async (_, code, end) => {
    const { server, pool } = await serve(
      async (peer) => {
        await peer.greet();
        await answer(peer, ["250 ok", "250 ok"]);
        await peer.line();
        await peer.say("354 go\r\n");
        await peer.content();
        await end(peer);
        await peer.gone();
      },
      { timeouts: { finalReplyMs: 200 } },
    );
    const error = await failure(pool.send(TO_ANN, MESSAGE));
    expect(error).toMatchObject({ code, stage: "final", outcome: "unknown", retryable: true });
    expect(error.message).toContain("may deliver it twice");
    expect(verbs(server).filter((verb) => verb === "DATA")).toHaveLength(1);
  });

  test("an abort while it is awaited is unknown too", async () => {
    const stop = new AbortController();
    const { pool } = await serve(async (peer) => {
      await peer.greet();
      await answer(peer, ["250 ok", "250 ok"]);
      await peer.line();
      await peer.say("354 go\r\n");
      await peer.content();
      stop.abort();
      await peer.gone();
    });
    const error = await failure(pool.send(TO_ANN, MESSAGE, { signal: stop.signal }));
    expect(error).toMatchObject({ code: "WX_SMTP_ABORTED", stage: "final", outcome: "unknown" });
  });

  test.each(["end", "reset"] as const)("one that is there before a close (%s) counts", async (how) => {
    const { pool } = await serve(async (peer) => {
      await peer.greet();
      await peer.message("250-taken\r\n250 as 7\r\n");
      peer.close(how);
    });
    expect((await pool.send(TO_ANN, MESSAGE)).response).toBe("250 taken as 7");
  });
});
