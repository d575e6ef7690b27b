/**
 * One client in a process of its own: is told how many messages to send, and answers with what that took.
 *
 *   node client.js NAME TARGET_AS_JSON
 */
import { performance } from "node:perf_hooks";
import { SENDERS, type Target } from "./senders.ts";

const [name = "", target = "{}"] = process.argv.slice(2);
const makeSender = SENDERS[name];
if (makeSender === undefined) throw new Error(`There is no client "${name}".`);
const sender = makeSender(JSON.parse(target) as Target);

process.on("message", async ({ times }: { times: number }) => {
  if (times === 0) {
    await sender.close();
    return process.exit();
  }
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  await sender.run(times);
  const wallMs = performance.now() - wallBefore;
  const { user, system } = process.cpuUsage(cpuBefore);
  process.send?.({ wallMs, cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() });
});
process.on("disconnect", () => process.exit());
process.send?.({ ready: true });
