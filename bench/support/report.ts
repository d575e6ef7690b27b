/** Prints outcomes as the tables that RESULTS.md keeps. */
import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import type { Outcome, Spread } from "./compare.ts";

/** The heading of a run: when, of which commit, on what machine. */
export function runHeading(name: string): string {
  const commit = git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : " and changes");
  const processors = cpus();
  const machine = `${processors.length} cores (${processors[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GB`;
  const date = new Date().toISOString().slice(0, 10);
  return `## ${name}\n\n${date}, commit ${commit}, Node ${process.versions.node}, ${machine}, shared with others.\n`;
}

/** One outcome as a Markdown table: times as fast as the baseline, and microseconds each. */
export function outcomeTable({ title, baseline, by, standings }: Outcome): string {
  const rows = standings.map(
    ({ name, ratio, microseconds }) => `| ${name} | ${spread(ratio)} | ${spread(microseconds)} |`,
  );
  return [
    `### ${title}`,
    "",
    `| | times as fast as ${baseline}: min / median / max | µs of ${by === "cpu" ? "CPU" : "time"} each: min / median / max |`,
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function spread({ min, median, max }: Spread): string {
  return [min, median, max].map(short).join(" / ");
}

/** Three significant digits. */
function short(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 3 }) : "-";
}

function git(...args: string[]): string {
  try {
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}
