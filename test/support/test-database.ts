/** A migrated database in a file of a test's own. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Database, migrate, openDatabase } from "../../src/db/index.ts";
import { tempFolder } from "./temp-folder.ts";

export async function testDatabase(): Promise<Database> {
  const folder = tempFolder(); // first, so that it is removed last
  const database = await openDatabase(`sqlite:${join(folder, "test.db")}`);
  onTestFinished(() => database.close());
  await migrate(database);
  return database;
}
