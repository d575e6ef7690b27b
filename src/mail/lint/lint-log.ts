/** The lint as middleware: what it finds goes to the log, and the mail goes on. */
import type { Middleware } from "../middleware/middleware.ts";
import { lintMessage, type LintOptions } from "./lint.ts";

/** Beyond this the oldest warnings may be said again. */
const REMEMBERED = 1000;

/**
 * Logs `mail.lint` for each warning of `lintMessage`, the same one only once.
 *
 * @example
 * createMail({ mailers, defaultFromEmail, logger, middleware: [lintLog({ ignore: ["foreign-link"] })] });
 */
export function lintLog(options: LintOptions = {}): Middleware {
  const said = new Set<string>();
  return {
    before: (message, { logger }) => {
      for (const warning of lintMessage(message, options)) {
        const key = JSON.stringify(warning);
        if (said.has(key)) continue;
        if (said.size >= REMEMBERED) said.clear();
        said.add(key);
        logger.log("warn", "mail.lint", { ...warning });
      }
    },
  };
}
