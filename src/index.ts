/** "waxseal": the whole of it from one configuration, and Django's functions for those who only want to send. */
import { fromEnv, resolveConfig } from "./config.ts";
import type { Mail, MailboxList, MassMail, SendMailOptions, SendOptions } from "./mail/index.ts";
import { createMailFromConfig } from "./waxseal.ts";

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
  defineConfig,
  fromEnv,
  type MailerConfig,
  type ResolvedConfig,
  type SmtpMailerConfig,
  type WaxsealConfig,
} from "./config.ts";
export { DatabaseError, migrate, openDatabase } from "./db/index.ts";
export { DeliveryError, EmailMessage, EmailMultiAlternatives, MailerError, MessageError } from "./mail/index.ts";
export { createMailFromConfig, createWaxseal, type Waxseal, type WaxsealOptions } from "./waxseal.ts";

let shared: Mail | undefined;

/** The mailers that the environment describes, made at the first use. */
function sharedMail(): Mail {
  // Sending needs neither a secret nor a site; they are asked for where they are used.
  shared ??= createMailFromConfig(
    resolveConfig(fromEnv(), { secretKey: "unused-when-only-sending", siteUrl: "http://localhost" }),
  );
  return shared;
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
  fromEmail: string | undefined,
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
export async function sendMassMail(messages: Iterable<MassMail>, options?: SendOptions): Promise<number> {
  return sharedMail().sendMassMail(messages, options);
}
