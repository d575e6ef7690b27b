/** The caller's transaction as the parts of Waxseal take it: Kysely, on the caller's connection. */
import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from "kysely";
import { storable } from "../drivers/storable.ts";
import { numericColumns } from "../numeric-columns.ts";
import type { Queryable, QueryableOf, Schema } from "../schema.ts";
import { DatabaseError } from "../errors.ts";
import { requireTransaction, type SqlExecutor } from "./executor.ts";

/** A transaction that a caller may give: Kysely's own, or one of another library. */
export type CallerTransaction<Tables extends Schema = Schema> = QueryableOf<Tables> | SqlExecutor;

const made = new WeakMap<SqlExecutor, Promise<Queryable>>();

/**
 * What the parts of Waxseal run their statements on, in the caller's transaction.
 *
 * @param dialect That of the database which Waxseal uses.
 * @throws DatabaseError `WX_DB_TRANSACTION` for what is no transaction, or one of another kind of database
 * @example
 * const db = await toQueryable(fromPg(client), database.dialect);
 */
export async function toQueryable<Tables extends Schema>(
  tx: CallerTransaction<Tables>,
  dialect: SqlExecutor["dialect"],
): Promise<Queryable> {
  if (typeof tx !== "object" || tx === null || !isExecutor(tx)) {
    requireTransaction(
      isTransaction(tx),
      "Give the tx of kysely.transaction(), or what fromPg, fromSqlite and so on make of yours.",
    );
    return tx as unknown as Queryable; // our tables are among those it knows
  }
  requireSame(tx.dialect, dialect);
  let queryable = made.get(tx);
  if (queryable === undefined) made.set(tx, (queryable = asQueryable(tx)));
  return queryable;
}

/** Kysely on the caller's connection. It neither begins nor ends a transaction. */
async function asQueryable(executor: SqlExecutor): Promise<Queryable> {
  const kysely = await import("kysely");
  const common = { createDriver: () => new CallerDriver(executor) };
  const dialect: Dialect =
    executor.dialect === "postgres"
      ? {
          ...common,
          createAdapter: () => new kysely.PostgresAdapter(),
          createQueryCompiler: () => new kysely.PostgresQueryCompiler(),
          createIntrospector: (db) => new kysely.PostgresIntrospector(db),
        }
      : {
          ...common,
          createAdapter: () => new kysely.SqliteAdapter(),
          createQueryCompiler: () => new kysely.SqliteQueryCompiler(),
          createIntrospector: (db) => new kysely.SqliteIntrospector(db),
        };
  return new kysely.Kysely<Schema>({ dialect });
}

/** Guarantee: what is written there would be found by no worker of this database. */
function requireSame(given: SqlExecutor["dialect"], own: SqlExecutor["dialect"]): void {
  if (given === own) return;
  throw new DatabaseError(
    "WX_DB_TRANSACTION",
    `This is a transaction of ${given}, but Waxseal's database is on ${own}. Give one of the database that Waxseal uses.`,
  );
}

/** Kysely's own; a program without types may give anything. */
function isTransaction(tx: unknown): boolean {
  return (tx as { isTransaction?: unknown } | null | undefined)?.isTransaction === true;
}

function isExecutor(tx: object): tx is SqlExecutor {
  return "execute" in tx && "dialect" in tx && !("selectFrom" in tx);
}

class CallerDriver implements Driver {
  readonly #connection: CallerConnection;

  constructor(executor: SqlExecutor) {
    this.#connection = new CallerConnection(executor);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {}

  async beginTransaction(): Promise<void> {
    throw new Error("This is a transaction already, and the caller's.");
  }

  async commitTransaction(): Promise<void> {}

  async rollbackTransaction(): Promise<void> {}

  async destroy(): Promise<void> {}
}

class CallerConnection implements DatabaseConnection {
  readonly #executor: SqlExecutor;

  constructor(executor: SqlExecutor) {
    this.#executor = executor;
  }

  async executeQuery<Row>(compiled: CompiledQuery): Promise<QueryResult<Row>> {
    const parameters = storable(compiled.parameters).map(bindable);
    const { rows, affectedRows } = await this.#executor.execute(compiled.sql, parameters, returnsRows(compiled));
    return {
      rows: rows.map((row) => ourRow(row) as Row),
      ...(affectedRows !== undefined && { numAffectedRows: BigInt(affectedRows) }),
    };
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error("Rows cannot be streamed from the caller's transaction.");
  }
}

/** Every library binds Buffers; not every one other bytes, or undefined. */
function bindable(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Uint8Array && !Buffer.isBuffer(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return value;
}

function returnsRows({ query, sql }: CompiledQuery): boolean {
  if (query.kind === "SelectQueryNode") return true;
  if (query.kind === "RawNode") return /^\s*(?:select|with|values|pragma|explain)\b|\breturning\b/i.test(sql);
  return "returning" in query && query.returning !== undefined;
}

/** A row with our kinds of values: the caller's connection may give whole numbers as bigints or, from Postgres, as text. */
function ourRow(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => {
      const isNumber = typeof value === "bigint" || (typeof value === "string" && numericColumns.has(name));
      return [name, isNumber ? Number(value) : value];
    }),
  );
}
