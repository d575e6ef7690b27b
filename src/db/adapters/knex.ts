/** A transaction of Knex's, on Postgres or SQLite. */
import { DatabaseError } from "../errors.ts";
import type { SqlExecutor } from "./executor.ts";
import { requireTransaction } from "./executor.ts";
import { splitAtPlaceholders } from "./placeholders.ts";

/** What is used of a `Knex.Transaction`. */
export interface KnexLike {
  raw(sql: string, bindings: never): PromiseLike<unknown>;
  readonly isTransaction?: boolean;
  readonly client: { readonly dialect: string };
}

/**
 * The caller's Knex transaction.
 *
 * @throws DatabaseError `WX_DB_TRANSACTION`; `WX_DB_DRIVER` for a database that is neither Postgres nor SQLite
 * @example
 * await knex.transaction(async (trx) => {
 *   await trx("orders").insert(order);
 *   await outbox.enqueue(message, { tx: fromKnex(trx) });
 * });
 */
export function fromKnex(trx: KnexLike): SqlExecutor {
  requireTransaction(trx.isTransaction === true, "Give the trx of knex.transaction(async (trx) => ...).");
  const dialect = dialectOf(trx.client.dialect);
  const run = (sql: string, parameters: readonly unknown[]): PromiseLike<unknown> =>
    trx.raw(withQuestionMarks(sql, dialect), [...parameters] as never);
  return {
    dialect,
    async execute(sql, parameters, returnsRows) {
      const result = (await run(sql, parameters)) as { rows?: object[]; rowCount?: number };
      if (dialect === "postgres") return { rows: result.rows ?? [], affectedRows: result.rowCount };
      if (returnsRows) return { rows: result as object[] };
      const [row] = (await run("select changes() as changes", [])) as { changes: number }[];
      return { rows: [], affectedRows: row?.changes };
    },
  };
}

function dialectOf(name: string): SqlExecutor["dialect"] {
  if (/postgres|cockroach/.test(name)) return "postgres";
  if (name.includes("sqlite")) return "sqlite";
  throw new DatabaseError("WX_DB_DRIVER", `Waxseal keeps its tables in Postgres or SQLite; this Knex is for ${name}.`);
}

/** Knex binds to `?`, and reads `\?` as one that stands in the statement. */
function withQuestionMarks(sql: string, dialect: SqlExecutor["dialect"]): string {
  const parts = splitAtPlaceholders(sql, dialect);
  return parts.map((part) => part.replaceAll("?", "\\?")).join("?");
}
