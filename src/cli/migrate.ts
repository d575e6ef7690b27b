/** `waxseal migrate`: brings the database up to this version's tables, or moves everything to another one. */
import Table from "cli-table3";
import { systemClock } from "../base/index.ts";
import { ConfigError, defaults, type WaxsealConfig } from "../config.ts";
import { type CopiedTable, copyDatabase, type Database, migrate, openDatabase } from "../index.ts";
import { prepareEngine } from "../waxseal.ts";
import { type CommonFlags, loadConfig } from "./load-config.ts";
import { bold, dim, green, stderrLogger } from "./terminal.ts";

/** The flags of `waxseal migrate`. */
export interface MigrateFlags extends CommonFlags {
  /** The URL of an empty database to copy everything to. */
  to?: string;
  /** Copy although a worker is sending. */
  force?: boolean;
}

export async function migrateDatabase({ to, force = false, ...flags }: MigrateFlags): Promise<void> {
  if (force && to === undefined) {
    throw new ConfigError([{ setting: "--force", problem: "it belongs to --to, which is not given." }]);
  }
  const { config } = await loadConfig(flags);
  await using database = await openDatabase(config.databaseUrl ?? defaults.databaseUrl);
  const { url } = database;
  const done = await migrate(database);
  console.log(done.length === 0 ? `${url} is up to date.` : `${url}: ran ${done.join(", ")}.`);
  if (to === undefined) await prepare(database, config);
  else await copyTo(database, { url: to, force, config });
}

/** What the engine needs beside our tables. */
async function prepare(database: Database, config: WaxsealConfig): Promise<void> {
  const logger = stderrLogger("warn");
  if (!(await prepareEngine(config, { database, clock: systemClock, logger }))) return;
  console.log(`${database.url}: pg-boss has its tables, in the schema pgboss.`);
}

async function copyTo(
  source: Database,
  { url, force, config }: { url: string; force: boolean; config: WaxsealConfig },
): Promise<void> {
  await using target = await openDatabase(url);
  const progress = progressLine();
  const copied = await copyDatabase(source, target, { force, onProgress: progress.show }).finally(progress.end);
  console.log(tableOf(copied));
  const rows = copied.reduce((sum, table) => sum + table.rows, 0);
  console.log(`${bold(`${rows} rows`)} copied to ${target.url}, and read back the same.`);
  if (target.dialect === "postgres") await prepare(target, config);
  console.log(`Start Waxseal with DATABASE_URL set to it. ${source.url} is as it was; nothing should use it any more.`);
}

function tableOf(copied: readonly CopiedTable[]): string {
  const table = new Table({ head: ["table", "rows", "hash"], colAligns: ["left", "right"], style: { head: [] } });
  for (const { table: name, rows, hash } of copied) table.push([name, rows, green(`${hash.slice(0, 12)} ok`)]);
  return table.toString();
}

/** One line that is written over and over, on a terminal alone. */
function progressLine(): { show: (progress: { table: string; rows: number }) => void; end: () => void } {
  if (!process.stderr.isTTY) return { show: () => {}, end: () => {} };
  return {
    show: ({ table, rows }) => process.stderr.write(`\r\u001b[K${dim(`${table}: ${rows} rows`)}`),
    end: () => process.stderr.write("\r\u001b[K"),
  };
}
