/** The composition root: builds every part from one configuration, and closes them again. */
import { type Accounts, createAccounts, type Deliver } from "./accounts/index.ts";
import { type Clock, findUnknownOption, type Logger, silentLogger, systemClock } from "./base/index.ts";
import {
  ConfigError,
  createMailFromConfig,
  createMiddleware,
  fromEnv,
  listenError,
  type ResolvedConfig,
  resolveConfig,
  type WaxsealConfig,
} from "./config.ts";
import { type Database, migrate, openDatabase, requireMigrated } from "./db/index.ts";
import { deliveryReports, guardedBackend, type Mail, MessageError } from "./mail/index.ts";
import { createOutbox, type Outbox, type OutboxOptions } from "./outbox/index.ts";
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
  /** Register, activate, resend, log in. */
  readonly accounts: Accounts;
  /** The account pages, as a fetch handler to mount in any server. */
  fetch(request: Request): Response | Promise<Response>;
  /** Starts delivering what is in the outbox. A process that only enqueues need not. */
  startWorker(): void;
  /**
   * Serves the account pages over HTTP, at `config.web` or where told.
   *
   * @throws ConfigError `WX_CONFIG` when the port is in use or the host is none of this machine's
   */
  listen(at?: { host?: string; port?: number }): Promise<NodeServer>;
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
  const database = await openMigrated(resolved.databaseUrl, options.migrate ?? false);
  try {
    return assemble(resolved, database, options);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Opens a database and sees to it that its tables are this version's. */
export async function openMigrated(url: string, runMigrations: boolean): Promise<Database> {
  const database = await openDatabase(url);
  try {
    await (runMigrations ? migrate(database) : requireMigrated(database));
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Wires the parts on an open database, which closes with them. */
export function assemble(
  config: ResolvedConfig,
  database: Database,
  options: WaxsealOptions & { inboxUrl?: string } = {},
): Waxseal {
  const { logger = silentLogger, clock = systemClock } = options;
  const { secretKey, siteUrl, siteName } = config;
  const mail = createMailFromConfig(config, options);
  const middleware = createMiddleware(config);
  const reports = deliveryReports(middleware, logger);
  const outbox = createOutbox({
    ...outboxSettings(config),
    database,
    // Guarded once more on the way out: what waits there may be older than the settings.
    mailer: (name) => reports.watch(guardedBackend(mail.mailers.get(name), middleware, logger)),
    clock,
    logger,
  });
  const deliver = intoOutbox(outbox, mail);
  const accounts = createAccounts({ ...config.accounts, database, clock, secretKey, siteUrl, siteName, deliver });
  const web = createWeb({
    accounts,
    secretKey: secretKey.at(-1) ?? "",
    siteUrl,
    siteName,
    logger,
    ...(options.inboxUrl !== undefined && { inboxUrl: options.inboxUrl }),
  });
  const fetch = (request: Request): Response | Promise<Response> => web.fetch(request);
  const servers: NodeServer[] = [];

  async function listen({ host = config.web.host, port = config.web.port } = {}): Promise<NodeServer> {
    const server = await serveAt({ fetch, host, port });
    servers.push(server);
    return server;
  }

  let closing: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    await Promise.all(servers.map((server) => server.close()));
    await outbox.stop();
    await reports.settled();
    await mail.mailers.close();
    await database.close();
  }
  const close = (): Promise<void> => (closing ??= closeAll());

  return {
    config,
    database,
    mail,
    outbox,
    accounts,
    fetch,
    startWorker: outbox.start,
    listen,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function outboxSettings({ outbox }: ResolvedConfig): Pick<OutboxOptions, "policy" | "leaseMs" | "concurrency"> {
  const { retrySeconds, leaseSeconds, concurrency } = outbox;
  return { policy: { baseMs: retrySeconds * 1000 }, leaseMs: leaseSeconds * 1000, concurrency };
}

/**
 * The request path ends here: the mail is a row of the same transaction, and the worker finds it there. An account mail
 * names somebody; where nobody is left of them (`allowTo`), there is nothing to send, and the account stands.
 */
function intoOutbox(outbox: Outbox, mail: Mail): Deliver {
  return async (message, { tx }) => {
    const composed = await mail.compose(message).catch((error: unknown) => {
      if (error instanceof MessageError && error.code === "WX_MESSAGE_NO_RECIPIENT") return undefined;
      throw error;
    });
    if (composed !== undefined) await outbox.enqueue(composed, tx === undefined ? {} : { tx });
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
