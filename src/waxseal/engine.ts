/** What tells the outbox that messages are due, as the settings name it. */
import type { Clock, Logger } from "../base/index.ts";
import { ConfigError, defaults, type ResolvedConfig, type WaxsealConfig } from "../config.ts";
import type { Database } from "../db/index.ts";
import { type Engine, pgBossEngine } from "../outbox/index.ts";

/** pg-boss takes no shorter one, in seconds. */
const LEAST_HEARTBEAT_SECONDS = 10;

interface Surroundings {
  database: Database;
  clock: Clock;
  logger: Logger;
}

/** Undefined for the engine in the box, which the outbox makes itself. */
export async function openEngine(
  { outbox: { engine, concurrency, leaseSeconds } }: Pick<ResolvedConfig, "outbox">,
  { database, clock, logger }: Surroundings,
): Promise<Engine | undefined> {
  if (engine !== "pg-boss") return undefined;
  if (database.dialect !== "postgres") {
    const problem = `"pg-boss" works on Postgres alone, and DATABASE_URL is ${database.url}. Set it to postgres://..., or leave the engine out.`;
    throw new ConfigError([{ setting: "outbox.engine", problem }]);
  }
  const heartbeatSeconds = Math.max(LEAST_HEARTBEAT_SECONDS, Math.ceil(leaseSeconds));
  return pgBossEngine({ database, concurrency, heartbeatSeconds, clock, logger });
}

/** Makes the tables of the configured engine beside ours, so that a role which may make none can start it; false where it has none. */
export async function prepareEngine({ outbox = {} }: WaxsealConfig, surroundings: Surroundings): Promise<boolean> {
  const { engine = defaults.outbox.engine, leaseSeconds = defaults.outbox.leaseSeconds } = outbox;
  const opened = await openEngine({ outbox: { ...defaults.outbox, engine, leaseSeconds } }, surroundings);
  await opened?.close?.();
  return opened !== undefined;
}
