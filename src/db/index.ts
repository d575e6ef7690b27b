/** "waxseal/db": the database handle and its migrations. */
export { type Database, type DatabaseOptions, openDatabase, sqlitePath } from "./database.ts";
export { DatabaseError, type DatabaseErrorCode } from "./errors.ts";
export { migrate, requireMigrated } from "./migrate.ts";
export type { Queryable, QueryableOf, Schema, Transaction } from "./schema.ts";
