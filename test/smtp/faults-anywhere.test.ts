/** Faults that may come at any reply, or at any byte of one, from the greeting to the last acknowledgement. */
import { describe, expect, test } from "vitest";
import type { SmtpMode } from "../../src/smtp/index.ts";
import {
  at,
  expectAllClosed,
  expectOutcome,
  expectTruth,
  type Fate,
  fateOf,
  fatesOf,
  leave,
  lost,
  retry,
  says421,
  sentOf,
  unknownOf,
} from "../support/fates.ts";
import {
  allModes,
  type Deed,
  type Ledger,
  type LedgerOptions,
  type Plan,
  serveLedger,
} from "../support/ledger-smtp.ts";
import type { Peer } from "../support/scripted-smtp.ts";

const honest = (): undefined => {};
const IN_FLIGHT = 3;
/** Replies are of many lengths, so that every third byte comes to every place in one; WAXSEAL_TEST_RUNS asks for each. */
const STRIDE = process.env["WAXSEAL_TEST_RUNS"] === undefined ? 3 : 1;

/** Sends a message, and four more at once on the same connection. */
async function sendFive(
  mode: SmtpMode,
  plan: Plan,
  options: LedgerOptions,
): Promise<{ ledger: Ledger; fates: Fate[] }> {
  const ledger = await serveLedger(mode, plan, { maxConnections: 1, maxInFlight: IN_FLIGHT, ...options });
  const fates = [await fateOf(ledger, "first"), ...(await fatesOf(ledger, ["a", "b", "c", "d"]))];
  expectTruth(ledger, fates);
  await ledger.pool.close();
  await ledger.server.close();
  return { ledger, fates };
}

/** Does `then` when the first connection's server has said so many bytes, and in the middle of a reply if it comes to that. */
function after(bytes: number, then: (peer: Peer) => Promise<unknown>): (peer: Peer) => void {
  return (peer) => {
    if (peer.index > 0) return;
    const say = peer.say.bind(peer);
    let left = bytes;
    peer.say = async (text) => {
      const all = Buffer.from(text);
      const now = all.subarray(0, left);
      left -= now.length;
      if (now.length > 0) await say(now);
      if (now.length === all.length) return;
      await then(peer);
      left = Infinity;
      await say(all.subarray(now.length));
    };
  };
}

/** How many bytes an honest server says to one connection. */
async function lengthOfAll(mode: SmtpMode): Promise<number> {
  let said = 0;
  const counting = (peer: Peer): void => {
    const say = peer.say.bind(peer);
    peer.say = (text) => {
      said += text.length;
      return say(text);
    };
  };
  expect(sentOf((await sendFive(mode, honest, { spoil: counting })).fates)).toHaveLength(5);
  return said;
}

describe.each(allModes)("in mode %s", (mode) => {
  test.each(["end", "reset"] as const)("replies cut at any byte by a disconnect (%s)", async (how) => {
    const length = await lengthOfAll(mode);
    for (let bytes = 0; bytes < length; bytes += how === "end" ? STRIDE : 4 * STRIDE) {
      const { fates } = await sendFive(mode, honest, { spoil: after(bytes, (peer) => leave(peer, how)) });
      const errors = fates.flatMap(({ error }) => error ?? []);
      for (const error of errors) expect(error.retryable, `byte ${bytes}`).toBe(true);
      expect(unknownOf(fates).length, `byte ${bytes}`).toBeLessThanOrEqual(mode === "chunk" ? IN_FLIGHT : 1);
      expect(errors.length - unknownOf(fates).length, `byte ${bytes}`).toBeLessThanOrEqual(1);
    }
  });

  test("replies in two pieces, cut at any byte: all sent", async () => {
    const length = await lengthOfAll(mode);
    for (let bytes = 1; bytes < length; bytes += STRIDE) {
      const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      const { ledger, fates } = await sendFive(mode, honest, { spoil: after(bytes, pause) });
      expect(sentOf(fates), `byte ${bytes}`).toHaveLength(5);
      expect(ledger.server.conversations, `byte ${bytes}`).toHaveLength(1);
    }
  });

  test("421 at any time: the message it answers is not sent, at most, and the others are", async () => {
    let isReached = true;
    for (let number = 0; isReached; number += 1) {
      isReached = false;
      let turns = 0;
      const plan: Plan = ({ peer, step }) => {
        if (peer.index > 0 || step === "quit") return undefined;
        turns += 1;
        if (turns !== number + 1) return undefined;
        isReached = true;
        return says421;
      };
      const { fates } = await sendFive(mode, plan, {});
      expect(unknownOf(fates), `turn ${number}`).toEqual([]);
      expect(sentOf(fates).length, `turn ${number}`).toBeGreaterThanOrEqual(4);
      for (const { error } of fates) if (error) expect(error).toMatchObject({ ...retry, reply: { code: 421 } });
    }
  });

  describe("oversized and unterminated lines at any step: given up early, nothing accepted", () => {
    const steps = mode === "one" ? (["mail", "rcpt", "data"] as const) : (["mail", "rcpt"] as const);
    test.each([
      ["one line without end", "250 x", "x".repeat(65_536)],
      ["lines without end", "250-x\r\n", "250-x\r\n".repeat(9_000)],
      ["no code, without end", "", "x".repeat(65_536)],
      ["NULs", "", "\0".repeat(65_536)],
    ])("%s", async (_, start, block) => {
      let most = 0;
      const floods: Deed = async ({ peer }) => {
        await peer.say(start);
        for (let sent = 0; sent < 256 * 1024 * 1024; sent += block.length) {
          await peer.say(block);
          most = Math.max(most, sent);
        }
      };
      for (const step of steps) await expectOutcome(mode, at(step, floods), lost(mode, { code: "WX_SMTP_PROTOCOL" }));
      expect(most).toBeLessThan(24 * 1024 * 1024);
    });
  });

  describe("a desynchronised or lying server: retry, never sent", () => {
    test.each(["354 go on", "334 more", "250", "hello", "99 low", "600 high", "2 50 gap", "250_ok"])(
      "%s to MAIL or RCPT",
      async (words) => {
        // A bare code is a whole reply (RFC 5321, section 4.2), and no lie.
        if (words === "250") return expectHonest(words);
        const outcome = lost(mode, { code: "WX_SMTP_PROTOCOL" });
        await expectOutcome(mode, at("mail", words), outcome);
        await expectOutcome(mode, at("rcpt", words), outcome);
      },
    );

    async function expectHonest(words: string): Promise<void> {
      const { fates } = await sendFive(mode, ({ step }) => (step === "rcpt" ? words : undefined), {});
      expect(sentOf(fates)).toHaveLength(5);
    }

    test.each(["250 2.0.0 taken", "554 5.0.0 no"])(
      "a reply left out, and %s at the end: within the deadline, and never against the truth",
      async (words) => {
        const leavesOut: Deed = ({ take }) => take();
        const timeouts = { replyMs: 400, dataMs: 400, finalReplyMs: 400 };
        for (const step of ["mail", "rcpt"] as const) {
          const plan: Plan = (turn) => at(step, leavesOut)(turn) ?? at("final", words)(turn);
          const ledger = await serveLedger(mode, plan, { maxConnections: 1, timeouts });
          const fates = [await fateOf(ledger, "warm"), ...(await fatesOf(ledger, ["bad", "a"]))];
          expectTruth(ledger, fates);
          await expectAllClosed(ledger);
        }
      },
    );

    test("one that reads the first command of each piece and drops the rest: a step slower at each retry, and the others sent", async () => {
      const dropsRest: Plan = ({ step }) => (step === "mail" ? readsOne : undefined);
      const readsOne: Deed = async ({ peer, take }) => {
        take();
        await peer.say("250 2.1.0 sender ok\r\n");
        while (peer.hasMore()) await peer.line();
      };
      const timeouts = { replyMs: 400, dataMs: 400, finalReplyMs: 400 };
      const { fates } = await sendFive(mode, dropsRest, { timeouts });
      const errors = fates.flatMap(({ error }) => error ?? []);
      for (const error of errors) expect(error).toMatchObject({ ...retry, code: "WX_SMTP_TIMEOUT" });
      const stepsToOne = { one: 0, pipe: 1, chain: 1, chunk: 2 };
      expect(errors.length).toBeLessThanOrEqual(stepsToOne[mode]);
    });
  });

  test("slow drip for ever at any step: retry at the absolute deadline", async () => {
    const drips: Deed = async ({ peer }) => {
      for (;;) {
        await peer.say("250-wait\r\n");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    // By BDAT the whole message has left, so that its deadline is that of the acknowledgement.
    const timeouts = { replyMs: 400, finalReplyMs: 400 };
    const outcome = lost(mode, { code: "WX_SMTP_TIMEOUT" });
    await Promise.all(
      (["mail", "rcpt"] as const).map((step) => expectOutcome(mode, at(step, drips), outcome, { timeouts })),
    );
  });
});
