/** A `postgres://` URL as what `pg` connects with. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import type { ClientConfig } from "pg";
import { describeError, hintFor } from "../../base/index.ts";
import { DatabaseError } from "../errors.ts";

/** What each `sslmode` means. `require` verifies, as `pg` does and libpq does not: who asks for TLS expects it to keep others out. */
const sslModes: Readonly<Record<string, ConnectionOptions | false>> = {
  disable: false,
  "no-verify": { rejectUnauthorized: false },
  "verify-ca": { checkServerIdentity: () => undefined },
  require: {},
  "verify-full": {},
};

/** True for a URL that names a Postgres. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(url);
}

/** False where the URL says that a pooler stands in between which cannot keep statements prepared, in Prisma's words for it. */
export function mayPrepare(url: string): boolean {
  return !/[?&]pgbouncer=true(?:&|$)/.test(url);
}

/** The URL as it may be shown; to the last @, as one that is malformed may have more in its password. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/(?<user>[^:@/]*):.*@/s, "//$<user>:***@");
}

/**
 * Reads the URL.
 *
 * @throws DatabaseError `WX_DB_URL`; its password is not in it
 */
export function postgresConfig(text: string): ClientConfig {
  const url = parse(text);
  const query = url.searchParams;
  const host = query.get("host") ?? decode(url.hostname);
  const database = decode(url.pathname.slice(1));
  if (host === "" || database === "") {
    throw refused(text, "it names no host or no database: write postgres://user:password@host:5432/database");
  }
  return {
    host,
    port: Number(url.port || 5432),
    database,
    ...(url.username !== "" && { user: decode(url.username) }),
    ...(url.password !== "" && { password: decode(url.password) }),
    ssl: tlsOptions(text, query),
    application_name: query.get("application_name") ?? "waxseal",
    ...(query.has("options") && { options: query.get("options") ?? "" }),
  };

  function decode(part: string): string {
    try {
      return decodeURIComponent(part);
    } catch {
      throw refused(text, "a % in it begins no escape; write it as %25");
    }
  }
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw refused(
      text,
      "it is malformed. In a user name or password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F",
    );
  }
}

function tlsOptions(text: string, query: URLSearchParams): ConnectionOptions | false {
  const mode = query.get("sslmode") ?? (/^(?:true|1)$/.test(query.get("ssl") ?? "") ? "require" : "disable");
  const options = sslModes[mode];
  if (options === undefined) {
    const names = Object.keys(sslModes);
    const why = /^(?:allow|prefer)$/.test(mode)
      ? "would go on in the clear where TLS is not to be had, and nobody would know"
      : `is not known. ${hintFor(mode, names)}`;
    throw refused(text, `sslmode=${mode} ${why}; use one of ${names.join(", ")}`);
  }
  if (options === false) return false;
  const file = (name: string): string | undefined => {
    const path = query.get(name);
    if (path === null) return undefined;
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw refused(text, `${name} cannot be read: ${describeError(cause)}`);
    }
  };
  const [ca, cert, key] = [file("sslrootcert"), file("sslcert"), file("sslkey")];
  return { ...options, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function refused(text: string, why: string): DatabaseError {
  return new DatabaseError("WX_DB_URL", `The database URL ${withoutPassword(text)} is not understood: ${why}.`);
}
