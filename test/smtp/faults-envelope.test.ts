/** What can go wrong with sender and recipients, in every mode, each with the outcome that is right and that the server's books confirm. */
import { describe, expect, test } from "vitest";
import { createSmtpPool, type Envelope } from "../../src/smtp/index.ts";
import {
  at,
  bytesOf,
  closes,
  expectAllClosed,
  expectOutcome,
  expectTruth,
  fail,
  type Fate,
  fateOf,
  fatesOf,
  lost,
  resets,
  retry,
  says421,
  sentOf,
  stalls,
} from "../support/fates.ts";
import { allModes, type Ledger, type Plan, serveLedger } from "../support/ledger-smtp.ts";

const SHORT = { timeouts: { replyMs: 400, dataMs: 400, finalReplyMs: 400 } };
const A_USER = "550 5.1.1 no such user";
const LATER = "451 4.2.0 try later";

/** Answers for recipients by how their address begins. */
const byName: Plan = ({ step, line }) => {
  if (step !== "rcpt") return undefined;
  return line.includes("<gone") ? A_USER : line.includes("<late") ? LATER : undefined;
};

/** Sends one message to some recipients: on a fresh connection, and once more on the same. */
async function sendTo(ledger: Ledger, to: readonly string[]): Promise<Fate[]> {
  const fates = [await fateOf(ledger, "first", { to }), await fateOf(ledger, "second", { to })];
  expectTruth(ledger, fates);
  return fates;
}

describe.each(allModes)("in mode %s", (mode) => {
  describe("one of three RCPT 550 / 451: others sent; refused one reported fail / retry", () => {
    test.each([
      ["gone@example.com", 550, false],
      ["late@example.com", 451, true],
    ])("%s", async (address, code, retryable) => {
      const ledger = await serveLedger(mode, byName);
      for (const { receipt } of await sendTo(ledger, ["ann@example.com", address, "bob@example.com"])) {
        expect(receipt?.accepted).toEqual(["ann@example.com", "bob@example.com"]);
        expect(receipt?.rejected).toMatchObject([{ address, retryable, reply: { code } }]);
      }
    });
  });

  describe("all 550 / all 450 / mixed: fail / retry / retry; no DATA", () => {
    test.each<[string, string[], object]>([
      ["all 550", ["gone1@example.com", "gone2@example.com"], fail],
      ["all 451", ["late1@example.com", "late2@example.com"], retry],
      ["mixed", ["gone1@example.com", "late2@example.com"], retry],
    ])("%s", async (_, to, outcome) => {
      const ledger = await serveLedger(mode, byName);
      for (const { error } of await sendTo(ledger, to)) {
        expect(error).toMatchObject({ ...outcome, stage: "rcpt" });
        expect(error?.rejected.map(({ address }) => address)).toEqual(to);
      }
      expect(ledger.taken).toEqual([]);
      expect(ledger.wire).toEqual([]);
      if (mode === "one") expect(ledger.server.conversations.flat().join()).not.toContain("DATA");
      expect((await fateOf(ledger, "next")).receipt?.accepted).toEqual(["ann@example.com"]);
    });

    test("a server that asks for the content all the same gets an empty one, and it counts as nothing sent", async () => {
      const careless: Plan = (turn) => {
        const isFor = turn.step === "data" && turn.sender === "first";
        return isFor ? ({ peer }) => peer.say("354 go on\r\n").then(() => takeEmpty(turn)) : byName(turn);
      };
      const contents: string[] = [];
      const takeEmpty: (turn: Parameters<Plan>[0]) => Promise<void> = async ({ peer }) => {
        contents.push(await peer.content());
        await peer.say("250 2.0.0 an empty one\r\n");
      };
      const ledger = await serveLedger(mode, careless);
      expect((await fateOf(ledger, "first", { to: ["gone@example.com"] })).error).toMatchObject(fail);
      expect(contents.filter((content) => content !== "")).toEqual([]);
    });
  });

  test("452 after 100 of 150: 100 sent; 50 in a second transaction; nobody twice", async () => {
    const to = Array.from({ length: 150 }, (_, index) => `user${index}@example.com`);
    let inThis = 0;
    const full: Plan = ({ step }) => {
      if (step === "mail") inThis = 0;
      if (step !== "rcpt") return undefined;
      inThis += 1;
      return inThis > 100 ? "452 4.5.3 too many recipients" : undefined;
    };
    const ledger = await serveLedger(mode, full, { maxRecipients: 150 });
    for (const { receipt } of await sendTo(ledger, to)) {
      expect(receipt?.accepted.toSorted()).toEqual(to.toSorted());
      expect(receipt?.rejected).toEqual([]);
    }
    expect(ledger.taken.map(({ recipients }) => recipients.length)).toEqual([100, 50, 100, 50]);
  });

  describe("stall, 421, close at MAIL and RCPT: retry, nothing accepted", () => {
    test.each(["mail", "rcpt"] as const)("%s", async (step) => {
      await expectOutcome(mode, at(step, stalls), lost(mode, { code: "WX_SMTP_TIMEOUT" }), SHORT);
      await expectOutcome(mode, at(step, says421), { alone: { ...retry, reply: { code: 421 } } });
      await expectOutcome(mode, at(step, closes), lost(mode, { code: "WX_SMTP_LOST" }));
      await expectOutcome(mode, at(step, resets), lost(mode, { code: "WX_SMTP_LOST" }));
    });
  });

  test("421 to MAIL on every connection: the message is tried on two, and no more", async () => {
    const ledger = await serveLedger(mode, at("mail", says421), { maxConnections: 1 });
    const fates = [await fateOf(ledger, "warm"), ...(await fatesOf(ledger, ["bad", "a", "b", "c"]))];
    expect(sentOf(fates)).toEqual(["warm", "a", "b", "c"]);
    const said = ledger.server.conversations.flat();
    expect(said.filter((line) => line.startsWith("MAIL FROM:<bad@"))).toHaveLength(2);
    expect(ledger.server.conversations).toHaveLength(3);
  });

  describe("MAIL refused: fail / retry", () => {
    test.each([
      ["550 5.7.1 not from there", fail],
      [LATER, retry],
    ])("%s", async (words, outcome) => {
      await expectOutcome(mode, at("mail", words), { alone: { ...outcome, stage: "mail" } });
    });
  });

  test("SIZE too small: fail before any byte of data", async () => {
    const ledger = await serveLedger(mode, () => undefined, { keywords: ["SIZE 40"] });
    const fates = await fatesOf(ledger, ["first", "second"]);
    for (const { error } of fates) expect(error).toMatchObject({ ...fail, code: "WX_SMTP_TOO_LARGE" });
    expect(ledger.server.conversations.flat().filter((line) => !/^(?:EHLO|QUIT)/.test(line))).toEqual([]);
    expect((await fateOf(ledger, "small", { bytes: Buffer.from("A: b\r\n\r\nc\r\n") })).receipt).toBeDefined();
  });

  test("552 to MAIL and after the data: fail", async () => {
    await expectOutcome(mode, at("mail", "552 5.3.4 too big"), { alone: { ...fail, stage: "mail" } });
    await expectOutcome(mode, at("final", "552 5.3.4 too big"), { alone: { ...fail, stage: "final" } });
  });

  test("no 8BITMIME: no byte above 127", async () => {
    const withHighByte = Buffer.from("Subject: hello\r\n\r\n授权码\r\n");
    const strict = await serveLedger(mode, () => undefined, { keywords: [] });
    const { error } = await fateOf(strict, "bad", { bytes: withHighByte });
    expect(error).toMatchObject({ ...fail, code: "WX_SMTP_8BIT" });
    expect(strict.taken).toEqual([]);
    const ledger = await serveLedger(mode, () => undefined);
    expect((await fateOf(ledger, "good", { bytes: withHighByte })).receipt).toBeDefined();
    expect(ledger.taken[0]?.content).toBe(withHighByte.toString("latin1"));
  });

  test("552 on RCPT: retry", async () => {
    await expectOutcome(mode, at("rcpt", "552 5.2.2 too many"), { alone: { ...retry, stage: "rcpt" } });
  });

  test('extra 250 then RCPT refused: never "sent"', async () => {
    const extra: Plan = ({ step, sender }) => {
      if (sender !== "bad") return undefined;
      if (step === "mail") return "250 2.1.0 sender ok\r\n250 2.0.0 extra";
      return step === "rcpt" ? A_USER : undefined;
    };
    const ledger = await serveLedger(mode, extra, { maxConnections: 1 });
    const fates = [await fateOf(ledger, "warm"), ...(await fatesOf(ledger, ["a", "bad", "b", "bad", "c"]))];
    expectTruth(ledger, fates);
    expect(sentOf(fates)).not.toContain("bad");
    await expectAllClosed(ledger);
  });
});

describe("what could become a command: refuse", () => {
  const CRLF = "ann@example.com\r\nRCPT TO:<eve@example.com>";
  const envelopes: [string, object][] = [
    ["CR/LF in recipient", { to: [CRLF] }],
    ["CR/LF in one of several recipients", { to: ["ann@example.com", CRLF] }],
    ["CR in recipient", { to: ["ann@example.com\r"] }],
    ["LF in recipient", { to: ["ann\n@example.com"] }],
    ["CR/LF in sender", { from: "mac@example.com>\r\nRSET" }],
    ["> and parameters in recipient", { to: ["ann@example.com> NOTIFY=NEVER"] }],
    ["> and parameters in sender", { from: "mac@example.com> SIZE=0" }],
    ["blank and parameters", { to: ["ann@example.com NOTIFY=NEVER"] }],
    ["NUL", { to: ["ann\0@example.com"] }],
    ["U+2028", { to: ["ann\u2028@example.com"] }],
    ["U+2028 with SMTPUTF8", { to: ["ann\u2028@example.com"], smtpUtf8: true }],
    ["U+010A, whose low byte is LF", { to: ["ann\u010a@example.com"] }],
    ["U+0D0A with SMTPUTF8", { to: ["ann@example.com\u0085"], smtpUtf8: true }],
    ["CRLF in the DSN id", { dsn: { id: "x\r\nRSET" } }],
    ["blank in the DSN id", { dsn: { id: "x NOTIFY=NEVER" } }],
    ["CRLF in DSN notify", { dsn: { notify: ["failure\r\nRSET"] } }],
    ["CRLF in DSN return", { dsn: { return: "full\r\nRSET" } }],
    ["an object as recipient", { to: [{ toString: () => CRLF }] }],
    ["no recipient", { to: [] }],
  ];
  test.each(envelopes)("%s", async (_, bad) => {
    const ledger = await serveLedger("chunk", () => undefined, { keywords: ["DSN", "SMTPUTF8"] });
    const envelope = { from: "mac@example.com", to: ["ann@example.com"], ...bad } as Envelope;
    const sending = ledger.pool.send(envelope, bytesOf("bad"));
    await expect(sending).rejects.toMatchObject({ ...fail, code: "WX_SMTP_ENVELOPE" });
    expect(ledger.server.received.bytes).toBe(0);
  });

  test("a size of the caller's own is never said: SIZE is that of the bytes", async () => {
    const ledger = await serveLedger("one", () => undefined, { keywords: ["SIZE 1000000"] });
    const own = { size: "1\r\nRCPT TO:<eve@example.com>" } as object;
    await ledger.pool.send({ from: "mac@example.com", to: ["ann@example.com"], ...own }, bytesOf("x"));
    expect(ledger.server.conversations[0]?.[1]).toBe(`MAIL FROM:<mac@example.com> SIZE=${bytesOf("x").length}`);
  });

  test.each(["web.example.com\r\nMAIL FROM:<eve@example.com>", "web example", "a\0b", "", "[192.0.2.1]\n"])(
    "EHLO name %j",
    (clientName) => {
      expect(() => createSmtpPool({ host: "127.0.0.1", clientName })).toThrow(/clientName/);
    },
  );
});
