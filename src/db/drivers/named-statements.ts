/** Statements whose faults are named: a full disk says so, as it does through Kysely. */
import type { SqliteStatements } from "./sqlite-connection.ts";
import { nameSqliteFault } from "./sqlite-faults.ts";

type Prepared = ReturnType<SqliteStatements["prepare"]>;

export function namedStatements(connection: SqliteStatements): SqliteStatements {
  const named = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw nameSqliteFault(error);
    }
  };
  const prepare = (sql: string): Prepared => {
    const statement = connection.prepare(sql);
    return {
      all: (...values) => named(() => statement.all(...values)),
      get: (...values) => named(() => statement.get(...values)),
      run: (...values) => named(() => statement.run(...values)),
    };
  };
  return { prepare };
}
