/** `waxseal migrate`: brings the database up to this version's tables. */
import { defaults } from "../config.ts";
import { migrate, openDatabase } from "../index.ts";
import { type CommonFlags, loadConfig } from "./load-config.ts";

export async function migrateDatabase(flags: CommonFlags): Promise<void> {
  const { config } = await loadConfig(flags);
  const url = config.databaseUrl ?? defaults.databaseUrl;
  await using database = await openDatabase(url);
  const done = await migrate(database);
  console.log(done.length === 0 ? `${url} is up to date.` : `${url}: ran ${done.join(", ")}.`);
}
