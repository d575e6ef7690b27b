/** An interactive transaction of Prisma's. */
import type { SqlExecutor } from "./executor.ts";
import { requireTransaction } from "./executor.ts";

/** What is used of the client that `$transaction` hands on. */
export interface PrismaLike {
  $queryRawUnsafe(query: string, ...values: unknown[]): PromiseLike<unknown>;
  $executeRawUnsafe(query: string, ...values: unknown[]): PromiseLike<number>;
}

/**
 * The caller's Prisma transaction. ("Unsafe" in Prisma's names is text put together by hand: here it is a statement
 * whose values are all bound.)
 *
 * @param dialect The kind of database that the client is for.
 * @throws DatabaseError `WX_DB_TRANSACTION` for the client itself
 * @example
 * await prisma.$transaction(async (tx) => {
 *   await tx.order.create({ data: order });
 *   await outbox.enqueue(message, { tx: fromPrisma(tx, "postgres") });
 * });
 */
export function fromPrisma(tx: PrismaLike, dialect: SqlExecutor["dialect"]): SqlExecutor {
  const isClient = typeof (tx as { $transaction?: unknown }).$transaction === "function";
  requireTransaction(!isClient, "Give the tx of prisma.$transaction(async (tx) => ...).");
  return {
    dialect,
    async execute(sql, parameters, returnsRows) {
      if (returnsRows) return { rows: (await tx.$queryRawUnsafe(sql, ...parameters)) as object[] };
      return { rows: [], affectedRows: await tx.$executeRawUnsafe(sql, ...parameters) };
    },
  };
}
