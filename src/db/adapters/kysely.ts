/** A transaction of Kysely's, whatever its tables, its plugins and its copy of the package are. */
import type { SqlExecutor } from "./executor.ts";
import { requireTransaction } from "./executor.ts";

/** What is used of a `Transaction`. */
export interface KyselyLike {
  readonly isTransaction: boolean;
  withoutPlugins(): KyselyLike;
  executeQuery(query: never): Promise<{ rows: readonly unknown[]; numAffectedRows?: bigint }>;
}

/**
 * The caller's Kysely transaction. One of the tables that Waxseal knows (`kysely.withTables`) can be given as it is;
 * this is for others, and for one with plugins that rename columns.
 *
 * @param dialect The database's kind.
 * @throws DatabaseError `WX_DB_TRANSACTION`
 * @example
 * await kysely.transaction().execute(async (tx) => {
 *   await tx.insertInto("orders").values(order).execute();
 *   await outbox.enqueue(message, { tx: fromKysely(tx, "postgres") });
 * });
 */
export function fromKysely(tx: KyselyLike, dialect: SqlExecutor["dialect"]): SqlExecutor {
  requireTransaction(tx.isTransaction, "Give the tx of kysely.transaction().execute((tx) => ...).");
  const plain = tx.withoutPlugins();
  return {
    dialect,
    async execute(sql, parameters) {
      // A compiled query is a plain object, so that its kysely need not be ours.
      const query = {
        query: { kind: "RawNode", sqlFragments: [sql], parameters: [] },
        queryId: { queryId: "waxseal" },
        sql,
        parameters,
      };
      const { rows, numAffectedRows } = await plain.executeQuery(query as never);
      return { rows: rows as object[], affectedRows: numAffectedRows };
    },
  };
}
