/** What can be configured. */
import type { Backend, DkimKey, FileAccess, MailboxList, Middleware } from "../mail/index.ts";
import type { Priority } from "../outbox/index.ts";
import type { OutboxSettings } from "./outbox-settings.ts";
import type { ProviderMailerConfig } from "./provider-mailers.ts";
import type { SmtpPoolConfig } from "./smtp-pool-settings.ts";

/** A mailer that speaks SMTP. */
export interface SmtpMailerConfig extends SmtpPoolConfig {
  backend: "smtp";
  /** The server's name, such as smtp.163.com. Default: that of the provider. */
  host?: string | undefined;
  /** A provider's name, such as "163". Default: the one that `host` or the address in `user` belongs to. */
  provider?: string | undefined;
  /** Default: the provider's; else 465 for "tls", 25 for "starttls-if-offered" and "none", else 587. */
  port?: number | undefined;
  /** Default: the provider's; else by port: 465 "tls", 587 "starttls", any other "starttls-if-offered". */
  security?: "tls" | "starttls" | "starttls-if-offered" | "none" | undefined;
  /** The account's name; given with `password`, or neither. */
  user?: string | undefined;
  /** At 163, 126 and QQ: the authorization code (授权码), not the log-in password. */
  password?: string | undefined;
  /** How long each step may take, in seconds, up to the acknowledgement. Default: RFC 5321's. */
  timeoutSeconds?: number | undefined;
  /** A file of certificates (PEM) to trust beside the well-known ones. */
  caFile?: string | undefined;
  /** A client certificate, a file in PEM; given with `keyFile`, or neither. */
  certFile?: string | undefined;
  /** Its key, a file in PEM. */
  keyFile?: string | undefined;
  /** Sends the password also over an unencrypted connection. Default false. */
  allowPlaintextAuth?: boolean | undefined;
}

/** A mailer that prints to standard output. */
export interface ConsoleMailerConfig {
  backend: "console";
  /** Prints the bytes as they would be sent. Default false. */
  raw?: boolean | undefined;
}

/** A mailer that writes into a folder. */
export interface FileMailerConfig {
  backend: "file";
  /** The folder that gets a file of mail. */
  path: string;
}

/** A mailer that keeps messages in memory. */
export interface MemoryMailerConfig {
  backend: "memory";
}

/** A mailer that sends nothing. */
export interface DummyMailerConfig {
  backend: "dummy";
}

/** A mailer whose mail goes through the outbox: it is stored, and a worker sends it by another mailer. */
export interface OutboxMailerConfig {
  backend: "outbox";
  /** The mailer that sends it in the end. */
  using: string;
  /** Default "normal". */
  priority?: Priority | undefined;
}

/** How a mailer sends: by one of Waxseal's own backends, or by any object with a `send`. */
export type MailerConfig =
  | SmtpMailerConfig
  | ConsoleMailerConfig
  | FileMailerConfig
  | MemoryMailerConfig
  | DummyMailerConfig
  | ProviderMailerConfig
  | OutboxMailerConfig
  | Backend;

/** A DKIM key; one of `privateKey` and `privateKeyFile` must be there. */
export interface DkimConfig extends Omit<DkimKey, "privateKey"> {
  privateKey?: DkimKey["privateKey"] | undefined;
  /** A file that holds the key, PEM or DER. */
  privateKeyFile?: string | undefined;
}

/** The name of one of Waxseal's own backends. */
export type BackendName = "smtp" | "console" | "file" | "memory" | "dummy" | "outbox" | ProviderMailerConfig["backend"];

/** What is said of messages themselves, whichever mailer sends them. */
export interface MessageConfig extends FileAccess {
  /** The From of mail to admins and managers. Default root@localhost, as in Django. */
  serverEmail?: string | undefined;
  /** Who gets what `mailAdmins` sends. Default: nobody. */
  admins?: MailboxList | undefined;
  /** Who gets what `mailManagers` sends. Default: nobody. */
  managers?: MailboxList | undefined;
  /** Stands before the subjects of mail to admins and managers. Default "[Waxseal] ". */
  subjectPrefix?: string | undefined;
  /** The charset of text and HTML. Default utf-8, which everything can be written in. */
  charset?: string | undefined;
  /** Dates in the machine's time zone. Default false: UTC. */
  useLocalTime?: boolean | undefined;
  /** The largest message that is sent, in bytes. Default: no limit. */
  maxMessageBytes?: number | undefined;
}

/** All that can be said of a Waxseal. Every value may be left out; undefined counts as left out. */
export interface WaxsealConfig extends MessageConfig, OutboxSettings {
  /** Signs links and forms. A list, oldest to newest: the newest signs, all are accepted. Needed outside `waxseal dev`. */
  secretKey?: string | readonly string[] | undefined;
  /** Where people reach the site, such as https://example.com; links in mails begin with it. Needed outside `waxseal dev`. */
  siteUrl?: string | undefined;
  /** What pages and mails call the site. Default "Waxseal". */
  siteName?: string | undefined;
  /** `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST/DATABASE`. Default sqlite:.waxseal/waxseal.db */
  databaseUrl?: string | undefined;
  /** Postgres: connections of each process at the most, beside the one that listens. Default 10. */
  databasePoolSize?: number | undefined;
  /** The From of mails that name none, such as `mac <mac@163.com>`. Default webmaster@localhost, as in Django. */
  defaultFromEmail?: string | undefined;
  /** Named ways out; "default" is used where none is named. */
  mailers?: Readonly<Record<string, MailerConfig>> | undefined;
  /** Signs every mail, with one key or several. Default: none. */
  dkim?: DkimConfig | readonly DkimConfig[] | undefined;
  /** Everything goes to these addresses and nobody else, or, with `allowTo`, what is for those who are not allowed. Default: none. */
  alwaysTo?: string | readonly string[] | undefined;
  /** Only these addresses, domains (`example.com`, `*.example.com`) and patterns get mail. Default: everybody. */
  allowTo?: readonly (string | RegExp)[] | undefined;
  /** Hooks around every mail, in their order; `alwaysTo` and `allowTo` come after them. Default: none. */
  middleware?: readonly Middleware[] | undefined;
  accounts?:
    | {
        /** How long an activation link works, in seconds. Default 3600. */
        activationMaxAgeSeconds?: number | undefined;
        /** How long a log-in lasts, in seconds. Default 14 days. */
        sessionMaxAgeSeconds?: number | undefined;
        /** How many account mails one address gets in an hour. Default 3. */
        mailsPerHour?: number | undefined;
      }
    | undefined;
  web?:
    | {
        /** Default 127.0.0.1. */
        host?: string | undefined;
        /** Default 8025; 0 for any free port. */
        port?: number | undefined;
      }
    | undefined;
  inbox?:
    | {
        /** The SMTP port that catches mail in `waxseal dev`. Default 1025; 0 for any free port. */
        port?: number | undefined;
      }
    | undefined;
  log?:
    | {
        /** The least level that is written. Default "info". */
        level?: "debug" | "info" | "warn" | "error" | undefined;
      }
    | undefined;
}
