/** The leaf of the house: what every part may use, and what uses none of them. */
export { backoffMs, type BackoffOptions } from "./backoff.ts";
export { type Clock, systemClock } from "./clock.ts";
export { describeError, WaxsealError } from "./errors.ts";
export { type Logger, type LogLevel, pinoLogger, type PinoShaped, silentLogger } from "./logger.ts";
export { type Locale, localeOf, locales, negotiateLocale } from "./locale.ts";
export { findUnknownOption, hintFor, type UnknownOption } from "./nearest.ts";
