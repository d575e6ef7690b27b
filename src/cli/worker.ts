/** `waxseal worker`: delivers what is in the outbox, and serves nothing. Any number may run on one database. */
import { createWaxseal } from "../waxseal.ts";
import { type CommonFlags, loadConfig } from "./load-config.ts";
import { closeOnSignal, stderrLogger } from "./terminal.ts";

export async function worker(flags: CommonFlags): Promise<void> {
  const { config } = await loadConfig(flags);
  const logger = stderrLogger(config.log?.level ?? "info");
  const waxseal = await createWaxseal(config, { logger });
  closeOnSignal(waxseal);
  waxseal.startWorker();
  console.log("Waxseal delivers what is in the outbox. Ctrl-C stops it.");
}
