/** What can go wrong with the content, from DATA or BDAT to the acknowledgement, in every mode, each with the outcome that is right. */
import { describe, expect, test } from "vitest";
import {
  at,
  bytesOf,
  closes,
  expectAllClosed,
  expectOutcome,
  expectTruth,
  fail,
  fateOf,
  leave,
  lost,
  named,
  resets,
  retry,
  says421,
  saysAndCloses,
  sentOf,
  stalls,
  turnOfEvents,
  unknown,
} from "../support/fates.ts";
import { allModes, type Deed, type Plan, serveLedger, type Turn } from "../support/ledger-smtp.ts";

const SHORT = { timeouts: { dataMs: 400, contentMs: 400, finalReplyMs: 400, replyMs: 400 } };
/** More than the buffers of both ends hold. */
const LONG = Buffer.from(`X-Id: long\r\n\r\n${`${"long ".repeat(15)}\r\n`.repeat(150_000)}`);

/** Says the same again and again, and never comes to an end. */
function drip(words: string): (turn: Turn) => Promise<never> {
  return async ({ peer }) => {
    for (;;) {
      await peer.say(words);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
}

describe.each(allModes)("in mode %s", (mode) => {
  test("DATA 451/554: retry/fail", async () => {
    const plan = (words: string): Plan => {
      return (turn) => at(mode === "chunk" ? "chunk" : "data", words)(turn) ?? at("final", words)(turn);
    };
    await expectOutcome(mode, plan("451 4.3.0 not now"), { alone: retry });
    await expectOutcome(mode, plan("554 5.7.1 not that"), { alone: fail });
  });

  test("DATA answered 250 (and BDAT answered 354): error; body never sent", async () => {
    const odd: Plan = (turn) => at("data", "250 2.0.0 fine")(turn) ?? at("chunk", "354 go on")(turn);
    const ledger = await serveLedger(mode, odd);
    const fate = await fateOf(ledger, "bad");
    expect(fate.error).toMatchObject({ ...retry, code: "WX_SMTP_PROTOCOL", stage: "data" });
    expectTruth(ledger, [fate]);
    expect(ledger.server.conversations.flat().join("\n")).not.toMatch(/dots|LAST/);
  });

  test("stall, 421, close at DATA: retry, nothing accepted", async () => {
    const plan = (deed: Deed): Plan => {
      return (turn) => at("data", deed)(turn) ?? at("bdat", deed)(turn);
    };
    await expectOutcome(mode, plan(stalls), lost(mode, { code: "WX_SMTP_TIMEOUT" }), SHORT);
    await expectOutcome(mode, plan(closes), lost(mode, { code: "WX_SMTP_LOST" }));
    await expectOutcome(mode, plan(resets), lost(mode, { code: "WX_SMTP_LOST" }));
    await expectOutcome(mode, plan(says421), { alone: { ...retry, reply: { code: 421 } } });
  });

  describe("server stops reading, cuts, RST, 552 mid-body: retry (552: fail), nothing accepted", () => {
    const stopsReading: Deed = async (turn) => {
      turn.peer.stopReading();
      await new Promise(() => {});
    };
    test.each<[string, Deed, object]>([
      ["stops reading", stopsReading, { ...retry, code: "WX_SMTP_TIMEOUT", stage: "content" }],
      ["cuts", closes, { ...retry, code: "WX_SMTP_LOST", stage: "content" }],
      ["RST", resets, { ...retry, code: "WX_SMTP_LOST", stage: "content" }],
      ["421", says421, { ...retry, stage: "content", reply: { code: 421 } }],
      ["451", "451 4.3.1 no room", { ...retry, stage: "content" }],
      ["552", "552 5.3.4 too big", { ...fail, stage: "content" }],
      ["250 before its end", "250 2.0.0 taken", { ...retry, code: "WX_SMTP_PROTOCOL", stage: "content" }],
    ])("%s", async (_, deed, outcome) => {
      const ledger = await serveLedger(mode, at("body", deed), SHORT);
      const fate = await fateOf(ledger, "bad", { bytes: LONG });
      expect(fate.error).toMatchObject(outcome);
      expectTruth(ledger, [fate]);
      expect((await fateOf(ledger, "next")).receipt).toBeDefined();
    });
  });

  test("451/554/421 after the dot: retry/fail/retry", async () => {
    await expectOutcome(mode, at("final", "451 4.3.0 not now"), { alone: { ...retry, stage: "final" } });
    await expectOutcome(mode, at("final", "554 5.6.0 not that"), { alone: { ...fail, stage: "final" } });
    await expectOutcome(mode, at("final", says421), { alone: { ...retry, stage: "final", reply: { code: 421 } } });
  });

  describe('no reply after the dot (refused or taken): "unknown"; at most one copy per attempt', () => {
    const takes = (deed: Deed): Deed => {
      return (turn) => {
        turn.take();
        return typeof deed === "string" ? deed : deed(turn);
      };
    };
    test.each<[string, Deed]>([
      ["close", closes],
      ["RST", resets],
      ["silence", stalls],
    ])("%s", async (_, deed) => {
      const options = deed === stalls ? SHORT : {};
      await Promise.all([
        expectOutcome(mode, at("final", deed), { alone: unknown }, options),
        expectOutcome(mode, at("final", takes(deed)), { alone: unknown }, options),
      ]);
    });
  });

  describe("split, multi-line, RST after 250, QUIT stalls/closes: sent, returns at once", () => {
    const split: Deed = async ({ peer, take }) => {
      take();
      for (const byte of "250 2.0.0 taken\r\n") await peer.say(byte);
    };
    const multiline: Deed = async ({ peer, take }) => {
      take();
      await peer.say("250-2.0.0 taken\r\n250-2.0.0 as\r\n250 2.0.0 q42\r\n");
    };
    const resetsAfter: Deed = async (turn) => {
      turn.take();
      await turn.peer.say("250 2.0.0 taken\r\n");
      return leave(turn.peer, "reset");
    };
    const reset = at("final", resetsAfter);
    test.each<[string, Plan]>([
      ["split", at("final", split)],
      ["multi-line", at("final", multiline)],
      ["RST after 250", reset],
      ["QUIT stalls", ({ step }) => (step === "quit" ? stalls : undefined)],
      ["QUIT closes", ({ step }) => (step === "quit" ? closes : undefined)],
      ["QUIT refused", ({ step }) => (step === "quit" ? "500 never" : undefined)],
    ])("%s", async (_, plan) => {
      const ledger = await serveLedger(mode, plan);
      const first = await fateOf(ledger, "bad");
      if (plan === reset)
        await expect
          .poll(() => ledger.server.open.size)
          .toBe(0)
          .then(turnOfEvents);
      const fates = [first, await fateOf(ledger, "next")];
      expect(sentOf(fates)).toEqual(["bad", "next"]);
      expectTruth(ledger, fates);
      await expectAllClosed(ledger);
    });
  });

  describe("no acknowledgement that can be read: never sent; unknown", () => {
    test.each([
      ["`250 ok` without CRLF then close", "250 ok"],
      ["`250-ok` then close", "250-ok\r\n"],
      ["half a code then close", "25"],
      ["another code in the second line", "250-ok\r\n554 no\r\n"],
      ["a code out of range", "299999 ok\r\n"],
      ["words without a code", "OK, taken\r\n"],
      ["a line of 300 KB", `250 ${"x".repeat(300_000)}`],
      ["a reply of 2,000 lines", "250-more\r\n".repeat(2000)],
    ])("%s", async (_, words) => {
      await expectOutcome(mode, at("final", saysAndCloses(words)), { alone: unknown });
    });
  });

  describe("3xx; endless `250-` drip: error within the deadline of the acknowledgement", () => {
    test.each<[string, Deed]>([
      ["3xx", saysAndCloses("354 go on\r\n")],
      ["drip", drip("250-wait\r\n")],
      ["drip of bytes", (turn) => turn.peer.say("250 ").then(() => drip("x")(turn))],
    ])("%s", async (_, deed) => {
      const start = performance.now();
      await expectOutcome(mode, at("final", deed), { alone: unknown }, SHORT);
      expect(performance.now() - start).toBeLessThan(6_000);
    });
  });
});

describe("BDAT refused / unknown / 451: DATA instead / no injection / retry", () => {
  const bdat =
    (deed: Deed): Plan =>
    ({ step }) =>
      step === "bdat" ? deed : undefined;

  test.each(["502 5.5.1 not here", "503 5.5.1 not now", "504 5.5.4 not so", "501 5.5.2 what?"])(
    "refused with %s: DATA instead, for all that follow too",
    async (words) => {
      const chunk: Plan = ({ step, line }) => (step === "chunk" || line.endsWith("LAST") ? words : undefined);
      const ledger = await serveLedger("chunk", (turn) => (turn.line.startsWith("BDAT") ? chunk(turn) : undefined));
      const fates = await Promise.all(named("m", 6).map((sender) => fateOf(ledger, sender)));
      expect(sentOf(fates)).toEqual(named("m", 6));
      expectTruth(ledger, fates);
    },
  );

  test("unknown: what is taken for commands is one header line, which is none", async () => {
    const ledger = await serveLedger("chunk", bdat("500 5.5.2 what?"), { maxConnections: 1 });
    const fates = await Promise.all(named("m", 4).map((sender) => fateOf(ledger, sender)));
    expect(sentOf(fates)).toEqual(named("m", 4));
    expectTruth(ledger, fates);
    const said = ledger.server.conversations.flat();
    expect(said.filter((line) => line.startsWith("X-Id"))).toHaveLength(1);
    expect(said.join("\n")).not.toContain("eve@example.com");
  });

  test("451: retry, and BDAT is not given up for it", async () => {
    const later: Plan = ({ step, sender }) => (step === "chunk" && sender === "m0" ? "451 4.3.0 later" : undefined);
    const ledger = await serveLedger("chunk", later);
    expect((await fateOf(ledger, "m0")).error).toMatchObject(retry);
    expect((await fateOf(ledger, "m1")).receipt).toBeDefined();
    expect(ledger.server.conversations.flat().join("\n")).not.toContain("DATA\n");
    expect(ledger.taken[0]?.content).toBe(String(bytesOf("m1")));
  });
});
