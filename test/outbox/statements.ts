/** Listens to the statements that a database runs, whoever makes them, and asks it how it would find the rows. */
import { CompiledQuery } from "kysely";
import { Client } from "pg";
import { onTestFinished } from "vitest";
import { SqliteHold } from "../../src/db/drivers/sqlite-connection.ts";
import type { Database } from "../../src/db/index.ts";

/** One statement, with the parameters of its first run. */
export interface Statement {
  sql: string;
  parameters: readonly unknown[];
}

/** Every different statement from here to the end of the test. */
export function listenToStatements(database: Database): ReadonlyMap<string, Statement> {
  const heard = new Map<string, Statement>();
  const hear = (sql: string, parameters: readonly unknown[]): void => {
    if (/^\s*(?:select|insert|update|delete|with)\b/i.test(sql) && !heard.has(sql)) heard.set(sql, { sql, parameters });
  };
  if (database.dialect === "sqlite") listenToSqlite(hear);
  else listenToPostgres(hear);
  return heard;
}

type Hear = (sql: string, parameters: readonly unknown[]) => void;

/** Both Kysely and the hot paths go through the connection. SQLite's plans do not depend on the parameters. */
function listenToSqlite(hear: Hear): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { patiently } = SqliteHold.prototype;
  SqliteHold.prototype.patiently = function (this: SqliteHold, step) {
    if ("sql" in step) hear(step.sql, []);
    if (step.kind === "select") for (const { sql } of step.asks) hear(sql, []);
    if (step.kind === "apply") for (const sql of step.units.statements) hear(sql, []);
    return Reflect.apply(patiently, this, [step]) as never;
  };
  onTestFinished(() => void (SqliteHold.prototype.patiently = patiently));
}

function listenToPostgres(hear: Hear): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { query } = Client.prototype;
  Client.prototype.query = function (this: Client, ...args: unknown[]) {
    const [first, values] = args as [string | { text?: string; values?: unknown[] }, unknown];
    const text = typeof first === "string" ? first : first.text;
    const parameters = typeof first === "string" ? values : (first.values ?? values);
    if (text !== undefined) hear(text, Array.isArray(parameters) ? parameters : []);
    return Reflect.apply(query, this, args) as never;
  } as typeof query;
  onTestFinished(() => void (Client.prototype.query = query));
}

/** What a statement reads from end to end, among these tables: one line for each, empty where indexes serve it. */
export async function scansOf(database: Database, statement: Statement, tables: readonly string[]): Promise<string[]> {
  return database.dialect === "sqlite"
    ? sqliteScans(database, statement, tables)
    : postgresScans(database, statement, tables);
}

/** A `SCAN` of a table or of a whole index. The first rows of all, by `limit` and without a condition, cost nothing. */
async function sqliteScans(database: Database, { sql }: Statement, tables: readonly string[]): Promise<string[]> {
  const explain = CompiledQuery.raw(`explain query plan ${sql}`);
  const plan = (await database.kysely.executeQuery<{ detail: string }>(explain)).rows.map(({ detail }) => detail);
  const aliases = new Map([...sql.matchAll(/"?(outbox_\w+)"?\s+as\s+"?(\w+)"?/gi)].map(([, table, as]) => [as, table]));
  const isFirstRows =
    /\blimit\b/i.test(sql) && !/\bwhere\b/i.test(sql) && !plan.some((step) => /TEMP B-TREE/.test(step));
  if (isFirstRows) return [];
  return plan.filter((step) => {
    const name = /^SCAN (\w+)/.exec(step)?.[1];
    return name !== undefined && tables.includes(aliases.get(name) ?? name);
  });
}

interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  Filter?: string;
  Plans?: PlanNode[];
}

/** A sequential scan, unless it gives nothing but the first rows of all. */
async function postgresScans(
  database: Database,
  { sql, parameters }: Statement,
  tables: readonly string[],
): Promise<string[]> {
  const explain = CompiledQuery.raw(`explain (format json) ${sql}`, [...parameters]);
  const { rows } = await database.kysely.executeQuery<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(explain);
  const found: string[] = [];
  const walk = (node: PlanNode, parent: string): void => {
    const { "Node Type": type, "Relation Name": table = "", Filter: filter } = node;
    const isFirstRows = parent === "Limit" && filter === undefined;
    if (type === "Seq Scan" && tables.includes(table) && !isFirstRows) found.push(`${type} on ${table}: ${filter}`);
    for (const child of node.Plans ?? []) walk(child, type);
  };
  for (const { "QUERY PLAN": plans } of rows) for (const { Plan: plan } of plans) walk(plan, "");
  return found;
}
