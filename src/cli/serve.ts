/** `waxseal serve`: the account pages and the worker, with settings that are all given. */
import { createWaxseal } from "../waxseal.ts";
import { type CommonFlags, loadConfig } from "./load-config.ts";
import { closeOnSignal, stderrLogger } from "./terminal.ts";

export async function serve(flags: CommonFlags): Promise<void> {
  const { config } = await loadConfig(flags);
  const logger = stderrLogger(config.log?.level ?? "info");
  const waxseal = await createWaxseal(config, { logger });
  closeOnSignal(waxseal);
  const server = await waxseal.listen();
  waxseal.startWorker();
  console.log(`Waxseal serves ${waxseal.config.siteUrl} at ${server.url}. Ctrl-C stops it.`);
}
