/** Values of Postgres as SQLite gives them: whole numbers as numbers, for the counts and times here stay far below 2^53. */
import type { CustomTypesConfig } from "pg";
import type { Pg } from "./load-pg.ts";

const INT8 = 20;
const NUMERIC = 1700;

/** A pool's own parsers, with `pg`'s for all else: what an application registers with `pg`, and may rely on, is left alone. */
export function postgresTypes({ types }: Pg): CustomTypesConfig {
  return {
    getTypeParser: (oid, format) => {
      if (format !== "binary" && (oid === INT8 || oid === NUMERIC)) return Number;
      return types.getTypeParser(oid, format);
    },
  };
}
