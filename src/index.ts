/**
 * "waxseal": the whole of it from one configuration, and Django's functions for those who only want to send. The parts
 * that those do without (database, outbox, accounts, pages) are loaded at the first `createWaxseal`.
 */
import { createMailFromConfig, fromEnv, resolveConfig, type WaxsealConfig } from "./config.ts";
import type { Database } from "./db/index.ts";
import {
  type Backend,
  type ConnectionOptions,
  EmailMessage as MailMessage,
  EmailMultiAlternatives as MailMultiAlternatives,
  type FurtherFields,
  type Mail,
  type Mailbox,
  type MailboxList,
  type MassMail,
  type MessageFields,
  type MessageSender,
  type SendMailOptions,
  type SendOptions,
} from "./mail/index.ts";
import type {
  BulkEntry,
  HousekeepingOptions,
  HousekeepingReport,
  ListCheck,
  Outbox,
  OutboxOptions,
  RecipientFile,
  RecipientFileOptions,
  RefusedEntry,
  RenderOptions,
  Suppressions,
  SuppressionsOptions,
  Template,
  UnreadableEntry,
  VacuumReport,
} from "./outbox/index.ts";
import type { ApiKeys, ApiKeysOptions } from "./inbox/index.ts";
import type { Waxseal, WaxsealOptions } from "./waxseal.ts";

export {
  describeError,
  type Clock,
  type Logger,
  type LogLevel,
  pinoLogger,
  silentLogger,
  systemClock,
  WaxsealError,
} from "./base/index.ts";
export {
  ConfigError,
  type ConfigProblem,
  createMailFromConfig,
  type DkimConfig,
  defineConfig,
  fromEnv,
  type MailerConfig,
  type MessageConfig,
  type ResolvedConfig,
  type SmtpMailerConfig,
  type WaxsealConfig,
} from "./config.ts";
export {
  type CopiedTable,
  copyDatabase,
  type CopyOptions,
  type Database,
  DatabaseError,
  fromDrizzle,
  fromKnex,
  fromKysely,
  fromPg,
  fromPrisma,
  fromSqlite,
  migrate,
  openDatabase,
  requireMigrated,
} from "./db/index.ts";
export type { ApiKey, ApiKeys, ApiKeySettings, ApiKeysOptions, SubmissionPriority } from "./inbox/index.ts";
export {
  type Attachment,
  type Backend,
  DeliveryError,
  type Mail,
  MailerError,
  MessageError,
  type MessageFields,
  type Receipt,
} from "./mail/index.ts";
export type {
  Bounce,
  Bounces,
  Bulk,
  BulkEntry,
  BulkProgress,
  BulkRun,
  DeliveryState,
  EnqueueOptions,
  Forecast,
  HousekeepingOptions,
  HousekeepingReport,
  LimitRule,
  Limits,
  NewSuppression,
  Outbox,
  OutboxEvent,
  OutboxEventType,
  OutboxHealth,
  OutboxListeners,
  OutboxMessage,
  OutboxOptions,
  OutboxSummary,
  Priority,
  RecipientFile,
  Retention,
  ScopeState,
  SendManyOptions,
  Suppression,
  SuppressionFilter,
  SuppressionReason,
  Suppressions,
  SuppressionsOptions,
  Template,
  VacuumReport,
  WebhookEndpoint,
} from "./outbox/index.ts";
export type { Waxseal, WaxsealOptions } from "./waxseal.ts";

/**
 * Builds Waxseal from a configuration.
 *
 * @param config Default: the environment, by Django's names.
 * @throws ConfigError `WX_CONFIG` when the configuration is wrong or lacks something; DatabaseError `WX_DB_...` when the
 *   database cannot be used
 * @example
 * await using waxseal = await createWaxseal({ secretKey, siteUrl: "https://example.com", mailers });
 * waxseal.startWorker();
 * const answer = await waxseal.accounts.register({ username: "mac", email: "mac@163.com", password });
 */
export async function createWaxseal(config?: WaxsealConfig, options?: WaxsealOptions): Promise<Waxseal> {
  const whole = await import("./waxseal.ts");
  return whole.createWaxseal(config, options);
}

/**
 * The outbox of a database, for a program that looks at it or puts messages into it, and leaves sending to another.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS` for an option that does not exist
 * @example
 * await using database = await openDatabase("sqlite:shop.db");
 * const outbox = await openOutbox({ database, mailer: (name) => mail.mailers.get(name) });
 * for (const { id } of await outbox.list({ state: "failed" })) await outbox.redrive(id);
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { createOutbox } = await import("./outbox/index.ts");
  return createOutbox(options);
}

/**
 * The suppression list of a database, for a program that needs nothing else of Waxseal.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS` for an option that does not exist
 * @example
 * await using database = await openDatabase("sqlite:shop.db");
 * const suppressions = await openSuppressions({ database });
 * await suppressions.add({ address: "ann@example.com", detail: "asked by phone" });
 */
export async function openSuppressions(options: SuppressionsOptions): Promise<Suppressions> {
  const outbox = await import("./outbox/index.ts");
  return outbox.createSuppressions(options);
}

/**
 * Deletes what the outbox need not keep any longer, once and now; a worker does so every hour.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS` for a retention that cannot be
 * @example
 * const report = await housekeep(database, { retention: { sentDays: 14 } });
 */
export async function housekeep(database: Database, options?: HousekeepingOptions): Promise<HousekeepingReport> {
  const outbox = await import("./outbox/index.ts");
  return outbox.housekeep(database, options);
}

/**
 * Gives the space of deleted rows back to the disk. On SQLite nobody else can write meanwhile.
 *
 * @example
 * const { before, after } = await vacuum(database);
 */
export async function vacuum(database: Database): Promise<VacuumReport> {
  const outbox = await import("./outbox/index.ts");
  return outbox.vacuum(database);
}

/**
 * The keys by which other programs hand in mail (`waxseal api-key`), for a program that makes or revokes them itself.
 *
 * @example
 * await using database = await openDatabase("sqlite:shop.db");
 * const keys = await openApiKeys({ database });
 * const { secret } = await keys.create("shop", { allowedFrom: ["*@shop.example"] });
 */
export async function openApiKeys(options: ApiKeysOptions): Promise<ApiKeys> {
  const inbox = await import("./inbox/index.ts");
  return inbox.createApiKeys(options);
}

/**
 * Reads a template from its folder: `subject.txt`, `body.txt`, `body.html`, and a folder for each language that has its own.
 *
 * @throws BulkError `WX_BULK_TEMPLATE` when there is no such folder, or nothing in it to send
 * @example
 * const template = await loadTemplate("templates/welcome");
 */
export async function loadTemplate(folder: string): Promise<Template> {
  const outbox = await import("./outbox/index.ts");
  return outbox.loadTemplate(folder);
}

/**
 * The fields of one message out of a template, for `mail.send` or `mail.compose`.
 *
 * @throws BulkError `WX_BULK_TEMPLATE` when it is malformed, or asks for a variable that is not there
 * @example
 * const fields = await renderTemplate({ subject: "Hello {{ name }}", text: "..." }, { name: "Ann" });
 * await mail.send({ ...fields, to: ["ann@example.com"] });
 */
export async function renderTemplate(
  template: Template,
  variables: Readonly<Record<string, unknown>>,
  options?: RenderOptions,
): Promise<MessageFields> {
  const outbox = await import("./outbox/index.ts");
  return outbox.renderTemplate(template, variables, options);
}

/**
 * Opens a CSV file of recipients, whose first line names its columns.
 *
 * @throws BulkError `WX_BULK_LIST` when it cannot be read, or has no column of addresses
 * @example
 * const file = await openRecipients("recipients.csv");
 * await waxseal.bulk.sendMany(template, file.entries(), { name: "news", source: file.hash });
 */
export async function openRecipients(path: string, options?: RecipientFileOptions): Promise<RecipientFile> {
  const outbox = await import("./outbox/index.ts");
  return outbox.openRecipients(path, options);
}

/**
 * Checks every entry of a list as `sendMany` does, and sends nothing.
 *
 * @throws BulkError `WX_BULK_TEMPLATE` when the template itself is malformed; what `entries` throws
 * @example
 * const { good, repeated, refused, first } = await checkList(template, file.entries(), { onRefused: console.error });
 */
export async function checkList(
  template: Template,
  entries: AsyncIterable<BulkEntry | UnreadableEntry> | Iterable<BulkEntry | UnreadableEntry>,
  options?: { onRefused?: (refusal: RefusedEntry) => void; stream?: string | undefined },
): Promise<ListCheck> {
  const outbox = await import("./outbox/index.ts");
  return outbox.checkList(template, entries, options);
}

let shared: Mail | undefined;

/** The mailers that the environment describes, made at the first use. */
function sharedMail(): Mail {
  // Sending needs neither a secret nor a site; they are asked for where they are used.
  shared ??= createMailFromConfig(
    resolveConfig(fromEnv(), { secretKey: "unused-when-only-sending", siteUrl: "http://localhost" }),
  );
  return shared;
}

const environment: MessageSender = { send: async (message, options) => sharedMail().send(message, options) };

/**
 * A message whose fields may be set until it is sent; `send()` goes through the mailer that the environment describes,
 * unless `bind` said otherwise.
 *
 * @example
 * await new EmailMessage("Hello", "World", undefined, ["ann@example.com"]).send();
 */
export class EmailMessage extends MailMessage {
  constructor(fields?: MessageFields);
  constructor(subject: string, text?: string, from?: string | Mailbox, to?: MailboxList, further?: FurtherFields);
  constructor(first?: MessageFields | string, ...others: [string?, (string | Mailbox)?, MailboxList?, FurtherFields?]) {
    super(first as string, ...others); // Either form: the class it extends tells them apart.
    this.bind(environment);
  }
}

/** An `EmailMessage` whose body stands in several forms, for readers to choose from. */
export class EmailMultiAlternatives extends MailMultiAlternatives {
  constructor(fields?: MessageFields);
  constructor(subject: string, text?: string, from?: string | Mailbox, to?: MailboxList, further?: FurtherFields);
  constructor(first?: MessageFields | string, ...others: [string?, (string | Mailbox)?, MailboxList?, FurtherFields?]) {
    super(first as string, ...others); // Either form: the class it extends tells them apart.
    this.bind(environment);
  }
}

/**
 * Sends one message through the mailer that the environment describes, as Django's `send_mail`. The environment is read
 * at the first call.
 *
 * @param message The text of the mail.
 * @param fromEmail Undefined for DEFAULT_FROM_EMAIL.
 * @param recipientList Always a list, such as `["ann@example.com"]`.
 * @returns 1, or 0 when there was nobody to send to or a failure was silenced.
 * @throws ConfigError `WX_CONFIG`, MessageError `WX_MESSAGE_...`, DeliveryError `WX_DELIVERY_...`, MailerError
 *   `WX_MAILER_UNKNOWN`
 * @example
 * await sendMail("Welcome", "Hello Ann", undefined, ["ann@example.com"], { htmlMessage: "<p>Hello Ann" });
 */
export async function sendMail(
  subject: string,
  message: string,
  fromEmail: string | Mailbox | undefined,
  recipientList: MailboxList,
  options?: SendMailOptions,
): Promise<0 | 1> {
  return sharedMail().sendMail(subject, message, fromEmail, recipientList, options);
}

/**
 * Sends many messages over one connection, as Django's `send_mass_mail`.
 *
 * @returns How many were sent.
 * @throws what `sendMail` throws, at the first message that fails
 * @example
 * await sendMassMail([["Your order", "It is on its way.", undefined, ["ann@example.com"]]]);
 */
export async function sendMassMail(
  messages: Iterable<MassMail> | AsyncIterable<MassMail>,
  options?: SendOptions,
): Promise<number> {
  return sharedMail().sendMassMail(messages, options);
}

/**
 * Sends to ADMINS from SERVER_EMAIL, the subject after EMAIL_SUBJECT_PREFIX, as Django's `mail_admins`.
 *
 * @returns 1, or 0 when there are no admins or a failure was silenced.
 * @throws what `sendMail` throws
 * @example
 * await mailAdmins("Disk almost full", "95 %");
 */
export async function mailAdmins(subject: string, message: string, options?: SendMailOptions): Promise<0 | 1> {
  return sharedMail().mailAdmins(subject, message, options);
}

/** Sends to MANAGERS as `mailAdmins` does to ADMINS; Django's `mail_managers`. */
export async function mailManagers(subject: string, message: string, options?: SendMailOptions): Promise<0 | 1> {
  return sharedMail().mailManagers(subject, message, options);
}

/**
 * A backend for the moment, as Django's `get_connection`; who asks for it closes it.
 *
 * @param backend Its kind, such as `smtp`, or Django's name for one. Default: that of the environment's mailer.
 * @param options Win over those of the environment; `failSilently` passes over failed deliveries.
 * @throws ConfigError `WX_CONFIG`
 * @deprecated as in Django 6.1: configure a mailer, and name it in `using`.
 */
export function getConnection(backend?: string, options?: ConnectionOptions): Backend {
  return sharedMail().getConnection(backend, options);
}
