/** "waxseal/db": the database handle and its migrations. */
export {
  type Database,
  type DatabaseOptions,
  type Listening,
  openDatabase,
  type PostgresAccess,
  type SqliteAccess,
  sqlitePath,
} from "./database.ts";
export type { Bound as SqliteBound, Unit as SqliteUnit } from "./drivers/sqlite-steps.ts";
export {
  type CallerTransaction,
  type DrizzleLike,
  type DrizzleSql,
  fromDrizzle,
  fromKnex,
  fromKysely,
  fromPg,
  fromPrisma,
  fromSqlite,
  type KnexLike,
  type KyselyLike,
  type PgLike,
  type PrismaLike,
  type SqlExecutor,
  type SqliteLike,
  type SqlResult,
  toQueryable,
} from "./adapters/index.ts";
export { type CopiedTable, copyDatabase, type CopyOptions } from "./copy/copy-database.ts";
export { DatabaseError, type DatabaseErrorCode } from "./errors.ts";
export { lockName } from "./lock-name.ts";
export { migrate, requireMigrated } from "./migrate.ts";
export type { Queryable, QueryableOf, Schema, Transaction } from "./schema.ts";
