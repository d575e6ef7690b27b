/** Whatever a server does, each message has exactly one fate, and it is the true one. */
import { type Arbitrary, array, assert, asyncProperty, constantFrom, integer, nat, record, tuple } from "fast-check";
import { expect, test } from "vitest";
import { createModelSmtp, type ModelFault, type ModelPlan } from "../../../test/support/model-smtp.ts";
import { createSmtpPool, SmtpError } from "../index.ts";
import type { SmtpMode } from "./mode.ts";

const FAULTS: ModelFault[] = ["close", "reset", "421", "451", "554", "354", "extra", "last-words"];
const honest: ModelPlan = {
  keywords: ["PIPELINING", "CHUNKING", "8BITMIME"],
  onGroup: "takes",
  onChain: "takes",
  onBdat: "takes",
  pieces: "as they come",
  faults: new Map(),
};

const contentOf = (id: number): string => `X-Id: ${id}\r\n\r\n.\r\n..dots\r\nMAIL FROM:<eve@example.com>\r\nend\r\n`;

interface Run {
  readonly messages: number;
  readonly pipelining?: SmtpMode;
  readonly maxConnections?: number;
  readonly maxInFlight?: number;
  /** Messages whose only recipient the server refuses. */
  readonly bad?: readonly number[];
}

interface Fates {
  readonly accepted: number[];
  readonly unknown: number[];
  readonly notSent: number[];
  /** How often the server took each message. */
  readonly taken: ReadonlyMap<number, number>;
  readonly connections: number;
}

async function play(plan: ModelPlan, run: Run): Promise<Fates> {
  const server = await createModelSmtp(plan);
  const { messages, bad = [], ...options } = run;
  const pool = createSmtpPool({ host: "127.0.0.1", port: server.port, security: "none", ...options });
  const fates: Fates & { connections: number } = {
    accepted: [],
    unknown: [],
    notSent: [],
    taken: new Map(),
    connections: 0,
  };
  try {
    await Promise.all(
      Array.from({ length: messages }, async (_, id) => {
        const to = [bad.includes(id) ? "bad@example.com" : "ann@example.com"];
        try {
          await pool.send({ from: "mac@example.com", to }, Buffer.from(contentOf(id)));
          fates.accepted.push(id);
        } catch (error) {
          if (!(error instanceof SmtpError)) throw error;
          (error.outcome === "unknown" ? fates.unknown : fates.notSent).push(id);
        }
      }),
    );
    await pool.close();
  } finally {
    await server.close();
  }
  const taken = new Map<number, number>();
  for (const { content } of server.taken) {
    const id = Number(/^X-Id: (\d+)/.exec(content)?.[1]);
    expect(content).toBe(contentOf(id));
    taken.set(id, (taken.get(id) ?? 0) + 1);
  }
  return { ...fates, taken, connections: server.connections };
}

/** Guarantee under test: never "accepted" when it was not taken, never "not-sent" when it was, never taken twice. */
function expectTruth({ accepted, unknown, notSent, taken }: Fates, messages: number): void {
  expect([...accepted, ...unknown, ...notSent].toSorted((one, other) => one - other)).toEqual([
    ...Array(messages).keys(),
  ]);
  expect(accepted.filter((id) => taken.get(id) !== 1)).toEqual([]);
  expect(notSent.filter((id) => taken.has(id))).toEqual([]);
  expect([...taken].filter(([, times]) => times > 1)).toEqual([]);
}

const plans: Arbitrary<ModelPlan> = record({
  keywords: constantFrom([], ["PIPELINING"], ["PIPELINING", "CHUNKING"], ["PIPELINING", "CHUNKING"]),
  onGroup: constantFrom("takes", "takes", "takes", "503", "close", "500 and close"),
  onChain: constantFrom("takes", "takes", "503"),
  onBdat: constantFrom("takes", "takes", "takes", "500", "503"),
  pieces: constantFrom("as they come", "byte by byte", "all at once"),
  faults: array(tuple(nat(60), constantFrom(...FAULTS)), { maxLength: 6 }).map(
    (faults) => new Map<number, ModelFault>(faults),
  ),
});
const runs: Arbitrary<Run> = record({
  messages: integer({ min: 1, max: 12 }),
  pipelining: constantFrom<SmtpMode[]>("chunk", "chunk", "chain", "pipe", "one"),
  maxConnections: integer({ min: 1, max: 3 }),
  maxInFlight: integer({ min: 1, max: 5 }),
  bad: array(nat(11), { maxLength: 3 }),
});

const numRuns = Number(process.env["WAXSEAL_TEST_RUNS"] ?? 150);
const seed = Number(process.env["WAXSEAL_TEST_SEED"] ?? 20_26);
/** What a run may take on a busy machine. */
const RUN_MS = 100;

test(
  "each message has one fate and it is the true one, whatever the server does",
  { timeout: 20_000 + numRuns * RUN_MS },
  async () => {
    await assert(
      asyncProperty(plans, runs, async (plan, run) => expectTruth(await play(plan, run), run.messages)),
      { numRuns, seed },
    );
  },
);

const MODES: SmtpMode[] = ["one", "pipe", "chain", "chunk"];

test.each(MODES.flatMap((mode) => (["close", "reset", "421"] as const).map((fault) => [mode, fault] as const)))(
  "in mode %s, a server gone (%s) instead of any one reply costs no more than what was on the way",
  async (pipelining, fault) => {
    for (let at = 0; at < 24; at += 1) {
      const run = { messages: 6, pipelining, maxConnections: 1, maxInFlight: 3 };
      const fates = await play({ ...honest, faults: new Map([[at, fault]]) }, run);
      expectTruth(fates, run.messages);
      const limit = fault === "421" ? 0 : pipelining === "chunk" ? 3 : 1;
      expect(fates.unknown.length).toBeLessThanOrEqual(limit);
      expect(fates.notSent.length).toBeLessThanOrEqual(1);
    }
  },
);

test.each(MODES)(
  "in mode %s, replies cut at every byte or sent all at once are the same replies",
  async (pipelining) => {
    for (const pieces of ["byte by byte", "all at once"] as const) {
      const fates = await play({ ...honest, pieces }, { messages: 30, pipelining, maxConnections: 1, bad: [3, 4, 9] });
      expectTruth(fates, 30);
      expect(fates.notSent.toSorted()).toEqual([3, 4, 9]);
      expect(fates.connections).toBe(1);
    }
  },
);
