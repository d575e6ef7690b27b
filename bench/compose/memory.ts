/** What composing takes of memory, each measured in a fresh process. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { CASES } from "./cases.ts";
import { type Composer, COMPOSERS } from "./composers.ts";

const MANY = 20_000;

/** What one process found. */
interface Found {
  /** Growth of the process at its peak while it composed the largest case once, in sizes of that message. */
  peakOfSize: number;
  /** Growth of the heap and of buffers while it composed the smallest case many times, in octets a message. */
  keptEach: number;
}

/** Runs in a process of its own: `--memory-of NAME`. */
export async function measureMemory(name: string): Promise<void> {
  const composer = COMPOSERS[name];
  const [small, large] = [CASES[0], CASES.at(-1)];
  if (composer === undefined || small === undefined || large === undefined) throw new Error(`no ${name}`);
  for (let index = 0; index < 1000; index++) await composer(small, index);
  globalThis.gc?.();
  forgetPeak();
  const before = resident("VmRSS");
  const message = await composer(large, 0);
  const found: Found = {
    peakOfSize: (resident("VmHWM") - before) / message.length,
    keptEach: await keptEach(composer),
  };
  console.log(JSON.stringify(found));
}

/** Makes Linux measure the peak of this process from here on. */
function forgetPeak(): void {
  if (existsSync("/proc/self/clear_refs")) writeFileSync("/proc/self/clear_refs", "5");
}

/** What Linux says this process holds (VmRSS) or held at the most (VmHWM), in octets; not a number elsewhere. */
function resident(name: "VmRSS" | "VmHWM"): number {
  if (!existsSync("/proc/self/status")) return Number.NaN;
  const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

async function keptEach(composer: Composer): Promise<number> {
  const small = CASES[0];
  if (small === undefined) return Number.NaN;
  const held = (): number => {
    for (let times = 0; times < 3; times++) globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = held();
  for (let index = 0; index < MANY; index++) await composer(small, index);
  return (held() - before) / MANY;
}

/** A table of all composers. */
export function memoryTable(): string {
  const script = process.argv[1] ?? "";
  const rows = Object.keys(COMPOSERS).map((name) => {
    const output = execFileSync(process.execPath, ["--expose-gc", script, "--memory-of", name], { encoding: "utf8" });
    const { peakOfSize, keptEach: kept } = JSON.parse(output) as Found;
    return `| ${name} | ${peakOfSize.toFixed(2)} | ${kept.toFixed(1)} |`;
  });
  return [
    `### Memory: a file of 10 MB, and ${MANY.toLocaleString("en")} messages of 1 kB`,
    "",
    "| | growth of the process at its peak, in sizes of the message | octets kept for each small message |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
