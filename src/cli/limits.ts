/** `waxseal limits`: what limits the mail that leaves, what rests and why, and what a person does about it. */
import Table from "cli-table3";
import { ConfigError } from "../config.ts";
import type { ScopeState } from "../index.ts";
import { bold, dim, encode, green, red } from "./terminal.ts";
import { withWaxseal } from "./with-waxseal.ts";

/** The flags that all of these share. */
export interface LimitFlags {
  database?: string;
}

/** Prints every scope that is limited, rests, or failed lately. */
export async function listLimits(flags: LimitFlags & { json?: boolean }): Promise<void> {
  await withWaxseal(flags, async ({ limits }) => {
    const scopes = await limits.list();
    if (flags.json === true) return console.log(JSON.stringify(scopes, null, 2));
    console.log(scopes.length === 0 ? "Nothing is limited, and nothing rests." : tableOf(scopes));
  });
}

/** Lets scopes rest, whatever servers say. */
export async function pauseLimits(
  keys: readonly string[],
  flags: LimitFlags & { for?: string; why?: string },
): Promise<void> {
  const until = Date.now() + durationOf(flags.for ?? "1h");
  await withWaxseal(flags, async ({ limits }) => {
    for (const key of keys) {
      await limits.pause(key, until, { detail: flags.why });
      console.log(`${encode(key)} rests until ${timeOf(until)}.`);
    }
  });
}

/** Ends pauses; a scope that did not rest is said, and makes the command fail. */
export async function resumeLimits(keys: readonly string[], flags: LimitFlags): Promise<void> {
  await withWaxseal(flags, async ({ limits, outbox }) => {
    for (const key of keys) {
      if (await limits.resume(key)) {
        console.log(`${encode(key)} is open again.`);
        continue;
      }
      console.error(red(`${encode(key)}: it does not rest. waxseal limits list shows what does.`));
      process.exitCode = 1;
    }
    outbox.wake();
  });
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationOf(text: string): number {
  const [, count = "", unit = ""] = /^([1-9]\d{0,3})([mhd])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs !== undefined) return Number(count) * unitMs;
  throw new ConfigError([
    {
      setting: "--for",
      problem: `it is ${JSON.stringify(text)}; it must be minutes, hours or days, such as 30m, 2h or 1d.`,
    },
  ]);
}

function tableOf(scopes: readonly ScopeState[]): string {
  const head = ["Scope", "State", "Used", "Why"].map((word) => bold(word));
  const table = new Table({ head, style: { head: [], border: [] }, wordWrap: true, colWidths: [null, null, null, 48] });
  for (const scope of scopes)
    table.push([encode(scope.key), phaseOf(scope), usedOf(scope), whyOf(scope).split("\n").map(encode).join("\n")]);
  return table.toString();
}

function phaseOf({ phase, pausedUntil }: ScopeState): string {
  if (phase === "open") return green("open");
  if (phase === "half-open") return "one message tries";
  return `${red("rests")} until\n${timeOf(pausedUntil ?? 0)}`;
}

function usedOf({ windows, concurrency, learnedConcurrency }: ScopeState): string {
  const lines = windows.map(
    ({ used, limit, counts, seconds, isLearned }) =>
      `${used} of ${limit} ${counts} per ${lengthOf(seconds)}${isLearned ? ", learned" : ""}`,
  );
  if (concurrency !== undefined)
    lines.push(`${concurrency} at once${learnedConcurrency === undefined ? "" : ", learned"}`);
  return lines.length === 0 ? dim("no limit") : lines.join("\n");
}

function whyOf({ reason, detail = "", failures, pace, learnedConcurrency }: ScopeState): string {
  if (reason === undefined) return "";
  const count = failures > 1 ? ` (${failures} in a row)` : "";
  const slowed = pace === undefined ? "" : `\nslower since ${timeOf(pace.refusedAt)}`;
  const fewer = learnedConcurrency === undefined ? "" : `\nfewer at once since ${timeOf(learnedConcurrency.refusedAt)}`;
  return `${reason}${count}${detail === "" ? "" : `: ${detail}`}${slowed}${fewer}`;
}

/** A window's length in the largest unit that it is whole in. */
function lengthOf(seconds: number): string {
  for (const [unit, length] of [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ] as const) {
    const count = seconds / length;
    if (Number.isInteger(count)) return count === 1 ? unit : `${count} ${unit}s`;
  }
  return `${seconds} seconds`;
}

const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
