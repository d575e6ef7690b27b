/** What sends mail directly: the mailers of a configuration, without a database. */
import { type Clock, type Logger, silentLogger, systemClock } from "../base/index.ts";
import { createMail, createMailers, type Mail } from "../mail/index.ts";
import { createBackend, createConnection, type Queue } from "./backend.ts";
import { requireConfig } from "./define.ts";
import { ConfigError } from "./errors.ts";
import { createMiddleware, createSigner, type MailSettings } from "./mail-options.ts";
import type { MailerConfig } from "./types.ts";

/** What mailers work with. */
export interface MailSurroundings {
  logger?: Logger | undefined;
  clock?: Clock | undefined;
  /** Where mailers with the backend "outbox" put their mail. Default: there is none, and such a mailer is refused. */
  queue?: Queue | undefined;
}

/**
 * What sends mail directly: the mailers of a configuration, without a database.
 *
 * @throws ConfigError `WX_CONFIG` when a mailer, the sender or a DKIM key is wrong; SmtpError `WX_SMTP_OPTIONS`; MailerError
 *   `WX_MAILER_PATH` when the folder of a `file` mailer cannot be used
 * @example
 * const mail = createMailFromConfig({ mailers, defaultFromEmail: "Shop <shop@example.com>" });
 * await mail.sendMail("Hello", "World", undefined, ["ann@example.com"]);
 * await mail.mailers.close();
 */
export function createMailFromConfig(
  config: MailSettings & { mailers: Readonly<Record<string, MailerConfig>>; defaultFromEmail: string },
  { logger = silentLogger, clock = systemClock, queue }: MailSurroundings = {},
): Mail {
  requireConfig(config);
  const { mailers } = config;
  if (mailers === undefined) {
    const problem =
      'it is missing. Give at least one, such as { default: { backend: "smtp", host: "smtp.example.com" } }.';
    throw new ConfigError([{ setting: "mailers", problem }]);
  }
  const backends = Object.entries(mailers).map(
    ([name, mailer]) => [name, createBackend(mailer, `mailers.${name}`, logger, queue)] as const,
  );
  return createMail({
    ...config,
    connect: (kind, overriding) => createConnection(mailers["default"], kind, overriding, logger),
    mailers: createMailers(Object.fromEntries(backends)),
    clock,
    logger,
    dkim: createSigner(config, { clock, logger }),
    middleware: createMiddleware(config),
  });
}
