/** The hot statements of a database. */
import type { Database } from "../../db/index.ts";
import type { HotStore } from "./hot.ts";
import { postgresStore } from "./postgres.ts";
import { sqliteStore } from "./sqlite.ts";

export function hotStore(database: Database): HotStore {
  return database.sqlite === undefined ? postgresStore : sqliteStore(database.sqlite);
}
