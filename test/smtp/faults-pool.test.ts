/** What can go wrong between messages and among connections, in every mode: every message is answered for once, and truly. */
import { describe, expect, test } from "vitest";
import {
  at,
  bytesOf,
  closes,
  expectAllClosed,
  expectTruth,
  fateOf,
  fatesOf,
  leave,
  named,
  resets,
  saysAndCloses,
  sentOf,
  stalls,
  turnOfEvents,
  unknownOf,
} from "../support/fates.ts";
import { allModes, type Deed, type Plan, serveLedger, type Turn } from "../support/ledger-smtp.ts";

/** Takes the message, says so, and then something more. */
const takesAnd = (more: (turn: Turn) => unknown): Deed => {
  return async (turn) => {
    turn.take();
    await turn.peer.say("250 2.0.0 taken\r\n");
    await more(turn);
  };
};

describe.each(allModes)("in mode %s", (mode) => {
  describe("pool: replies left over from the last mail: next mail not acknowledged by them", () => {
    // Comes when the connection is at rest, which ends it.
    const late = takesAnd(async ({ peer }) => {
      await turnOfEvents();
      await peer.say("250 2.0.0 taken too\r\n");
    });
    test.each<[string, Deed]>([
      ["one, in the same piece", takesAnd(({ peer }) => peer.say("250 2.0.0 taken too\r\n"))],
      ["a whole message's", takesAnd(({ peer }) => peer.say("250 a\r\n250 b\r\n354 c\r\n250 2.0.0 taken\r\n"))],
      ["a part of one", takesAnd(({ peer }) => peer.say("250"))],
      ["a refusal", takesAnd(({ peer }) => peer.say("554 5.0.0 no\r\n"))],
      ["one that comes late", late],
    ])("%s", async (_, deed) => {
      const ledger = await serveLedger(mode, at("final", deed, "odd"), { maxConnections: 1 });
      const first = await fateOf(ledger, "odd");
      if (deed === late) await expect.poll(() => ledger.server.open.size).toBe(0);
      const fates = [first, ...(await fatesOf(ledger, named("m", 4)))];
      expectTruth(ledger, fates);
      expect(sentOf(fates)).toEqual(["odd", ...named("m", 4)]);
      await expectAllClosed(ledger);
    });
  });

  test("a reply too many while others are on the way: none of them is acknowledged by it", async () => {
    const plan: Plan = (turn) => {
      const tooMany = at("final", "250 2.0.0 taken\r\n250 2.0.0 taken too", "odd")(turn);
      return tooMany ?? at("final", "554 5.6.0 not that", "refused")(turn);
    };
    const ledger = await serveLedger(mode, plan, { maxConnections: 1 });
    const fates = [await fateOf(ledger, "warm"), ...(await fatesOf(ledger, ["a", "odd", "refused", "b"]))];
    expectTruth(ledger, fates);
    expect(sentOf(fates)).not.toContain("refused");
    await expectAllClosed(ledger);
  });

  describe("421 or close while idle: next mail sent on a new connection, once", () => {
    test.each<[string, (turn: Turn) => unknown]>([
      ["421", (turn) => turn.peer.say("421 4.4.2 idle too long\r\n").then(() => leave(turn.peer, "end"))],
      ["421 without a close", ({ peer }) => peer.say("421 4.4.2 idle too long\r\n")],
      ["close", ({ peer }) => leave(peer, "end")],
      ["RST", ({ peer }) => leave(peer, "reset")],
    ])("%s", async (_, ends) => {
      const ledger = await serveLedger(mode, at("final", takesAnd(ends), "last"));
      const fates = [await fateOf(ledger, "last")];
      await expect.poll(() => ledger.server.open.size).toBe(0);
      await turnOfEvents();
      fates.push(await fateOf(ledger, "next"));
      expect(sentOf(fates)).toEqual(["last", "next"]);
      expectTruth(ledger, fates);
      expect(ledger.taken.map(({ connection }) => connection)).toEqual([0, 1]);
    });
  });

  test("421 after every 3 mails, 20 in parallel: all sent once", async () => {
    const counts = new Map<number, number>();
    const weary: Plan = ({ step, peer }) => {
      if (step === "mail" && counts.get(peer.index) === 3) return saysAndCloses("421 4.7.0 three are enough\r\n");
      if (step === "final") counts.set(peer.index, (counts.get(peer.index) ?? 0) + 1);
      return undefined;
    };
    const ledger = await serveLedger(mode, weary, { maxConnections: 4 });
    const fates = await fatesOf(ledger, named("m", 20));
    expectTruth(ledger, fates);
    expect(sentOf(fates)).toEqual(named("m", 20));
    await expectAllClosed(ledger);
  });

  test('10% RST after the dot: each error "unknown"; no silent resend', async () => {
    const ends: string[] = [];
    const isUnlucky = (sender: string): boolean => sender.endsWith("7");
    const unlucky: Plan = ({ step, sender }) => {
      if (step === "final") ends.push(sender);
      if (step !== "final" || !isUnlucky(sender)) return undefined;
      // Half of them were taken.
      return sender.length % 2 === 0 ? resets : takesThenResets;
    };
    const takesThenResets: Deed = (turn) => {
      turn.take();
      return leave(turn.peer, "reset");
    };
    const ledger = await serveLedger(mode, unlucky, { maxConnections: 4, maxInFlight: 4 });
    const fates = await fatesOf(ledger, named("m", 200));
    expectTruth(ledger, fates);
    const lost = named("m", 200).filter(isUnlucky);
    expect(unknownOf(fates)).toEqual(expect.arrayContaining(lost));
    expect(sentOf(fates).length + unknownOf(fates).length).toBe(200);
    // No more than what was on the way with each: by BDAT four, else itself.
    expect(unknownOf(fates).length).toBeLessThanOrEqual(lost.length * (mode === "chunk" ? 4 : 1));
    expect(ends).toEqual([...new Set(ends)]);
    await expectAllClosed(ledger);
  });

  test("one of four connections stalls: at least 19 of 20 sent", async () => {
    const stuck: Plan = ({ step, peer }) => (peer.index === 1 && step === "mail" ? stalls : undefined);
    const ledger = await serveLedger(mode, stuck, { maxConnections: 4, timeouts: { replyMs: 1_000 } });
    const fates = await fatesOf(ledger, named("m", 20));
    expectTruth(ledger, fates);
    expect(sentOf(fates).length).toBeGreaterThanOrEqual(19);
    await expectAllClosed(ledger);
  });

  test("sendMany over a server that loses every tenth connection: every message has one result, and a true one", async () => {
    let finals = 0;
    const losing: Plan = ({ step }) => {
      if (step !== "final") return undefined;
      finals += 1;
      return finals % 10 === 0 ? closes : undefined;
    };
    const ledger = await serveLedger(mode, losing, { maxConnections: 2, maxInFlight: 4 });
    const senders = named("m", 100);
    const messages = senders.map((sender) => ({
      envelope: { from: `${sender}@example.com`, to: ["ann@example.com"] },
      bytes: bytesOf(sender),
    }));
    const fates = [];
    for await (const { index, ...result } of ledger.pool.sendMany(messages)) {
      fates.push({ sender: senders[index] ?? "", ...result });
    }
    expectTruth(ledger, fates);
    expect(fates.map(({ sender }) => sender).toSorted()).toEqual(senders.toSorted());
    expect(sentOf(fates).length + unknownOf(fates).length).toBe(100);
    expect(unknownOf(fates).length).toBeLessThanOrEqual(10 * (mode === "chunk" ? 4 : 1) * 2);
    await expectAllClosed(ledger);
  });
});
