/** How long one message waits: with nothing else to do, and while a bulk runs. */
import { Child } from "../smtp/child.ts";
import { startQueue } from "./queue.ts";
import type { Delay } from "./queue-child.ts";

/** Idle: from the commit to the server's 250. */
export async function measureLatency(isQuick: boolean): Promise<void> {
  const [sink, { port }] = await Child.startAnywhere<{ port: number }>("sink.js", ["PIPELINING,CHUNKING,8BITMIME"]);
  const times = isQuick ? 50 : 500;
  const queue = await startQueue(port, 0);
  const delays = await queue.ask<Delay[]>({ probe: times });
  console.log("### How long a message takes to the server's 250, idle\n");
  console.log(`| | ${COLUMNS} |\n|---|---|---|`);
  console.log(`| Waxseal on SQLite | ${row(delays)} |\n`);
  queue.close();
  sink.close();
}

/** Critical mail with an empty queue, and with a bulk of so many in front of it. */
export async function measureBulk(isQuick: boolean): Promise<void> {
  const [sink, { port }] = await Child.startAnywhere<{ port: number }>("sink.js", ["PIPELINING,CHUNKING,8BITMIME"]);
  const times = isQuick ? 50 : 300;
  console.log("### How long a critical message takes to the server's 250\n");
  console.log(`| messages of low priority queued | ${COLUMNS} |\n|---|---|---|`);
  for (const queued of [0, isQuick ? 50_000 : 1_000_000]) {
    const queue = await startQueue(port, queued);
    console.log(`| ${queued.toLocaleString("en")} | ${row(await queue.ask<Delay[]>({ probe: times }))} |`);
    queue.close();
  }
  console.log("");
  sink.close();
}

const COLUMNS = "ms since the caller was told of the commit: p50 / p95 / max | ms since he asked: p50 / p95 / max";

function row(delays: readonly Delay[]): string {
  const sinceCommit = percentiles(delays.map((delay) => delay.sinceCommit));
  return `${sinceCommit} | ${percentiles(delays.map(({ sinceCall }) => sinceCall))}`;
}

function percentiles(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  return [at(0.5), at(0.95), at(1)].join(" / ");
}
