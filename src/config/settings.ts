/** Every environment name there is: Django's, the ones of common platforms, and Waxseal's own. */

export type SettingKind =
  | "text"
  | "secret"
  | "boolean"
  /** A port of another server. */
  | "port"
  /** A port to listen on: 0 for any free one. */
  | "own-port"
  | "seconds"
  | "count"
  /** A size in bytes. */
  | "bytes"
  /** Values with commas between them. */
  | "list"
  /** Mailboxes with commas between them. */
  | "mailboxes"
  | "backend"
  | "level";

export interface Setting {
  name: string;
  /** Where its value goes in the configuration. */
  path: string;
  kind: SettingKind;
  /** A file may hold the value instead: `NAME_FILE` names it. */
  fileVariant?: boolean;
}

const MAILER = "mailers.default";

export const settings: readonly Setting[] = [
  { name: "SECRET_KEY", path: "secretKey", kind: "secret", fileVariant: true },
  { name: "SITE_URL", path: "siteUrl", kind: "text" },
  { name: "DATABASE_URL", path: "databaseUrl", kind: "text" },
  { name: "PORT", path: "web.port", kind: "own-port" },
  { name: "DEFAULT_FROM_EMAIL", path: "defaultFromEmail", kind: "text" },
  { name: "SERVER_EMAIL", path: "serverEmail", kind: "text" },
  { name: "ADMINS", path: "admins", kind: "mailboxes" },
  { name: "MANAGERS", path: "managers", kind: "mailboxes" },
  { name: "EMAIL_SUBJECT_PREFIX", path: "subjectPrefix", kind: "text" },
  { name: "EMAIL_USE_LOCALTIME", path: "useLocalTime", kind: "boolean" },
  { name: "DEFAULT_CHARSET", path: "charset", kind: "text" },
  { name: "WAXSEAL_ATTACHMENT_ROOT", path: "attachmentRoot", kind: "text" },
  { name: "WAXSEAL_DISABLE_FILE_ACCESS", path: "disableFileAccess", kind: "boolean" },
  { name: "WAXSEAL_MAX_MESSAGE_BYTES", path: "maxMessageBytes", kind: "bytes" },
  { name: "EMAIL_BACKEND", path: `${MAILER}.backend`, kind: "backend" },
  { name: "EMAIL_HOST", path: `${MAILER}.host`, kind: "text" },
  { name: "EMAIL_PROVIDER", path: `${MAILER}.provider`, kind: "text" },
  { name: "EMAIL_PORT", path: `${MAILER}.port`, kind: "port" },
  { name: "EMAIL_HOST_USER", path: `${MAILER}.user`, kind: "text" },
  { name: "EMAIL_HOST_PASSWORD", path: `${MAILER}.password`, kind: "secret", fileVariant: true },
  { name: "EMAIL_API_KEY", path: `${MAILER}.apiKey`, kind: "secret", fileVariant: true },
  { name: "EMAIL_API_DOMAIN", path: `${MAILER}.domain`, kind: "text" },
  { name: "EMAIL_API_URL", path: `${MAILER}.baseUrl`, kind: "text" },
  { name: "EMAIL_ACCESS_KEY_ID", path: `${MAILER}.accessKeyId`, kind: "text" },
  { name: "EMAIL_SECRET_ACCESS_KEY", path: `${MAILER}.secretAccessKey`, kind: "secret", fileVariant: true },
  { name: "EMAIL_REGION", path: `${MAILER}.region`, kind: "text" },
  { name: "EMAIL_TIMEOUT", path: `${MAILER}.timeoutSeconds`, kind: "seconds" },
  { name: "EMAIL_MAX_CONNECTIONS", path: `${MAILER}.maxConnections`, kind: "count" },
  { name: "EMAIL_MAX_MESSAGES_PER_CONNECTION", path: `${MAILER}.maxMessagesPerConnection`, kind: "count" },
  { name: "EMAIL_SSL_CAFILE", path: `${MAILER}.caFile`, kind: "text" },
  { name: "EMAIL_SSL_CERTFILE", path: `${MAILER}.certFile`, kind: "text" },
  { name: "EMAIL_SSL_KEYFILE", path: `${MAILER}.keyFile`, kind: "text" },
  { name: "EMAIL_FILE_PATH", path: `${MAILER}.path`, kind: "text" },
  { name: "WAXSEAL_ALLOW_PLAINTEXT_AUTH", path: `${MAILER}.allowPlaintextAuth`, kind: "boolean" },
  { name: "WAXSEAL_DKIM_DOMAIN", path: "dkim.domain", kind: "text" },
  { name: "WAXSEAL_DKIM_SELECTOR", path: "dkim.selector", kind: "text" },
  { name: "WAXSEAL_DKIM_PRIVATE_KEY", path: "dkim.privateKey", kind: "secret", fileVariant: true },
  { name: "WAXSEAL_ALWAYS_TO", path: "alwaysTo", kind: "list" },
  { name: "WAXSEAL_ALLOW_TO", path: "allowTo", kind: "list" },
  { name: "WAXSEAL_DATABASE_POOL_SIZE", path: "databasePoolSize", kind: "count" },
  { name: "WAXSEAL_SITE_NAME", path: "siteName", kind: "text" },
  { name: "WAXSEAL_HOST", path: "web.host", kind: "text" },
  { name: "WAXSEAL_SMTP_PORT", path: "inbox.port", kind: "own-port" },
  { name: "WAXSEAL_ACTIVATION_MAX_AGE", path: "accounts.activationMaxAgeSeconds", kind: "seconds" },
  { name: "WAXSEAL_SESSION_MAX_AGE", path: "accounts.sessionMaxAgeSeconds", kind: "seconds" },
  { name: "WAXSEAL_MAILS_PER_HOUR", path: "accounts.mailsPerHour", kind: "count" },
  { name: "WAXSEAL_RETRY_SECONDS", path: "outbox.retrySeconds", kind: "seconds" },
  { name: "WAXSEAL_LEASE_SECONDS", path: "outbox.leaseSeconds", kind: "seconds" },
  { name: "WAXSEAL_CONCURRENCY", path: "outbox.concurrency", kind: "count" },
  { name: "WAXSEAL_ALERT_SECONDS", path: "outbox.alertSeconds", kind: "seconds" },
  { name: "WAXSEAL_ENGINE", path: "outbox.engine", kind: "text" },
  { name: "WAXSEAL_METRICS_TOKEN", path: "metrics.token", kind: "secret", fileVariant: true },
  { name: "WAXSEAL_TRACING", path: "tracing", kind: "boolean" },
  { name: "WAXSEAL_BOUNCE_DOMAIN", path: "bounces.domain", kind: "text" },
  { name: "WAXSEAL_BOUNCE_MAILBOX", path: "bounces.mailbox", kind: "text" },
  { name: "WAXSEAL_BOUNCE_ADDRESSES", path: "bounces.addresses", kind: "list" },
  { name: "WAXSEAL_BOUNCE_TOKEN", path: "bounces.token", kind: "secret", fileVariant: true },
  { name: "WAXSEAL_IMAP_HOST", path: "bounces.imap.host", kind: "text" },
  { name: "WAXSEAL_IMAP_PORT", path: "bounces.imap.port", kind: "port" },
  { name: "WAXSEAL_IMAP_USER", path: "bounces.imap.user", kind: "text" },
  { name: "WAXSEAL_IMAP_PASSWORD", path: "bounces.imap.password", kind: "secret", fileVariant: true },
  { name: "WAXSEAL_UNSUBSCRIBE_MAILTO", path: "unsubscribe.mailto", kind: "text" },
  { name: "WAXSEAL_SUBMISSION_PORT", path: "submission.port", kind: "own-port" },
  { name: "WAXSEAL_SUBMISSION_HOST", path: "submission.host", kind: "text" },
  { name: "WAXSEAL_SUBMISSION_TLS_PORT", path: "submission.tlsPort", kind: "own-port" },
  { name: "WAXSEAL_SUBMISSION_CERT_FILE", path: "submission.certFile", kind: "text" },
  { name: "WAXSEAL_SUBMISSION_KEY_FILE", path: "submission.keyFile", kind: "text" },
  { name: "WAXSEAL_SUBMISSION_NAME", path: "submission.name", kind: "text" },
  { name: "WAXSEAL_SUBMISSION_MAX_MESSAGE_BYTES", path: "submission.maxMessageBytes", kind: "bytes" },
  { name: "WAXSEAL_SUBMISSION_ALLOW_PLAINTEXT_AUTH", path: "submission.allowPlaintextAuth", kind: "boolean" },
  { name: "WAXSEAL_LOG_LEVEL", path: "log.level", kind: "level" },
];

/** Read together, since only together they say something: the security, and a whole mailer in one URL. */
export const combinedSettings = ["EMAIL_USE_TLS", "EMAIL_USE_SSL", "EMAIL_URL"] as const;

/** Every name that may stand in the environment. */
export const settingNames: readonly string[] = [
  ...settings.flatMap(({ name, fileVariant }) => (fileVariant === true ? [name, `${name}_FILE`] : [name])),
  ...combinedSettings,
];

/** Whether the value at this path of the configuration must never be shown. */
export function isSecretPath(path: string): boolean {
  return (
    path === "secretKey" ||
    /\.(?:password|privateKey|apiKey|secretAccessKey|sessionToken|token|secret|signingKey|value)$/.test(path)
  );
}

/** The environment name that sets a path of the configuration; undefined where only the configuration file can. */
export function environmentName(path: string): string | undefined {
  return settings.find((setting) => setting.path === path)?.name;
}
