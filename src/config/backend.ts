/** From a mailer's configuration to its backend: the one place where a name becomes a value. */
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { describeError, type Logger } from "../base/index.ts";
import { type Backend, consoleBackend, dummyBackend, fileBackend, memoryBackend, smtpBackend } from "../mail/index.ts";
import { timerMs } from "./check.ts";
import { requireConfig } from "./define.ts";
import { ConfigError } from "./errors.ts";
import { createProviderBackend } from "./provider-mailers.ts";
import { smtpPoolOptions } from "./smtp-pool-settings.ts";
import type { MailerConfig, OutboxMailerConfig, SmtpMailerConfig } from "./types.ts";
import { readValue } from "./values.ts";

/**
 * @param path Where the configuration stands, for the error.
 * @throws ConfigError `WX_CONFIG` when a file that it names cannot be read
 */
export function createBackend(config: MailerConfig, path: string, logger: Logger, queue: Queue = noQueue): Backend {
  if ("send" in config) return config;
  switch (config.backend) {
    case "smtp":
      return createSmtpBackend(config, path, logger);
    case "console":
      return consoleBackend({ raw: config.raw });
    case "file":
      return fileBackend({ path: config.path });
    case "memory":
      return memoryBackend({ sentUsing: path.replace(/^mailers\./, "") });
    case "dummy":
      return dummyBackend();
    case "outbox":
      return queue(config, path);
    default:
      return createProviderBackend(config);
  }
}

/** Where a mailer's mail is queued. */
export type Queue = (mailer: OutboxMailerConfig, path: string) => Backend;

/** A program that only sends has no database. */
const noQueue: Queue = (_mailer, path) => {
  const problem = 'it is "outbox", which only createWaxseal has. Use that, or name a backend that sends.';
  throw new ConfigError([{ setting: `${path}.backend`, problem }]);
};

/**
 * A backend for the moment, as Django's `get_connection`: of a kind, with options that win over those of a mailer.
 *
 * @param kind Its short name or Django's dotted one. Undefined: that of the mailer.
 * @throws ConfigError `WX_CONFIG` when the kind or an option does not exist, or the mailer is no description
 */
export function createConnection(
  mailer: MailerConfig | undefined,
  kind: string | undefined,
  options: Readonly<Record<string, unknown>>,
  logger: Logger,
): Backend {
  const described = mailer === undefined || "send" in mailer ? undefined : mailer;
  const reading = kind === undefined ? { value: described?.backend ?? "" } : readValue("backend", kind);
  if ("problem" in reading) throw new ConfigError([{ setting: "backend", problem: reading.problem }]);
  if (reading.value === "") {
    const problem =
      "mailers.default is not described by options, so that no other can be made like it. Name a backend.";
    throw new ConfigError([{ setting: "backend", problem }]);
  }
  const inherited = described?.backend === reading.value ? described : {};
  const config = { ...inherited, ...options, backend: reading.value } as MailerConfig; // checked below
  requireConfig({ mailers: { connection: config } });
  return createBackend(config, "mailers.connection", logger);
}

function createSmtpBackend(config: SmtpMailerConfig, path: string, logger: Logger): Backend {
  const { host, provider, port, security, user, password, timeoutSeconds, allowPlaintextAuth } = config;
  const pem = (option: "caFile" | "certFile" | "keyFile"): string | undefined => {
    const file = config[option];
    return file === undefined ? undefined : readPem(file, `${path}.${option}`);
  };
  const ca = pem("caFile");
  const cert = pem("certFile");
  const key = pem("keyFile");
  const ms = timeoutSeconds === undefined ? undefined : timerMs(timeoutSeconds);
  return smtpBackend({
    logger,
    ...(host !== undefined && { host }),
    ...(provider !== undefined && { provider }),
    ...(port !== undefined && { port }),
    ...(security !== undefined && { security }),
    ...(user !== undefined && password !== undefined && { auth: { user, password } }),
    ...(allowPlaintextAuth !== undefined && { allowPlaintextAuth }),
    ...smtpPoolOptions(config),
    tls: {
      ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    },
    ...(ms !== undefined && { timeouts: { connectMs: ms, greetingMs: ms, replyMs: ms, dataMs: ms, contentMs: ms } }),
  });
}

function readPem(file: string, setting: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError([{ setting, problem: `the file cannot be read: ${describeError(error)}.` }]);
  }
}
