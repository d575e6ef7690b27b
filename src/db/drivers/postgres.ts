/** Postgres for Kysely: a pool of `pg`, whose values are those of SQLite and whose faults are named. */
import { type Dialect, type Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from "kysely";
import type { ClientConfig, Pool, PoolClient, QueryResult } from "pg";
import { DatabaseError } from "../errors.ts";
import { loadPg } from "./load-pg.ts";
import { PlanAge } from "./plan-age.ts";
import { namePostgresFault, type PostgresFaultContext } from "./postgres-faults.ts";
import { PostgresListener } from "./postgres-listener.ts";
import { postgresTypes } from "./postgres-types.ts";
import { postgresConfig } from "./postgres-url.ts";
import { PreparedNames } from "./prepared-names.ts";
import { storable } from "./storable.ts";

/** How a pool is made, times in milliseconds. */
export interface PostgresOptions {
  /** Connections at the most. */
  poolSize: number;
  /** How long a statement waits for one of them to become free. */
  connectionWaitMs: number;
  /** How long making a connection may take. */
  connectTimeoutMs: number;
  /** Whether statements are kept prepared on each connection. */
  prepare: boolean;
}

/** An opened Postgres. */
export interface PostgresConnection {
  dialect: Dialect;
  listener: PostgresListener;
  /** Runs a statement, or a script of several where there are no values, on a connection that is dropped when it fails. */
  run(text: string, values?: readonly unknown[]): Promise<object[]>;
}

/**
 * Makes a pool; connects to nothing yet.
 *
 * @throws DatabaseError `WX_DB_URL`, `WX_DB_DRIVER`
 */
export async function openPostgres(url: string, options: PostgresOptions): Promise<PostgresConnection> {
  const target = postgresConfig(url);
  const pg = await loadPg();
  const client: ClientConfig = {
    ...target,
    types: postgresTypes(pg),
    // A connection whose other end is gone without a word is found within half a minute.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: options.connectTimeoutMs,
  };
  const pool = new pg.Pool({
    ...client,
    max: options.poolSize,
    idleTimeoutMillis: 30_000,
    // The pool's time is for waiting, the connection's own for connecting.
    connectionTimeoutMillis: options.connectionWaitMs,
    Client: class extends pg.Client {
      constructor() {
        super(client);
        // The pool listens while a connection is idle, we do once it is ours; the server may end it between the two.
        this.on("error", () => {});
      }
    },
  });
  pool.on("error", () => {}); // an idle connection was lost: the pool has dropped it, and makes another when one is wanted
  const context: PostgresFaultContext = { host: client.host ?? "", port: client.port ?? 5432, ...options };
  const dialect = new PostgresDialect({ pool: namedFaults(pool, context, options.prepare) });
  const run: PostgresConnection["run"] = async (text, values = []) => {
    const result: QueryResult | QueryResult[] = await pool.query(text, [...values]).catch((error: unknown) => {
      throw namePostgresFault(error, context);
    });
    return [result].flat().flatMap(({ rows }) => rows as object[]);
  };
  const listener = new PostgresListener(pg, client, (error) => namePostgresFault(error, context));
  return { dialect, listener, run };
}

/**
 * Sees to it that the database keeps what Waxseal promises.
 *
 * Guarantee: with `synchronous_commit` a commit that has returned is on the disk
 * (https://www.postgresql.org/docs/current/wal-async-commit.html).
 *
 * @throws DatabaseError `WX_DB_OPEN`
 */
export async function requireKept<Tables>(kysely: Kysely<Tables>): Promise<void> {
  const query = sql<{ commit: string; encoding: string }>`
    select current_setting('synchronous_commit') as commit, current_setting('server_encoding') as encoding`;
  const row = (await query.execute(kysely)).rows[0];
  if (row?.commit === "off") {
    throw new DatabaseError(
      "WX_DB_OPEN",
      "Postgres has synchronous_commit = off for this user or database: a power cut would lose mail that was accepted. Set it: ALTER ROLE user SET synchronous_commit = on.",
    );
  }
  if (row?.encoding !== "UTF8") {
    throw new DatabaseError(
      "WX_DB_OPEN",
      `The database is encoded in ${String(row?.encoding)}, which cannot hold every text. Make one in UTF8: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0.`,
    );
  }
}

/** The pool as Kysely uses it, its faults named. */
function namedFaults(pool: Pool, context: PostgresFaultContext, prepare: boolean): PostgresPool {
  const names = prepare ? new PreparedNames() : undefined;
  const clients = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    async connect() {
      const client = await pool.connect().catch((error: unknown) => {
        const exhausted = pool.totalCount >= context.poolSize;
        throw namePostgresFault(error, { ...context, exhausted });
      });
      let named = clients.get(client);
      if (named === undefined) {
        clients.set(client, (named = namedClient(client, context, names)));
      }
      return named;
    },
    end: () => pool.end(),
  };
}

function namedClient(
  client: PoolClient,
  context: PostgresFaultContext,
  names: PreparedNames | undefined,
): PostgresPoolClient {
  const plans = names === undefined ? undefined : new PlanAge(() => performance.now());
  const query = async (text: string, parameters: readonly unknown[]): Promise<QueryResult> => {
    try {
      // What speaks Postgres and keeps no plans may not know this; a lost connection is found by what follows.
      if (text === "begin" && plans?.isOver() === true) await client.query("discard plans").catch(() => {});
      const name = names?.nameOf(text);
      const result = await client.query({
        ...(name !== undefined && { name }),
        text,
        values: [...storable(parameters)],
      });
      if (text === "commit") requireCommitted(result);
      return result;
    } catch (error) {
      if (isOutdatedPlan(error)) names?.forget(text);
      const fault = namePostgresFault(error, context);
      // A lost connection has rolled back by itself, and the first error is the one to tell.
      if (text === "rollback" && fault !== error)
        return { command: "ROLLBACK", rowCount: 0, oid: 0, fields: [], rows: [] };
      throw fault;
    }
  };
  // Kysely's overload for cursors is not used: nothing is streamed.
  return { query: query as unknown as PostgresPoolClient["query"], release: () => client.release() };
}

/** A migration has changed a table below a statement that is kept prepared; the same statement, sent anew, succeeds. */
function isOutdatedPlan(error: unknown): boolean {
  return /cached plan must not change result type/.test(String(error));
}

/** Guarantee: a transaction in which a statement failed is not taken for committed; Postgres answers its COMMIT with ROLLBACK, and no error. */
function requireCommitted({ command }: QueryResult): void {
  if (command === "COMMIT") return;
  throw new DatabaseError(
    "WX_DB_ROLLED_BACK",
    "A statement of this transaction had failed, so that Postgres rolled all of it back at its COMMIT. Let the error of a statement end the transaction.",
  );
}
