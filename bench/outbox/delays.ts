/** How long one message waits: with nothing else to do, and while a bulk runs. */
import { Child } from "../smtp/child.ts";
import { startQueue } from "./queue.ts";

/** Idle: from the commit to the server's 250. */
export async function measureLatency(isQuick: boolean): Promise<void> {
  const [sink, { port }] = await Child.startAnywhere<{ port: number }>("sink.js", ["PIPELINING,CHUNKING,8BITMIME"]);
  const times = isQuick ? 50 : 500;
  const queue = await startQueue(port, 0);
  const delays = await queue.ask<number[]>({ probe: times });
  console.log("### From the commit to the server's 250, idle\n");
  console.log("| | ms: p50 / p95 / max |\n|---|---|");
  console.log(`| Waxseal on SQLite | ${percentiles(delays)} |\n`);
  queue.close();
  sink.close();
}

/** Critical mail with an empty queue, and with a bulk of so many in front of it. */
export async function measureBulk(isQuick: boolean): Promise<void> {
  const [sink, { port }] = await Child.startAnywhere<{ port: number }>("sink.js", ["PIPELINING,CHUNKING,8BITMIME"]);
  const times = isQuick ? 50 : 300;
  console.log("### From the commit of a critical message to the server's 250\n");
  console.log("| messages of low priority queued | ms: p50 / p95 / max |\n|---|---|");
  for (const queued of [0, isQuick ? 50_000 : 1_000_000]) {
    const queue = await startQueue(port, queued);
    console.log(`| ${queued.toLocaleString("en")} | ${percentiles(await queue.ask<number[]>({ probe: times }))} |`);
    queue.close();
  }
  console.log("");
  sink.close();
}

function percentiles(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  return [at(0.5), at(0.95), at(1)].join(" / ");
}
