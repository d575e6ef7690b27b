/** Two hundred of each fault leave nothing behind: no socket, no timer, no listener, no memory, and none takes longer than its time. */
import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { createSmtpPool, type SmtpMode, SmtpError, type SmtpOptions } from "../../src/smtp/index.ts";
import { createCertificates, type KeyAndCertificate } from "../support/certificates.ts";
import { at, bytesOf, closes, leave, resets, says421, saysAndCloses, stalls } from "../support/fates.ts";
import { allModes, type Deed, type Ledger, type LedgerStep, type Plan, serveLedger } from "../support/ledger-smtp.ts";
import type { Peer } from "../support/scripted-smtp.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Each fault meets so many pools, at most so many at once. */
const ROUNDS = 4;
const RUNS_PER_ROUND = 50;
const AT_ONCE = 50;
const STEP_MS = 60;
/** Far above any deadline above, and what a busy machine may add. */
const HANG_MS = 10_000;
const MAX_GROWTH_BYTES = 2 * 1024 * 1024;

const timeouts = {
  connectMs: 2_000,
  greetingMs: STEP_MS,
  replyMs: STEP_MS,
  dataMs: STEP_MS,
  contentMs: STEP_MS,
  finalReplyMs: STEP_MS,
};

let good: KeyAndCertificate;
let ca: string;
beforeAll(async () => {
  const certificates = await createCertificates();
  good = await certificates.issue({ names: ["mail.example.test"], ips: ["127.0.0.1"] });
  ca = certificates.ca;
});

interface Kind {
  readonly name: string;
  readonly mode?: SmtpMode;
  readonly plan?: Plan;
  /** In place of an honest greeting. */
  readonly greets?: (peer: Peer, greet: Peer["greet"]) => Promise<unknown>;
  readonly options?: () => Partial<SmtpOptions>;
  /** Whether the caller gives up while its message is on the way. */
  readonly isAborted?: boolean;
}

const floods: Deed = async ({ peer }) => {
  for (;;) await peer.say("250-more\r\n".repeat(1_000));
};

const openings: Kind[] = [
  { name: "closed at the greeting", greets: (peer) => leave(peer, "end") },
  { name: "reset at the greeting", greets: (peer) => leave(peer, "reset") },
  { name: "no greeting", greets: (peer) => leave(peer, "silence") },
  { name: "554 at the greeting", greets: (peer) => peer.say("554 no\r\n") },
  { name: "garbage at the greeting", greets: (peer) => peer.say("HTTP/1.1 400 Bad Request\r\n\r\n") },
  {
    name: "EHLO unanswered",
    greets: async (peer) => {
      await peer.say("220 hi\r\n");
      await leave(peer, "silence");
    },
  },
  {
    name: "log-in refused",
    greets: async (peer, greet) => {
      await greet("AUTH PLAIN");
      await peer.line();
      await peer.say("535 5.7.8 no\r\n");
      await leave(peer, "silence");
    },
    options: () => ({ allowPlaintextAuth: true, auth: { user: "mac", password: "hush" } }),
  },
  ...(["end", "reset", "silence"] as const).map((how): Kind => ({
    name: `${how} in the handshake`,
    greets: async (peer, greet) => {
      await greet("STARTTLS");
      await peer.line();
      await peer.say("220 go\r\n");
      await leave(peer, how);
    },
    options: () => ({ security: "starttls", timeouts: { ...timeouts, connectMs: STEP_MS } }),
  })),
  {
    name: "a certificate of nobody known",
    greets: async (peer) => {
      await peer.secure(good);
      await leave(peer, "silence");
    },
    options: () => ({ security: "tls" }),
  },
  {
    name: "closed after the handshake",
    greets: async (peer) => {
      await peer.secure(good);
      await peer.say("220 hi\r\n");
      await peer.line();
      await leave(peer, "end");
    },
    options: () => ({ security: "tls", tls: { ca } }),
  },
  { name: "given up by the caller", isAborted: true, plan: at("rcpt", stalls) },
];

const DEEDS: [string, Deed][] = [
  ["close", closes],
  ["reset", resets],
  ["silence", stalls],
  ["421", says421],
  ["garbage", saysAndCloses("what?\r\n")],
  ["a flood", floods],
  ["554", "554 5.0.0 no"],
];
/** Every deed at every step, each in one mode after the other. */
const middles = (["mail", "rcpt", "final"] as LedgerStep[]).flatMap((step, place) =>
  DEEDS.map(([name, deed], index): Kind => {
    const mode = allModes[(index + place) % allModes.length] ?? "one";
    return { name: `${name} at ${step} in mode ${mode}`, mode, plan: at(step, deed) };
  }),
);

/** Sends messages at once by a pool of their own, one of them to its fault, and ends the pool. */
async function meet({ mode = "chunk", greets, options, isAborted }: Kind, { server }: Ledger): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const start = performance.now();
  const pool = createSmtpPool({
    host: "127.0.0.1",
    port: server.port,
    security: "none",
    maxConnections: 1,
    pipelining: mode,
    timeouts,
    ...options?.(),
  });
  const names = greets === undefined ? ["warm", "bad", "next"] : ["bad"];
  const sending = names.map((name) =>
    pool.send({ from: `${name}@example.com`, to: ["ann@example.com"] }, bytesOf(name), { signal }),
  );
  if (isAborted === true) setTimeout(() => controller.abort(), 5);
  for (const result of await Promise.allSettled(sending)) {
    if (result.status === "rejected" && !(result.reason instanceof SmtpError)) throw result.reason;
  }
  await pool.close();
  expect(performance.now() - start).toBeLessThan(HANG_MS);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
}

async function meetOften(kind: Kind, ledger: Ledger, times: number): Promise<void> {
  for (let run = 0; run < times; run += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, times - run) }, () => meet(kind, ledger)));
  }
  await expect.poll(() => ledger.server.open.size, { interval: 2 }).toBe(0);
  ledger.forget();
}

function serveKind({ mode = "chunk", plan = () => undefined, greets }: Kind): Promise<Ledger> {
  const spoil = (peer: Peer): void => {
    const greet = peer.greet;
    if (greets === undefined) return;
    peer.greet = async () => {
      await greets(peer, greet);
      await peer.gone();
      throw new Error("the client has gone");
    };
  };
  return serveLedger(mode, plan, { spoil });
}

/** Sockets and timers that keep this process busy, by kind. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = { TCPSocketWrap: 0, TLSWrap: 0, TCPConnectWrap: 0, Timeout: 0 };
  for (const kind of process.getActiveResourcesInfo()) if (kind in counts) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function collectWarnings(): Error[] {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  onTestFinished(() => void process.off("warning", onWarning));
  return warnings;
}

test("each fault, two hundred times: no socket, timer or listener is left, and memory does not grow", async () => {
  const warnings = collectWarnings();
  const kinds = [...openings, ...middles];
  const ledgers = await Promise.all(kinds.map(serveKind));
  const before = resources();
  const heap: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, kind] of kinds.entries()) {
      const ledger = ledgers[index];
      if (ledger !== undefined) await meetOften(kind, ledger, RUNS_PER_ROUND);
    }
    heap.push(heapBytes());
  }
  await expect.poll(resources, { timeout: 5_000 }).toEqual(before);
  // Too many listeners on one emitter, among others.
  expect(warnings).toEqual([]);
  const [, early = 0, , late = 0] = heap;
  expect(late - early, `heap after each round: ${heap.join(" ")}`).toBeLessThan(MAX_GROWTH_BYTES);
}, 180_000);

test("one pool that meets every fault two hundred times is left with nothing but its kept connection", async () => {
  const deeds = DEEDS.map(([, deed]) => deed);
  const steps: LedgerStep[] = ["mail", "rcpt", "final"];
  let turns = 0;
  const plan: Plan = ({ step, sender }) => {
    if (sender !== "bad" || !steps.includes(step)) return undefined;
    turns += 1;
    return turns % 3 === 0 ? deeds[Math.floor(turns / 3) % deeds.length] : undefined;
  };
  const ledger = await serveLedger("chunk", plan, { timeouts, maxConnections: 2 });
  const before = resources();
  const heap: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let run = 0; run < 3 * RUNS_PER_ROUND * deeds.length; run += AT_ONCE) {
      const names = Array.from({ length: AT_ONCE }, (_, index) => (index % 5 === 0 ? "bad" : "good"));
      await Promise.allSettled(
        names.map((name) => ledger.pool.send({ from: `${name}@example.com`, to: ["ann@example.com"] }, bytesOf(name))),
      );
      ledger.forget();
    }
    heap.push(heapBytes());
  }
  await expect.poll(() => ledger.server.open.size).toBeLessThanOrEqual(2);
  await ledger.pool.close();
  await expect.poll(resources, { timeout: 5_000 }).toEqual(before);
  const [, early = 0, , late = 0] = heap;
  expect(late - early, `heap after each round: ${heap.join(" ")}`).toBeLessThan(MAX_GROWTH_BYTES);
}, 180_000);
