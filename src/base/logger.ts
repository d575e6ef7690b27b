/** The one way a part says what it is doing: a level, the name of an event, and fields. */

/** How much an event matters, the least first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Receives events. Fields never hold passwords, tokens, links or message bodies. */
export interface Logger {
  /** @param event A stable name, such as `outbox.deferred`. */
  log(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Says nothing. */
export const silentLogger: Logger = { log: () => {} };

/** The part of pino's interface that is used; any logger of that shape fits. */
export type PinoShaped = Record<LogLevel, (fields: Readonly<Record<string, unknown>>, message: string) => void>;

/**
 * A Logger that writes through a pino-shaped logger.
 *
 * @example
 * const waxseal = await createWaxseal(config, { logger: pinoLogger(pino()) });
 */
export function pinoLogger(pino: PinoShaped): Logger {
  return { log: (level, event, fields = {}) => pino[level](fields, event) };
}
