import { expect, test } from "vitest";
import { serveScripted as serve } from "../../test/support/scripted-pool.ts";
import type { Peer } from "../../test/support/scripted-smtp.ts";
import { SmtpError } from "./index.ts";

const MESSAGE = Buffer.from("Subject: hello\r\n\r\nDear all.\r\n");
const people = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}@example.com`);

/** Takes at most `room` recipients a transaction; says `full` to the others. Tells who got what. */
async function takeUpTo(peer: Peer, room: number, full: string, got: string[][]): Promise<void> {
  await peer.greet("PIPELINING");
  let taken: string[] = [];
  for (;;) {
    const line = await peer.line();
    const recipient = /^RCPT TO:<(.*?)>/.exec(line)?.[1];
    if (recipient?.startsWith("gone")) await peer.say("550 5.1.1 no such user\r\n");
    else if (recipient !== undefined && taken.length >= room) await peer.say(`${full}\r\n`);
    else if (line === "DATA") {
      await peer.say("354 go\r\n");
      await peer.content();
      got.push(taken);
      taken = [];
      await peer.say("250 taken\r\n");
    } else {
      if (recipient !== undefined) taken.push(recipient);
      await peer.say("250 ok\r\n");
    }
  }
}

test("a list longer than maxRecipients is served in several transactions, with one receipt", async () => {
  const got: string[][] = [];
  const { pool } = await serve((peer) => takeUpTo(peer, 1000, "", got), { maxRecipients: 10 });
  const { accepted, rejected } = await pool.send(
    { from: "", to: [...people(25), ...people(3), "gone@example.com"] },
    MESSAGE,
  );
  expect(got.map((part) => part.length).toSorted()).toEqual([10, 10, 5]);
  expect(accepted.toSorted()).toEqual(people(25).toSorted());
  expect(rejected).toMatchObject([{ address: "gone@example.com", retryable: false, reply: { code: 550 } }]);
});

test.each(["452 4.5.3 too many", "452 too many recipients", "552 5.5.3 too many"])(
  "those the server had no room for (%s) come in the next transaction, and nobody twice",
  async (full) => {
    const got: string[][] = [];
    const { pool } = await serve((peer) => takeUpTo(peer, 4, full, got), { maxConnections: 1 });
    const { accepted, rejected } = await pool.send({ from: "", to: people(10) }, MESSAGE);
    expect(got.map((part) => part.length)).toEqual([4, 4, 2]);
    expect(accepted).toEqual(people(10));
    expect(rejected).toEqual([]);
  },
);

test("a limit that the server announces is kept to, once it is known (RFC 9422)", async () => {
  const got: string[][] = [];
  const { pool } = await serve(
    async (peer) => {
      await peer.greet("LIMITS RCPTMAX=3");
      for (let message = 0; message < 3; message += 1) {
        const taken: string[] = [];
        for (let line = await peer.line(); line !== "DATA"; line = await peer.line()) {
          if (line.startsWith("RCPT")) taken.push(line);
          await peer.say("250 ok\r\n");
        }
        await peer.say("354 go\r\n");
        await peer.content();
        got.push(taken);
        await peer.say("250 taken\r\n");
      }
      await peer.gone();
    },
    { maxConnections: 1 },
  );
  await pool.send({ from: "", to: people(1) }, MESSAGE);
  expect((await pool.send({ from: "", to: people(5) }, MESSAGE)).accepted).toEqual(people(5));
  expect(got.map((part) => part.length)).toEqual([1, 3, 2]);
});

test("a full mailbox is not a full list", async () => {
  const got: string[][] = [];
  const { pool } = await serve((peer) => takeUpTo(peer, 1, "452 4.2.2 mailbox full", got));
  const { accepted, rejected } = await pool.send({ from: "", to: people(3) }, MESSAGE);
  expect([accepted.length, rejected.length, got.length]).toEqual([1, 2, 1]);
});

test("where one transaction is lost, its recipients are named with what became of them", async () => {
  const { pool } = await serve(
    async (peer) => {
      await peer.greet();
      if (peer.index === 0) {
        await peer.message();
        return peer.gone();
      }
      await peer.ok("MAIL");
      await peer.ok("RCPT");
      await peer.line();
      await peer.say("354 go\r\n");
      await peer.content();
      peer.close("reset");
    },
    { maxRecipients: 1, maxConnections: 2 },
  );
  const { accepted, rejected } = await pool.send({ from: "", to: people(2) }, MESSAGE);
  expect([...accepted, ...rejected.map(({ address }) => address)].toSorted()).toEqual(people(2));
  expect(rejected).toMatchObject([{ outcome: "unknown", reply: { code: 0 } }]);
});

test("where every transaction fails, the error names every recipient", async () => {
  const { pool } = await serve(
    async (peer) => {
      await peer.greet();
      for (;;) {
        const line = await peer.line();
        await peer.say(line.startsWith("RCPT") ? "450 4.2.0 later\r\n" : "250 ok\r\n");
      }
    },
    { maxRecipients: 2 },
  );
  const error = await pool.send({ from: "", to: people(5) }, MESSAGE).catch((thrown: unknown) => thrown);
  if (!(error instanceof SmtpError)) throw new Error("not an SmtpError");
  expect(error).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "rcpt", retryable: true, outcome: "not-sent" });
  expect(error.rejected.map(({ address }) => address).toSorted()).toEqual(people(5));
});
