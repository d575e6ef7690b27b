/** A client of `pg` on which a transaction was begun. */
import type { SqlExecutor } from "./executor.ts";
import { requireTransaction } from "./executor.ts";

/** What is used of a `Client` or a `PoolClient`. */
export interface PgLike {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

/**
 * The caller's client of `pg`, after its BEGIN.
 *
 * @throws DatabaseError `WX_DB_TRANSACTION` for a pool, whose statements each take another connection
 * @example
 * const client = await pool.connect();
 * await client.query("BEGIN");
 * await client.query("INSERT INTO orders (id) VALUES ($1)", [id]);
 * await outbox.enqueue(message, { tx: fromPg(client) });
 * await client.query("COMMIT");
 */
export function fromPg(client: PgLike): SqlExecutor {
  requireTransaction(!("totalCount" in client), "Give a client of the pool: await pool.connect(), then BEGIN.");
  return {
    dialect: "postgres",
    async execute(sql, parameters) {
      const { rows, rowCount } = await client.query(sql, [...parameters]);
      return { rows: rows as object[], affectedRows: rowCount ?? undefined };
    },
  };
}
