/**
 * How fast mail becomes durable, and how fast it then leaves.
 *
 *   npm run bench -- outbox            all parts
 *   npm run bench -- outbox enqueue    durable single enqueues by 100 callers at once
 *   npm run bench -- outbox path       enqueue to accepted by a local server, the whole durable way
 *   npm run bench -- outbox costs      commits, bytes and CPU of a message
 *   npm run bench -- outbox latency    from the commit to the server's 250, with nothing else to do
 *   npm run bench -- outbox memory     1,000 to 1,000,000 messages queued
 *   npm run bench -- outbox bulk       critical mail while a bulk of 1,000,000 runs
 *
 *   --quick    shorter turns, smaller queues: to see that it runs
 *
 * The peers' packages: `npm ci --prefix bench/outbox/peers`. BullMQ also needs a `redis-server`.
 */
import { runHeading } from "../support/report.ts";
import { measureCosts } from "./costs.ts";
import { measureBulk, measureLatency } from "./delays.ts";
import { measureEnqueue } from "./enqueue.ts";
import { measureMemory } from "./memory.ts";
import { measurePath } from "./path.ts";

const parts = {
  enqueue: measureEnqueue,
  path: measurePath,
  costs: measureCosts,
  latency: measureLatency,
  memory: measureMemory,
  bulk: measureBulk,
};

const asked = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const unknown = asked.find((word) => !Object.hasOwn(parts, word));
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}". There are: ${Object.keys(parts).join(", ")}.`);
  process.exit(1);
}
const isQuick = process.argv.includes("--quick");

console.log(runHeading("outbox"));
console.log("Every contender has all cores, for itself, its database and the server that takes its mail.\n");
for (const [name, measure] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  await measure(isQuick);
}
process.exit();
