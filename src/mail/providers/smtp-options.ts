/** From a provider's name, or the address that logs in, to the options of an SMTP pool. */
import { hintFor } from "../../base/index.ts";
import type { SmtpOptions } from "../../smtp/index.ts";
import { badOption } from "../backends/options.ts";
import { shorten } from "../errors.ts";
import { explainerOf } from "./explainer.ts";
import { findProvider, findProviderOfHost, providerNames } from "./find-provider.ts";
import type { Provider } from "./provider.ts";

/** The options of an SMTP pool, of which a provider gives those that are left out. */
export interface SmtpBackendOptions extends Omit<SmtpOptions, "host"> {
  /** Default: the provider's server. */
  host?: string | undefined;
  /** A provider's name, such as "163". Default: the one that `host` or the address in `auth.user` belongs to. */
  provider?: string | undefined;
}

/** Options that are complete, and the provider they are for, where that is known. */
export interface ResolvedProvider {
  readonly provider: Provider | undefined;
  readonly options: SmtpOptions;
}

/**
 * The options of an SMTP pool for a provider: its server, its limits, and what its refusals mean. What is given wins.
 *
 * @throws MailerError WX_MAILER_OPTION for a provider that is not known, or where neither host nor provider can be told
 *
 * @example
 * createSmtpPool(smtpOptionsFor({ provider: "163", auth: { user: "mac@163.com", password: authorizationCode } }));
 */
export function smtpOptionsFor(given: SmtpBackendOptions): SmtpOptions {
  return resolveProvider(given).options;
}

/** As `smtpOptionsFor`, with the provider. */
export function resolveProvider(given: SmtpBackendOptions): ResolvedProvider {
  if (typeof given !== "object" || given === null) {
    throw badOption("smtp", "options", 'must be an object, such as { host: "smtp.example.com" }.');
  }
  const { provider: _name, ...options } = given;
  const provider = providerOf(given);
  if (provider === undefined) return { provider, options: { ...options, host: given.host ?? noHost(given) } };
  const explain = options.explain ?? explainerOf(provider, options.auth);
  const known = { ...limitsOf(provider), ...endpointOf(provider, options), explain };
  return { provider, options: { ...known, ...defined(options), host: options.host ?? provider.host } };
}

/** By name, else by host, else by the address that logs in. */
function providerOf({ provider: name, host, auth }: SmtpBackendOptions): Provider | undefined {
  if (name !== undefined) return findProvider(String(name)) ?? unknownProvider(String(name));
  if (host !== undefined) return findProviderOfHost(String(host));
  const user = String(auth?.user ?? "");
  return user.includes("@") ? findProvider(user) : undefined;
}

function unknownProvider(name: string): never {
  const hint = hintFor(name, providerNames);
  throw badOption("smtp", "provider", `is ${shorten(name)}, which is not known here. ${hint} Or set host instead.`);
}

function noHost({ auth }: SmtpBackendOptions): never {
  const domain = String(auth?.user ?? "").split("@")[1];
  const why = domain === undefined ? "" : ` The provider of ${shorten(domain)} is not known here.`;
  throw badOption(
    "smtp",
    "host",
    `is missing.${why} Set host to the SMTP server, or provider (which nodemailer calls service) to its provider's name.`,
  );
}

/** Port and security belong together: where one of them is given, the other follows from it. */
function endpointOf(
  { port, security }: Provider,
  given: Pick<SmtpOptions, "port" | "security">,
): Pick<SmtpOptions, "port" | "security"> {
  if (given.port !== undefined && given.port !== port) return {};
  if (given.security !== undefined && given.security !== security) return {};
  return { port, security };
}

function limitsOf({ limits }: Provider): Partial<SmtpOptions> {
  if (limits === undefined) return {};
  const { connections, messagesPerConnection, messagesPerMinute, recipientsPerMessage, logInsPerQuarterHour } = limits;
  return defined({
    maxConnections: connections,
    idleTimeoutMs: logInsPerQuarterHour === undefined ? undefined : idleMsFor(logInsPerQuarterHour, connections),
    maxMessagesPerConnection: messagesPerConnection,
    maxRecipients: recipientsPerMessage,
    maxPerWindow: messagesPerMinute === undefined ? undefined : { messages: messagesPerMinute, windowMs: 60_000 },
  });
}

/** The pool's own default, in milliseconds. */
const USUAL_IDLE_MS = 30_000;
const USUAL_CONNECTIONS = 5;
const QUARTER_HOUR_MS = 900_000;

/** How long connections are to be kept without work, so that even now and then a message needs no more log-ins than that. */
function idleMsFor(logIns: number, connections: number = USUAL_CONNECTIONS): number {
  return Math.max(USUAL_IDLE_MS, Math.ceil((QUARTER_HOUR_MS * connections) / logIns));
}

/** Without what is undefined, which must not hide what is known. */
function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
