/** What the machine itself can do: how often its disk syncs, and how fast SQLite takes rows when nothing else is done. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../src/db/index.ts";
import { sql } from "kysely";

/** Writes of 4 kB, each synced, in a second. */
export function syncsPerSecond(forMs = 1000): number {
  const folder = mkdtempSync(join(tmpdir(), "waxseal-bench-sync-"));
  const file = openSync(join(folder, "file"), "w");
  const block = Buffer.alloc(4096, 1);
  let syncs = 0;
  const began = performance.now();
  while (performance.now() - began < forMs) {
    writeSync(file, block, 0, block.length, (syncs % 256) * 4096);
    fdatasyncSync(file);
    syncs++;
  }
  const seconds = (performance.now() - began) / 1000;
  closeSync(file);
  rmSync(folder, { recursive: true, force: true });
  return syncs / seconds;
}

/** Rows of 1 kB that SQLite takes in a second, a thousand to a commit, by one statement each. */
export async function rowsPerSecond(commits = 20): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "waxseal-bench-rows-"));
  await using database = await openDatabase(`sqlite:${join(folder, "rows.db")}`);
  const { kysely } = database;
  await sql`create table rows (id integer primary key, bytes blob)`.execute(kysely);
  const began = performance.now();
  for (let commit = 0; commit < commits; commit++) {
    // One statement makes the thousand rows: what is measured is SQLite, not the calls into it.
    await sql`insert into rows (bytes) with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000)
      select randomblob(1000) from n`.execute(kysely);
  }
  const seconds = (performance.now() - began) / 1000;
  rmSync(folder, { recursive: true, force: true });
  return (commits * 1000) / seconds;
}
