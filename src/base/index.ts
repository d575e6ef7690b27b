/** The leaf of the house: what every part may use, and what uses none of them. */
export { backoffMs, type BackoffOptions } from "./backoff.ts";
export { type Clock, systemClock } from "./clock.ts";
export { CutOff } from "./cut-off.ts";
export { describeError, WaxsealError } from "./errors.ts";
export { type Logger, type LogLevel, pinoLogger, type PinoShaped, silentLogger } from "./logger.ts";
export {
  chooseLocale,
  LANGUAGE_COOKIE,
  LANGUAGE_COOKIE_SECONDS,
  languageLinks,
  type LanguageWishes,
  type Locale,
  localeOf,
} from "./locale.ts";
export { newId } from "./ids.ts";
export { findUnknownOption, hintFor, type UnknownOption } from "./nearest.ts";
