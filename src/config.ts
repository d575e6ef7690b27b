/** The settings: their type, their defaults, their checks, and where they come from. */
export { defineConfig, requireConfig } from "./config/define.ts";
export { ConfigError, type ConfigProblem } from "./config/errors.ts";
export { type Environment, fromEnv, readEnvironment } from "./config/from-env.ts";
export { createMailFromConfig } from "./config/mail-from-config.ts";
export { createMiddleware } from "./config/mail-options.ts";
export { listenError } from "./config/listen-error.ts";
export { defaults, type ResolvedConfig, resolveConfig } from "./config/resolve.ts";
export { environmentName, isSecretPath } from "./config/settings.ts";
export type { SubmissionConfig } from "./config/outbox-settings.ts";
export type { DkimConfig, MailerConfig, MessageConfig, SmtpMailerConfig, WaxsealConfig } from "./config/types.ts";
