/** Fills in the defaults, and refuses a configuration that lacks what its use needs. */
import { requireConfig } from "./define.ts";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import type { MailSettings } from "./mail-options.ts";
import type { OutboxConfig, OutboxSettings } from "./outbox-settings.ts";
import type { MailerConfig, WaxsealConfig } from "./types.ts";
import { checkWhole } from "./whole.ts";

/** A configuration with nothing left open. */
export interface ResolvedConfig extends MailSettings, Omit<OutboxSettings, "outbox"> {
  /** Oldest to newest. */
  secretKey: readonly string[];
  siteUrl: string;
  siteName: string;
  databaseUrl: string;
  databasePoolSize: number;
  defaultFromEmail: string;
  mailers: Readonly<Record<string, MailerConfig>>;
  accounts: { activationMaxAgeSeconds: number; sessionMaxAgeSeconds: number; mailsPerHour: number };
  outbox: Required<{ [K in keyof OutboxConfig]: NonNullable<OutboxConfig[K]> }>;
  web: { host: string; port: number };
  inbox: { port: number };
  log: { level: "debug" | "info" | "warn" | "error" };
}

/** Where nothing else is said; `DEFAULT_FROM_EMAIL` has Django's default. */
export const defaults: Omit<
  ResolvedConfig,
  "secretKey" | "siteUrl" | "mailers" | keyof MailSettings | keyof Omit<OutboxSettings, "outbox">
> &
  Pick<ResolvedConfig, "serverEmail" | "subjectPrefix" | "charset" | "useLocalTime" | "disableFileAccess"> = {
  siteName: "Waxseal",
  databaseUrl: "sqlite:.waxseal/waxseal.db",
  databasePoolSize: 10,
  defaultFromEmail: "webmaster@localhost",
  serverEmail: "root@localhost",
  subjectPrefix: "[Waxseal] ",
  charset: "utf-8",
  useLocalTime: false,
  disableFileAccess: false,
  accounts: { activationMaxAgeSeconds: 3600, sessionMaxAgeSeconds: 14 * 86_400, mailsPerHour: 3 },
  outbox: { retrySeconds: 30, leaseSeconds: 30, concurrency: 32, alertSeconds: 600, engine: "embedded" },
  web: { host: "127.0.0.1", port: 8025 },
  inbox: { port: 1025 },
  log: { level: "info" },
};

/** What only a deployment can know; `waxseal dev` makes them up. */
export interface Essentials {
  secretKey: string | readonly string[];
  siteUrl: string;
  mailers: Readonly<Record<string, MailerConfig>>;
}

/**
 * The whole configuration.
 *
 * @param fallback What stands in for a missing secret, site URL and default mailer, in development.
 * @throws ConfigError `WX_CONFIG` when something is wrong, or missing and without a stand-in
 */
export function resolveConfig(config: WaxsealConfig, fallback: Partial<Essentials> = {}): ResolvedConfig {
  requireConfig(config);
  const secretKey = config.secretKey ?? fallback.secretKey;
  const siteUrl = config.siteUrl ?? fallback.siteUrl;
  const mailers = { ...fallback.mailers, ...config.mailers };
  const { bounces, submission } = config;
  const missing = [...missingEssentials(secretKey, siteUrl, mailers), ...checkWhole({ mailers, bounces, submission })];
  if (secretKey === undefined || siteUrl === undefined || missing.length > 0) throw new ConfigError(missing);
  return {
    secretKey: typeof secretKey === "string" ? [secretKey] : secretKey,
    siteUrl,
    mailers,
    dkim: config.dkim,
    alwaysTo: config.alwaysTo,
    allowTo: config.allowTo,
    middleware: config.middleware,
    admins: config.admins,
    managers: config.managers,
    attachmentRoot: config.attachmentRoot,
    maxMessageBytes: config.maxMessageBytes,
    serverEmail: config.serverEmail ?? defaults.serverEmail,
    subjectPrefix: config.subjectPrefix ?? defaults.subjectPrefix,
    charset: config.charset ?? defaults.charset,
    useLocalTime: config.useLocalTime ?? defaults.useLocalTime,
    disableFileAccess: config.disableFileAccess ?? defaults.disableFileAccess,
    siteName: config.siteName ?? defaults.siteName,
    databaseUrl: config.databaseUrl ?? defaults.databaseUrl,
    databasePoolSize: config.databasePoolSize ?? defaults.databasePoolSize,
    defaultFromEmail: config.defaultFromEmail ?? defaults.defaultFromEmail,
    accounts: completed(config.accounts, defaults.accounts),
    outbox: completed(config.outbox, defaults.outbox),
    limits: config.limits,
    webhooks: config.webhooks,
    webhooksPublicOnly: config.webhooksPublicOnly,
    bounces,
    suppression: config.suppression,
    unsubscribe: config.unsubscribe,
    retention: config.retention,
    metrics: config.metrics,
    tracing: config.tracing,
    submission,
    web: completed(config.web, defaults.web),
    inbox: completed(config.inbox, defaults.inbox),
    log: completed(config.log, defaults.log),
  };
}

/** The group with its defaults; a value that is undefined, such as a variable that is not set, does not hide one. */
function completed<T extends object>(given: { [K in keyof T]?: T[K] | undefined } | undefined, fallback: T): T {
  const said = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...fallback, ...Object.fromEntries(said) };
}

function missingEssentials(secretKey: unknown, siteUrl: unknown, mailers: object): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (secretKey === undefined) {
    problems.push({
      setting: "SECRET_KEY",
      problem: `it is missing, and only \`waxseal dev\` does without. Make one with: node -p 'crypto.randomBytes(32).toString("base64url")'`,
    });
  }
  if (siteUrl === undefined) {
    problems.push({
      setting: "SITE_URL",
      problem:
        "it is missing; the links in mails begin with it. Set it to where people reach the site, such as https://example.com.",
    });
  }
  if (!("default" in mailers)) {
    problems.push({
      setting: "EMAIL_HOST",
      problem:
        "no way to send mail is set. Set EMAIL_HOST_USER and EMAIL_HOST_PASSWORD (with EMAIL_HOST and EMAIL_PORT where the provider of that address is not known) or EMAIL_URL, or EMAIL_BACKEND=console to only print mail.",
    });
  }
  return problems;
}
