/** `waxseal outbox clean` and `vacuum`: what a worker deletes every hour, now, and the space of it back to the disk. */
import { defaults } from "../config.ts";
import { type Database, housekeep, openDatabase, requireMigrated, vacuum } from "../index.ts";
import { type CommonFlags, loadConfig } from "./load-config.ts";

/** Deletes what is older than its retention, and says how much that was. */
export async function cleanOutbox(flags: CommonFlags): Promise<void> {
  await using database = await openOf(flags);
  const report = await housekeep(database);
  const deleted: [number, string][] = [
    [report.messages, "messages"],
    [report.bodies, "bodies"],
    [report.bounces, "bounce reports"],
    [report.webhookCalls, "webhook calls"],
    [report.suppressions, "suppressions that had ended"],
    [report.bulkRecipients, "recipients of old bulks"],
  ];
  const some = deleted.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString("en")} ${what}`);
  console.log(some.length === 0 ? "There was nothing to delete." : `Deleted: ${some.join(", ")}.`);
}

/** Makes the file as small as what is in it. */
export async function vacuumOutbox(flags: CommonFlags): Promise<void> {
  await using database = await openOf(flags);
  const { before, after } = await vacuum(database);
  const sizes = before === undefined || after === undefined ? "" : ` ${sizeOf(before)} before, ${sizeOf(after)} now.`;
  console.log(`${database.url}: done.${sizes}`);
}

async function openOf(flags: CommonFlags): Promise<Database> {
  const { config } = await loadConfig(flags);
  const database = await openDatabase(config.databaseUrl ?? defaults.databaseUrl);
  try {
    await requireMigrated(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function sizeOf(bytes: number): string {
  return `${(bytes / 1_000_000).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}
