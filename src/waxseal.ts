/** The composition root: builds every part from one configuration, and closes them again. */
import { type Accounts, createAccounts, type Deliver } from "./accounts/index.ts";
import { type Clock, findUnknownOption, type Logger, silentLogger, systemClock } from "./base/index.ts";
import { ConfigError, fromEnv, listenError, type ResolvedConfig, resolveConfig, type WaxsealConfig } from "./config.ts";
import { type Database, migrate, openDatabase, requireMigrated } from "./db/index.ts";
import { type Mail, MessageError } from "./mail/index.ts";
import {
  type Bounces,
  type Bulk,
  type Limits,
  metricsHandler,
  type Outbox,
  type OutboxListeners,
  type Suppressions,
  type Webhook,
} from "./outbox/index.ts";
import { openPost, type Post } from "./waxseal/post.ts";
import { openSubmission, type SubmissionServer } from "./waxseal/submission-server.ts";
import { createWeb, type NodeServer, serveNode, type ServeNodeOptions } from "./web/index.ts";

/** What a Waxseal is given beside its configuration. */
export interface WaxsealOptions {
  /** Default: says nothing. */
  logger?: Logger | undefined;
  /** Default: the machine's. */
  clock?: Clock | undefined;
  /** Run the migrations at start. Default false: then a database that is behind is refused, with the command to run. */
  migrate?: boolean | undefined;
}

/** Every part, wired. */
export interface Waxseal extends AsyncDisposable {
  /** The configuration with its defaults. */
  readonly config: ResolvedConfig;
  readonly database: Database;
  /** Sends now, and composes. */
  readonly mail: Mail;
  /** Sends once the transaction has committed. */
  readonly outbox: Outbox;
  /** Mail to many from one template. */
  readonly bulk: Bulk;
  /** How fast mail may leave, and when a message will. */
  readonly limits: Limits;
  /** Who must not be written to. */
  readonly suppressions: Suppressions;
  /** What comes back of messages. */
  readonly bounces: Bounces;
  /** Tells functions of this process what happens to messages. */
  readonly events: OutboxListeners;
  /** Register, activate, resend, log in. */
  readonly accounts: Accounts;
  /**
   * The account pages, the unsubscribe page, and what providers and Prometheus call where that is configured: a fetch
   * handler to mount in any server.
   */
  fetch(request: Request): Response | Promise<Response>;
  /**
   * Starts delivering what is in the outbox, and what goes on beside it: webhooks, the bounce mailbox, housekeeping. A
   * process that only enqueues need not.
   */
  startWorker(): void;
  /**
   * Serves the account pages over HTTP, at `config.web` or where told.
   *
   * @throws ConfigError `WX_CONFIG` when the port is in use or the host is none of this machine's
   */
  listen(at?: { host?: string; port?: number }): Promise<NodeServer>;
  /**
   * Takes mail by SMTP from programs that have a key (`waxseal api-key create`), at `config.submission`.
   *
   * @throws ConfigError `WX_CONFIG` when the port is in use or a certificate cannot be read; SubmissionError
   *   `WX_SUBMISSION_INSECURE` where keys would cross a network in the clear
   */
  listenSubmission(): Promise<SubmissionServer>;
  /** Stops serving, lets deliveries under way end, closes the connections and the database. */
  close(): Promise<void>;
}

const waxsealOptions = { logger: true, clock: true, migrate: true } satisfies Record<keyof WaxsealOptions, true>;

/** Builds Waxseal from a configuration, by default the environment's; index.ts says the rest. */
export async function createWaxseal(config: WaxsealConfig = fromEnv(), options: WaxsealOptions = {}): Promise<Waxseal> {
  const unknown = findUnknownOption(options, Object.keys(waxsealOptions));
  if (unknown !== undefined) {
    throw new ConfigError([{ setting: unknown.name, problem: `createWaxseal has no such option. ${unknown.hint}` }]);
  }
  const resolved = resolveConfig(config);
  const database = await openMigrated(resolved, options.migrate ?? false);
  try {
    return await assemble(resolved, database, options);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Opens a database and sees to it that its tables are this version's. */
export async function openMigrated(
  { databaseUrl, databasePoolSize }: Pick<ResolvedConfig, "databaseUrl" | "databasePoolSize">,
  runMigrations: boolean,
): Promise<Database> {
  const database = await openDatabase(databaseUrl, { poolSize: databasePoolSize });
  try {
    await (runMigrations ? migrate(database) : requireMigrated(database));
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

export { prepareEngine } from "./waxseal/engine.ts";

/** What the parts are given beside the configuration, with nothing left open. */
export interface AssembleOptions extends WaxsealOptions {
  /** In development: where sent mail can be read. */
  inboxUrl?: string;
}

/** Wires the parts on an open database, which closes with them. */
export async function assemble(
  config: ResolvedConfig,
  database: Database,
  options: AssembleOptions = {},
): Promise<Waxseal> {
  const { logger = silentLogger, clock = systemClock } = options;
  const { secretKey, siteUrl, siteName } = config;
  const post = await openPost(config, { database, clock, logger });
  const { mail, outbox, suppressions, links } = post;
  const maxAgeMs = config.accounts.activationMaxAgeSeconds * 1000;
  const deliver = intoOutbox(outbox, mail, () => clock.now() + maxAgeMs);
  const accounts = createAccounts({ ...config.accounts, database, clock, secretKey, siteUrl, siteName, deliver });
  const web = createWeb({
    accounts,
    secretKey: secretKey.at(-1) ?? "",
    siteUrl,
    siteName,
    logger,
    unsubscribe: { links, unsubscribe: suppressions.unsubscribe, resubscribe: suppressions.resubscribe },
    ...(options.inboxUrl !== undefined && { inboxUrl: options.inboxUrl }),
  });
  const hooks = hooksOf(config, post);
  const fetch = (request: Request): Response | Promise<Response> =>
    (hooks.get(new URL(request.url).pathname) ?? web.fetch)(request);
  const servers: { close(): Promise<void> }[] = [];

  async function listen({ host = config.web.host, port = config.web.port } = {}): Promise<NodeServer> {
    const server = await serveAt({ fetch, host, port });
    servers.push(server);
    return server;
  }

  async function listenSubmission(): Promise<SubmissionServer> {
    const server = await openSubmission(config.submission ?? {}, {
      database,
      post,
      mailto: config.unsubscribe?.mailto,
      clock,
      logger,
    });
    servers.push(server);
    return server;
  }

  let closing: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    await Promise.all(servers.map((server) => server.close()));
    await post.stop();
    await database.close();
  }
  const close = (): Promise<void> => (closing ??= closeAll());

  return {
    config,
    database,
    mail,
    outbox,
    bulk: post.bulk,
    limits: post.limits,
    suppressions,
    bounces: post.bounces,
    events: post.events,
    accounts,
    fetch,
    startWorker: post.start,
    listen,
    listenSubmission,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What other programs call, by path: providers that report, and Prometheus. */
function hooksOf({ metrics: scraped }: ResolvedConfig, { returns, metrics }: Post): Map<string, Webhook> {
  const hooks = new Map(returns.hooks);
  if (metrics !== undefined) hooks.set("/metrics", metricsHandler(metrics, { token: scraped?.token }));
  return hooks;
}

/**
 * The request path ends here: the mail is a row of the same transaction, and the worker finds it there. An account mail
 * names somebody; where nobody is left of them (`allowTo`), there is nothing to send, and the account stands.
 */
function intoOutbox(outbox: Outbox, mail: Mail, expiresAt: () => number): Deliver {
  return async (message, { tx }) => {
    const composed = await mail.compose(message).catch((error: unknown) => {
      if (error instanceof MessageError && error.code === "WX_MESSAGE_NO_RECIPIENT") return undefined;
      throw error;
    });
    if (composed === undefined) return;
    // Somebody waits for it; its link must not outlive its delivery here, nor arrive when it works no more.
    await outbox.enqueue(composed, { tx, priority: "critical", sensitive: true, expiresAt: expiresAt() });
  };
}

/** Serves over HTTP; an address that cannot be had is a setting that can be changed. */
export async function serveAt(options: ServeNodeOptions): Promise<NodeServer> {
  try {
    return await serveNode(options);
  } catch (error) {
    const { host, port } = options;
    throw listenError(error, { setting: "web.port", host, port, change: "--port (or PORT)" });
  }
}
