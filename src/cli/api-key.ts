/** `waxseal api-key`: makes, lists and revokes the keys by which other programs hand in mail. */
import { hostname } from "node:os";
import Table from "cli-table3";
import { ConfigError, defaults, type WaxsealConfig } from "../config.ts";
import {
  type ApiKey,
  type ApiKeys,
  type ApiKeySettings,
  openApiKeys,
  openDatabase,
  requireMigrated,
  type SubmissionPriority,
} from "../index.ts";
import { loadConfig } from "./load-config.ts";
import { bold, dim, encode, stderrLogger } from "./terminal.ts";

/** Where none is set: unlike 587, a port that anybody may listen on. */
const EXAMPLE_PORT = 2587;

/** The flags of `waxseal api-key create`. */
export interface CreateFlags {
  database?: string;
  from?: readonly string[];
  mailer?: string;
  tenant?: string;
  perMinute?: string;
  perDay?: string;
  priority?: string;
  allowCritical?: boolean;
  quiet?: boolean;
}

/** Makes a key and prints it, with the settings that use it. */
export async function createApiKey(name: string, flags: CreateFlags): Promise<void> {
  const { from, mailer, tenant, perMinute, perDay, priority, allowCritical, quiet = false } = flags;
  const settings: ApiKeySettings = {
    ...(from !== undefined && { allowedFrom: from }),
    ...(mailer !== undefined && { mailer }),
    ...(tenant !== undefined && { tenant }),
    ...(perMinute !== undefined && { ratePerMinute: countOf("--per-minute", perMinute) }),
    ...(perDay !== undefined && { dailyLimit: countOf("--per-day", perDay) }),
    ...(priority !== undefined && { priority: priority as SubmissionPriority }), // checked where the key is made
    ...(allowCritical === true && { allowCritical }),
  };
  await withKeys(flags, async (keys, { submission }) => {
    const { key, secret } = await keys.create(name, settings);
    console.log(quiet ? secret : announcement(key, secret, submission));
  });
}

/** Prints the keys as a table. */
export async function listApiKeys(flags: { database?: string }): Promise<void> {
  await withKeys(flags, async (keys) => {
    const all = await keys.list();
    if (all.length === 0) return console.log("There are no keys. Make one with `waxseal api-key create NAME`.");
    const table = new Table({
      head: ["name", "may send as", "limits", "mailer", "last used", "state"].map(bold),
      style: { head: [], border: [] },
    });
    for (const key of all) {
      table.push([
        encode(key.name),
        sendersOf(key),
        limitsOf(key),
        encode(wayOf(key)),
        timeOf(key.lastUsedAt),
        stateOf(key),
      ]);
    }
    console.log(table.toString());
  });
}

/** Ends a key. */
export async function revokeApiKey(name: string, flags: { database?: string }): Promise<void> {
  await withKeys(flags, async (keys) => {
    await keys.revoke(name);
    console.log(`${encode(name)}: revoked. Servers refuse it within seconds, on open connections too.`);
  });
}

async function withKeys(
  flags: { database?: string },
  work: (keys: ApiKeys, config: WaxsealConfig) => Promise<void>,
): Promise<void> {
  const { config } = await loadConfig(flags.database === undefined ? {} : { database: flags.database });
  await using database = await openDatabase(config.databaseUrl ?? defaults.databaseUrl);
  await requireMigrated(database);
  await work(await openApiKeys({ database, logger: stderrLogger("warn") }), config);
}

function countOf(setting: string, text: string): number {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
  throw new ConfigError([{ setting, problem: `it is ${JSON.stringify(text)}; it must be a whole number, 1 or more.` }]);
}

function announcement(key: ApiKey, secret: string, submission: WaxsealConfig["submission"]): string {
  const { name } = key;
  const [user, dsnUser] = [JSON.stringify(name), encodeURIComponent(name)];
  const { host, port } = reachedAt(submission);
  const where =
    submission?.port === undefined
      ? `Start the server with \`waxseal serve --smtp-port ${port}\`.`
      : "The server is `waxseal serve`.";
  return `The key of ${bold(encode(name))}, shown this once:

  ${bold(secret)}

It may send as ${sendersOf(key)}, ${limitsOf(key)}. The user name does not matter; the password is the key.
${where}

${dim("# Django, settings.py")}
EMAIL_HOST, EMAIL_PORT = "${host}", ${port}
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = ${user}, "${secret}"
${dim("# EMAIL_USE_TLS = True   from another machine")}

${dim("# PHP: Symfony (.env)")}
MAILER_DSN=smtp://${dsnUser}:${secret}@${host}:${port}

${dim("# PHP: Laravel (.env)")}
MAIL_MAILER=smtp
MAIL_HOST=${host}
MAIL_PORT=${port}
MAIL_USERNAME=${user}
MAIL_PASSWORD=${secret}

${dim("# Java, Spring (application.properties)")}
spring.mail.host=${host}
spring.mail.port=${port}
spring.mail.username=${name}
spring.mail.password=${secret}
spring.mail.properties.mail.smtp.auth=true`;
}

/** An address that every machine listens on is none to connect to, and an unset or free port none to write down. */
function reachedAt({ host = "127.0.0.1", port = 0, name }: NonNullable<WaxsealConfig["submission"]> = {}): {
  host: string;
  port: number;
} {
  const isLocal = host === "127.0.0.1" || host === "::1" || host === "localhost";
  const isAny = host === "0.0.0.0" || host === "::";
  const reached = isAny ? (name ?? hostname()) : host;
  return { host: isLocal ? "localhost" : reached, port: port === 0 ? EXAMPLE_PORT : port };
}

function sendersOf({ settings }: ApiKey): string {
  return encode(settings.allowedFrom?.join(", ") ?? "anybody");
}

function limitsOf({ settings: { ratePerMinute, dailyLimit } }: ApiKey): string {
  const limits = [
    ratePerMinute === undefined ? [] : [`${ratePerMinute} a minute`],
    dailyLimit === undefined ? [] : [`${dailyLimit} a day`],
  ].flat();
  return limits.length === 0 ? "without limit" : limits.join(", ");
}

function wayOf({ settings: { mailer = "default", priority, allowCritical } }: ApiKey): string {
  const isUrgent = allowCritical === true && priority !== "critical";
  return [mailer, priority ?? [], isUrgent ? "may be critical" : []].flat().join(", ");
}

function timeOf(at: number | undefined): string {
  return at === undefined ? "never" : new Date(at).toISOString().slice(0, 16).replace("T", " ");
}

function stateOf({ revokedAt }: ApiKey): string {
  return revokedAt === undefined ? "active" : `revoked ${timeOf(revokedAt)}`;
}
