/** Runs contenders side by side, round by round, and reports each as a ratio to a baseline. */
import { performance } from "node:perf_hooks";

/** What a stretch of work took. */
export interface Cost {
  /** CPU of the process that did the work, user and system, in milliseconds. */
  cpuMs: number;
  /** Time that passed, in milliseconds. */
  wallMs: number;
}

/** One way of doing the work. */
export interface Contender {
  name: string;
  /**
   * Does the work `times` times. A contender that works in another process returns what that process took; for the
   * others this process is measured.
   */
  run(times: number): void | Cost | Promise<void | Cost>;
}

/** What is measured, and how. */
export interface Comparison {
  title: string;
  contenders: readonly Contender[];
  /** The name of the contender that the others are compared with. */
  baseline: string;
  /** "cpu" for work that computes, "wall" for work that waits. Default "cpu". */
  by?: "cpu" | "wall" | undefined;
  /** How often each contender has its turn. Default 9. */
  rounds?: number | undefined;
  /** How long one turn takes at least, in milliseconds. Default 300. */
  turnMs?: number | undefined;
  /** How long each contender warms up, in milliseconds. Default 1,000. */
  warmUpMs?: number | undefined;
}

/** A figure's spread over the rounds. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** How one contender did. */
export interface Standing {
  name: string;
  /** Microseconds per piece of work. */
  microseconds: Spread;
  /** How many times as fast as the baseline, taken round by round, so that noise common to a round falls out. */
  ratio: Spread;
}

/** A comparison's outcome. */
export interface Outcome {
  title: string;
  baseline: string;
  by: "cpu" | "wall";
  standings: Standing[];
}

/**
 * Compares: every contender warms up and finds out how much work fills a turn, then each takes one turn per round, in
 * an order that rotates.
 */
export async function compare(comparison: Comparison): Promise<Outcome> {
  const { contenders, baseline, by = "cpu", rounds = 9, turnMs = 300, warmUpMs = 1000 } = comparison;
  const loads = new Map<Contender, number>();
  for (const contender of contenders) loads.set(contender, await warmUp(contender, by, warmUpMs, turnMs));
  const taken = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(round + turn) % contenders.length];
      if (contender === undefined) continue;
      globalThis.gc?.();
      const times = loads.get(contender) ?? 1;
      const cost = await costOf(contender, times);
      taken.get(contender)?.push(((by === "cpu" ? cost.cpuMs : cost.wallMs) * 1000) / times);
    }
  }
  const base = taken.get(contenders.find(({ name }) => name === baseline) as Contender) ?? [];
  const standings = contenders.map((contender) => {
    const own = taken.get(contender) ?? [];
    return {
      name: contender.name,
      microseconds: spreadOf(own),
      ratio: spreadOf(own.map((value, round) => (base[round] ?? Number.NaN) / value)),
    };
  });
  return { title: comparison.title, baseline, by, standings };
}

/** What `times` pieces of work cost. */
async function costOf(contender: Contender, times: number): Promise<Cost> {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  const own = await contender.run(times);
  const wallMs = performance.now() - wallBefore;
  const { user, system } = process.cpuUsage(cpuBefore);
  return own ?? { cpuMs: (user + system) / 1000, wallMs };
}

async function warmUp(contender: Contender, by: "cpu" | "wall", warmUpMs: number, turnMs: number): Promise<number> {
  let times = 1;
  for (const end = performance.now() + warmUpMs; ;) {
    const cost = await costOf(contender, times);
    const took = Math.max(by === "cpu" ? cost.cpuMs : cost.wallMs, 0.01);
    if (performance.now() >= end && took >= turnMs / 2) return Math.max(1, Math.round((times * turnMs) / took));
    times = Math.max(1, Math.min(times * 4, Math.ceil((times * turnMs) / took)));
  }
}

/** The least, the middle and the greatest. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return { min: sorted[0] ?? 0, median, max: sorted.at(-1) ?? 0 };
}
