/** Waxseal on a developer's machine: everything in one process, with an inbox that catches the mail. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { silentLogger, systemClock } from "./base/index.ts";
import { listenError, resolveConfig, type WaxsealConfig } from "./config.ts";
import { createConsole } from "./console/index.ts";
import { sqlitePath } from "./db/index.ts";
import { lintLog } from "./mail/index.ts";
import { databaseStore, type Inbox, InboxError, type InboxOptions, listenInbox } from "./inbox/index.ts";
import { assemble, openMigrated, serveAt, type Waxseal, type WaxsealOptions } from "./waxseal.ts";

/** A running development server. */
export interface Development extends AsyncDisposable {
  readonly waxseal: Waxseal;
  readonly inbox: Inbox;
  /** The sample site, with the account pages below it. */
  readonly url: string;
  readonly inboxUrl: string;
  /** Where caught mail arrives, `host:port`. */
  readonly smtpAddress: string;
  /** False when the configuration names a mailer of its own: then the mail goes there. */
  readonly catchesMail: boolean;
  close(): Promise<void>;
}

/** What was opened so far; closed from the last to the first. */
type Opened = { close(): Promise<void> }[];

/**
 * Opens the database (and brings it up to date), the inbox and the web server, and starts the worker.
 *
 * What only a deployment can know is made up: the secret (kept beside the database, so that links outlive a restart),
 * the site's URL, and a mailer that sends to the inbox.
 *
 * @throws ConfigError, also when a port is in use; DatabaseError
 */
export async function startDevelopment(config: WaxsealConfig, options: WaxsealOptions = {}): Promise<Development> {
  const opened: Opened = [];
  try {
    return await start(config, options, opened);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function start(config: WaxsealConfig, options: WaxsealOptions, opened: Opened): Promise<Development> {
  const { logger = silentLogger, clock = systemClock } = options;
  // Checked before a port or a file is opened; the stand-ins are replaced below by what was opened.
  const checked = resolveConfig(config, {
    secretKey: "not-yet-read-or-made",
    siteUrl: "http://127.0.0.1",
    mailers: { default: { backend: "dummy" } },
  });
  const database = await openMigrated(checked, true);
  opened.push(database);
  const inbox = await openInbox({ logger, clock, port: checked.inbox.port, store: databaseStore(database) });
  opened.push(inbox);
  let handle: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 });
  const server = await serveAt({ fetch: (request) => handle(request), ...checked.web });
  opened.push(server);

  const resolved = resolveConfig(config, {
    secretKey: config.secretKey ?? keptSecret(checked.databaseUrl),
    siteUrl: server.url,
    mailers: { default: { backend: "smtp", host: inbox.host, port: inbox.port, security: "none" } },
  });
  // The links of this machine's own site are local, as they should be here.
  const lint = lintLog({ defaultFrom: resolved.defaultFromEmail, ignore: ["local-link"] });
  const linted = { ...resolved, middleware: [...(resolved.middleware ?? []), lint] };
  const inboxUrl = `${server.url}/inbox`;
  const smtpAddress = `${inbox.host}:${inbox.port}`;
  const catchesMail = config.mailers?.["default"] === undefined;
  const waxseal = await assemble(linted, database, { logger, clock, ...(catchesMail && { inboxUrl }) });
  const console = createConsole({
    logger,
    clock,
    inbox,
    smtpAddress,
    outbox: waxseal.outbox,
    insight: {
      forecast: (id) => waxseal.limits.forecast(id),
      scopes: () => waxseal.limits.list(),
      reports: (id) => waxseal.bounces.list({ messageId: id }),
    },
    allowedHosts: ["127.0.0.1", "localhost", "[::1]", new URL(resolved.siteUrl).hostname, resolved.web.host],
  });
  handle = (request) => (ownedByConsole(request) ? console.fetch(request) : waxseal.fetch(request));
  waxseal.startWorker();

  let closing: Promise<void> | undefined;
  // The web first, so that nothing new comes in; the inbox last, for it takes what the worker is just sending.
  const close = (): Promise<void> => (closing ??= closeAll([inbox, waxseal, server]));
  return {
    waxseal,
    inbox,
    url: server.url,
    inboxUrl,
    smtpAddress,
    catchesMail,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function closeAll(opened: Opened): Promise<void> {
  for (const part of opened.toReversed()) await part.close();
}

async function openInbox(options: InboxOptions): Promise<Inbox> {
  try {
    return await listenInbox(options);
  } catch (error) {
    if (!(error instanceof InboxError)) throw error;
    const change = "--smtp-port (or WAXSEAL_SMTP_PORT)";
    throw listenError(error.cause, { setting: "inbox.port", host: "127.0.0.1", port: options.port, change });
  }
}

function ownedByConsole(request: Request): boolean {
  return /^\/(inbox|outbox|api\/outbox|console-assets)(\/|$)/.test(new URL(request.url).pathname);
}

/** The secret kept in the database's folder (for Postgres, in `.waxseal`), made when there is none; for a database in memory, a new one each time. */
function keptSecret(databaseUrl: string): string {
  const fresh = randomBytes(32).toString("base64url");
  const path = databaseUrl.startsWith("sqlite:") ? sqlitePath(databaseUrl) : undefined;
  if (path === ":memory:") return fresh;
  const file = join(path === undefined ? ".waxseal" : dirname(path), "secret");
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, fresh, { flag: "wx", mode: 0o600 }); // fails where there is one already
    return fresh;
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
    return readFileSync(file, "utf8").trim();
  }
}
