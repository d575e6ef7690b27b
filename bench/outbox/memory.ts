/** What a queue costs in memory: the same deliveries out of a short one and a long one. */
import { Child } from "../smtp/child.ts";
import { startQueue } from "./queue.ts";

export async function measureMemory(isQuick: boolean): Promise<void> {
  const [sink, { port }] = await Child.startAnywhere<{ port: number }>("sink.js", ["PIPELINING,CHUNKING,8BITMIME"]);
  const deliveries = isQuick ? 900 : 20_000;
  console.log(`### Memory of the process while it delivers ${deliveries.toLocaleString("en")} messages\n`);
  console.log("| queued | most memory |\n|---|---|");
  for (const queued of isQuick ? [1000, 50_000] : [20_000, 100_000, 1_000_000]) {
    const queue = await startQueue(port, queued);
    const { peakBytes } = await queue.ask<{ peakBytes: number }>({ deliver: deliveries });
    console.log(`| ${queued.toLocaleString("en")} | ${Math.round(peakBytes / 2 ** 20)} MiB |`);
    queue.close();
  }
  console.log("");
  sink.close();
}
