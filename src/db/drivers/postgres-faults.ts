/** What a connection to Postgres can meet, in words; a failed statement stays as `pg` threw it. */
import { describeError } from "../../base/index.ts";
import { DatabaseError, type DatabaseErrorCode } from "../errors.ts";

/** Where the fault happened. */
export interface PostgresFaultContext {
  host: string;
  port: number;
  poolSize: number;
  connectionWaitMs: number;
  /** Every connection was in use. */
  exhausted?: boolean;
}

interface Named {
  code: DatabaseErrorCode;
  text: (at: string, detail: string) => string;
}

const lost: Named = {
  code: "WX_DB_LOST",
  text: (at, detail) =>
    `The connection to Postgres at ${at} was lost: ${detail}. What was not committed is rolled back; whether a COMMIT that was under way took place is not known.`,
};
const unreachable: Named = {
  code: "WX_DB_UNREACHABLE",
  text: (at, detail) =>
    `Postgres at ${at} cannot be reached: ${detail}. Check that it runs, and the host and port in DATABASE_URL.`,
};
const refused: Named = {
  code: "WX_DB_OPEN",
  text: (at, detail) =>
    `Postgres at ${at} lets nobody in: ${detail}. Check the user, the password and the database in DATABASE_URL.`,
};
const untrusted: Named = {
  code: "WX_DB_OPEN",
  text: (at, detail) =>
    `The TLS connection to Postgres at ${at} cannot be trusted or made: ${detail}. Name the authority's certificate as sslrootcert=PATH in DATABASE_URL, or choose another sslmode.`,
};

/** By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), or its first two characters. */
const states: Readonly<Record<string, Named>> = {
  "08": lost,
  "28": refused,
  "3D": refused,
  "53100": {
    code: "WX_DB_FULL",
    text: (at, detail) =>
      `The disk of Postgres at ${at} is full: ${detail}. Nothing was written, and what is there is intact. Free space on it, and try again.`,
  },
  "53300": {
    code: "WX_DB_UNREACHABLE",
    text: (at, detail) =>
      `Postgres at ${at} has no connection left: ${detail}. Raise its max_connections, or lower the pool sizes of those who use it.`,
  },
  "57P01": lost,
  "57P02": lost,
  "57P03": unreachable,
};

const systemCodes: Readonly<Record<string, Named>> = {
  ECONNRESET: lost,
  EPIPE: lost,
  ECONNREFUSED: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENOENT: unreachable, // a unix socket that is not there
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ETIMEDOUT: unreachable,
};

/** What `pg` says without a code of its own. */
const texts: readonly (readonly [RegExp, Named])[] = [
  [/Connection terminated due to connection timeout|timeout expired/, unreachable],
  [/Connection terminated|not queryable|connection error/, lost],
  [/does not support SSL|self.signed|certificate|altnames/i, untrusted],
];

/** The error as it is thrown: in our words where it is the connection's, unchanged where it is a statement's. */
export function namePostgresFault(error: unknown, context: PostgresFaultContext): unknown {
  const detail = describeError(error) || String((error as { code?: unknown }).code);
  if (/timeout exceeded when trying to connect/.test(detail)) return poolFault(error, context);
  const named = faultOf(error, detail);
  if (named === undefined) return error;
  return new DatabaseError(named.code, named.text(`${context.host}:${context.port}`, detail), { cause: error });
}

function faultOf(error: unknown, detail: string): Named | undefined {
  const { code, errors } = error as { code?: unknown; errors?: readonly unknown[] };
  if (typeof code === "string") {
    const named = states[code] ?? systemCodes[code] ?? (code.length === 5 ? states[code.slice(0, 2)] : undefined);
    if (named !== undefined) return named;
  }
  if (errors !== undefined && errors.length > 0) return faultOf(errors[0], detail); // one for each address of the host
  return texts.find(([pattern]) => pattern.test(detail))?.[1];
}

function poolFault(cause: unknown, context: PostgresFaultContext): DatabaseError {
  if (context.exhausted !== true) {
    const at = `${context.host}:${context.port}`;
    return new DatabaseError(unreachable.code, unreachable.text(at, "it did not answer in time"), { cause });
  }
  return new DatabaseError(
    "WX_DB_BUSY",
    `All ${context.poolSize} connections to Postgres have been in use for ${context.connectionWaitMs / 1000} seconds. Inside of a transaction, hand it on (as tx), for a statement outside of it takes a second connection; do nothing slow in one; or set a larger poolSize.`,
    { cause },
  );
}
