/** The configured backends by name. */
import type { Backend } from "./backend.ts";
import { MailerError } from "./errors.ts";

/** The alias that is used when none is named. */
export const DEFAULT_MAILER_ALIAS = "default";

/** Backends by alias; one of them is usually `default`. Iterating gives the aliases. */
export interface Mailers extends Iterable<string> {
  /**
   * The backend of an alias.
   *
   * @param fallback What to answer where there is no such alias, in place of an error.
   * @throws MailerError WX_MAILER_UNKNOWN
   */
  get(alias?: string, fallback?: Backend): Backend;
  /** The backend with the alias `default`. */
  readonly default: Backend;
  has(alias: string): boolean;
  readonly names: readonly string[];
  /** Closes every backend. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Gathers backends under their aliases.
 *
 * @throws MailerError WX_MAILER_BACKEND for a value that cannot send
 *
 * @example
 * const mailers = createMailers({ default: smtpBackend({ host: "smtp.163.com" }), log: consoleBackend() })
 */
export function createMailers(backends: Readonly<Record<string, Backend>>): Mailers {
  const byAlias = new Map(Object.entries(backends));
  for (const [alias, backend] of byAlias) requireBackend(alias, backend);
  const names = [...byAlias.keys()];
  const get = (alias: string = DEFAULT_MAILER_ALIAS, fallback?: Backend): Backend => {
    const backend = byAlias.get(alias) ?? fallback;
    if (backend !== undefined) return backend;
    const known = names.length === 0 ? "none is configured" : `the configured ones are ${names.join(", ")}`;
    const text = `There is no mailer ${JSON.stringify(alias)}; ${known}.`;
    throw new MailerError("WX_MAILER_UNKNOWN", "using", text, { alias });
  };
  const close = (): Promise<void> => closeAll(new Set(byAlias.values()));
  return {
    get,
    get default() {
      return get();
    },
    has: (alias) => byAlias.has(alias),
    names,
    close,
    [Symbol.iterator]: () => names[Symbol.iterator](),
    [Symbol.asyncDispose]: close,
  };
}

function requireBackend(alias: string, backend: Partial<Backend> | undefined): void {
  if (typeof backend?.send === "function") return;
  const text = `mailers.${alias} cannot send; give a backend such as smtpBackend({ host }), or an object with a send method.`;
  throw new MailerError("WX_MAILER_BACKEND", `mailers.${alias}`, text, { alias });
}

/** Closes all of them even when some fail, and then says so. */
async function closeAll(backends: Iterable<Backend>): Promise<void> {
  const results = await Promise.allSettled(Array.from(backends, async (backend) => backend.close?.()));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, "Several mailers could not be closed");
}
