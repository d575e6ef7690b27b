/** `waxseal suppressions`: shows and changes who must not be written to. */
import { createReadStream, createWriteStream } from "node:fs";
import { userInfo } from "node:os";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import Table from "cli-table3";
import { describeError, hintFor } from "../base/index.ts";
import { ConfigError } from "../config.ts";
import {
  type Suppression,
  type SuppressionFilter,
  type SuppressionReason,
  type Suppressions,
  WaxsealError,
} from "../index.ts";
import { bold, dim, encode, red } from "./terminal.ts";
import { withWaxseal } from "./with-waxseal.ts";

/** The flags that all of these share. */
export interface SuppressionFlags {
  database?: string;
  stream?: string;
  reason?: string;
}

const REASONS: readonly string[] = [
  "manual",
  "invalid",
  "bounce",
  "complaint",
  "unsubscribe",
] satisfies SuppressionReason[];
const DAY_MS = 86_400_000;
const PROBLEMS_SHOWN = 20;

/** Prints a page of the list as a table. */
export async function listSuppressions(flags: SuppressionFlags & { prefix?: string; limit?: string }): Promise<void> {
  const limit = wholeNumber("--limit", flags.limit) ?? 100;
  const choice = choiceOf(flags);
  await withList(flags, async (suppressions) => {
    const { prefix } = flags;
    const found = await pagesOf(suppressions, { ...choice, ...(prefix !== undefined && { prefix }) }, limit + 1);
    if (found.length === 0) return console.log("Nobody is on the list.");
    const shown = found.slice(0, limit);
    console.log(tableOf(shown));
    if (found.length > shown.length)
      console.log(dim(`There are more: --limit, --prefix, or \`waxseal suppressions export\`.`));
  });
}

/** So many entries, page by page. */
async function pagesOf(suppressions: Suppressions, filter: SuppressionFilter, count: number): Promise<Suppression[]> {
  const found: Suppression[] = [];
  for (let page: Suppression[] | undefined; page === undefined || page.length > 0; found.push(...page)) {
    const after = found.at(-1);
    const limit = Math.min(count - found.length, 1000);
    page = limit === 0 ? [] : await suppressions.list({ ...filter, limit, ...(after !== undefined && { after }) });
  }
  return found;
}

/** Adds addresses. */
export async function addSuppressions(
  addresses: readonly string[],
  flags: SuppressionFlags & { detail?: string; days?: string },
): Promise<void> {
  const days = wholeNumber("--days", flags.days);
  const { detail } = flags;
  const choice = choiceOf(flags);
  await withList(flags, async (suppressions) => {
    for (const address of addresses) {
      const expiresAt = days === undefined ? undefined : Date.now() + days * DAY_MS;
      const entry = await suppressions.add({ address, ...choice, detail, expiresAt });
      console.log(`${encode(entry.address)}: ${entry.reason}, ${scopeOf(entry)}, ${endOf(entry)}.`);
    }
  });
}

/** Removes addresses; one that is not on the list is said, and makes the command fail. */
export async function removeSuppressions(
  addresses: readonly string[],
  flags: SuppressionFlags & { why?: string },
): Promise<void> {
  const { why } = flags;
  const choice = choiceOf(flags);
  await withList(flags, async (suppressions) => {
    for (const address of addresses) {
      const removed = await suppressions.remove(address, { ...choice, by: userInfo().username, why });
      for (const entry of removed) console.log(`${encode(address)}: ${entry.reason}, ${scopeOf(entry)}, removed.`);
      if (removed.length > 0) continue;
      console.error(red(`${encode(address)}: there is no such entry.`));
      process.exitCode = 1;
    }
  });
}

/** Reads a file in; lines that were skipped are shown, and make the command fail. */
export async function importSuppressions(file: string | undefined, flags: SuppressionFlags): Promise<void> {
  const choice = choiceOf(flags);
  await withList(flags, async (suppressions) => {
    const source = file === undefined || file === "-" ? process.stdin : createReadStream(file);
    const report = await suppressions.importCsv(source, choice).catch((error: unknown) => {
      throw isFileError(error) ? fileError("file", error) : error;
    });
    console.log(`${bold(count(report.taken))} of ${count(report.read)} lines are on the list.`);
    if (report.skipped === 0) return;
    console.error(red(`${count(report.skipped)} ${report.skipped === 1 ? "line was" : "lines were"} skipped:`));
    const shown = report.problems.slice(0, PROBLEMS_SHOWN);
    for (const { line, problem } of shown) console.error(`  line ${line}: ${encode(problem)}`);
    if (report.skipped > shown.length) console.error(`  and ${count(report.skipped - shown.length)} more`);
    process.exitCode = 1;
  });
}

/** Writes the list as CSV. */
export async function exportSuppressions(file: string | undefined, flags: SuppressionFlags): Promise<void> {
  const choice = choiceOf(flags);
  await withList(flags, async (suppressions) => {
    const lines = Readable.from(suppressions.exportCsv(choice));
    const isOutput = file === undefined || file === "-";
    const target = isOutput ? process.stdout : createWriteStream(file, { mode: 0o600 });
    await pipeline(lines, target, { end: !isOutput }).catch((error: unknown) => {
      if (isOutput && (error as { code?: unknown }).code === "EPIPE") return; // `| head` has read enough
      throw isFileError(error) ? fileError("file", error) : error;
    });
  });
}

async function withList(flags: SuppressionFlags, work: (suppressions: Suppressions) => Promise<void>): Promise<void> {
  await withWaxseal(flags, ({ suppressions }) => work(suppressions));
}

function choiceOf({ stream, reason }: SuppressionFlags): { stream?: string; reason?: SuppressionReason } {
  if (reason !== undefined && !REASONS.includes(reason)) {
    throw new ConfigError([
      { setting: "--reason", problem: `there is no reason "${reason}". ${hintFor(reason, REASONS)}` },
    ]);
  }
  return {
    ...(stream !== undefined && { stream }),
    ...(reason !== undefined && { reason: reason as SuppressionReason }), // just looked up
  };
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new ConfigError([{ setting: flag, problem: `it is "${text}"; it must be a whole number from 1 to 99999` }]);
}

function isFileError(error: unknown): boolean {
  return !(error instanceof WaxsealError) && typeof (error as { syscall?: unknown }).syscall === "string";
}

function fileError(setting: string, error: unknown): ConfigError {
  return new ConfigError([{ setting, problem: describeError(error) }]);
}

function tableOf(entries: readonly Suppression[]): string {
  const head = ["Address", "Stream", "Reason", "Since", "Until", "Detail"].map((word) => bold(word));
  const table = new Table({
    head,
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [null, null, null, null, null, 44],
  });
  for (const entry of entries) {
    const { address, stream, reason, createdAt, detail } = entry;
    const end = entry.expiresAt === undefined ? "" : dayOf(entry.expiresAt);
    table.push([
      encode(address),
      stream === "" ? dim("all") : encode(stream),
      reason,
      dayOf(createdAt),
      end,
      encode(detail),
    ]);
  }
  return table.toString();
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const count = (number: number): string => number.toLocaleString("en");
const scopeOf = ({ stream }: Suppression): string => (stream === "" ? "all streams" : `stream ${encode(stream)}`);

function endOf({ expiresAt }: Suppression): string {
  return expiresAt === undefined ? "for ever" : `until ${dayOf(expiresAt)}`;
}
