/** A transaction that the caller began with a library of its own, for Waxseal to write in. */
export { type DrizzleLike, type DrizzleSql, fromDrizzle } from "./drizzle.ts";
export type { SqlExecutor, SqlResult } from "./executor.ts";
export { fromKnex, type KnexLike } from "./knex.ts";
export { fromKysely, type KyselyLike } from "./kysely.ts";
export { fromPg, type PgLike } from "./pg.ts";
export { fromPrisma, type PrismaLike } from "./prisma.ts";
export { type CallerTransaction, toQueryable } from "./queryable.ts";
export { fromSqlite, type SqliteLike } from "./sqlite.ts";
