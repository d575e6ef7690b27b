/** Waxseal as it is configured, for the commands that look at a database or change it, and send nothing. */
import { randomBytes } from "node:crypto";
import type { WaxsealConfig } from "../config.ts";
import { createWaxseal, type Waxseal } from "../index.ts";
import { loadConfig } from "./load-config.ts";
import { stderrLogger } from "./terminal.ts";

/** Does `work` with the whole of it, so that limits, webhooks and the engine hear of what a person does. */
export async function withWaxseal(
  { database }: { database?: string },
  work: (waxseal: Waxseal) => Promise<void>,
): Promise<void> {
  const { config } = await loadConfig(database === undefined ? {} : { database });
  const mailers = { default: { backend: "dummy" }, ...config.mailers } as const; // no worker runs here
  // What was done the command prints by itself.
  const logger = stderrLogger("error");
  await using waxseal = await createWaxseal({ ...withSite(config), mailers }, { logger });
  await work(waxseal);
}

/** Neither a secret nor a site is needed where no link is made. */
export function withSite(config: WaxsealConfig): WaxsealConfig {
  const { secretKey = randomBytes(32).toString("hex"), siteUrl = "http://localhost" } = config;
  return { ...config, secretKey, siteUrl };
}
