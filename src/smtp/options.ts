/** What the caller may set, and the checked settings the rest works with. */
import { hostname } from "node:os";
import { isIP, isIPv6, type LookupFunction } from "node:net";
import { type Logger, silentLogger } from "../base/index.ts";
import type { SmtpExplainer } from "./diagnosis/rule.ts";
import { type Account, resolveAccount, type SmtpCredentials } from "./auth/account.ts";
import { check, checkNames, count } from "./option-check.ts";
import type { SocketFunction } from "./socket-function.ts";
import { defaultTimeouts, type SmtpTimeouts } from "./timeouts.ts";
import { makeTlsSettings, type SmtpTlsOptions, type TlsSettings } from "./tls-settings.ts";
import { resolveTraffic, type SmtpTrafficOptions, trafficNames, type TrafficSettings } from "./traffic.ts";

/**
 * How the connection is encrypted: "tls" from the first byte, "starttls" before anything is sent,
 * "starttls-if-offered" where the server offers it, "none" never.
 */
export type SmtpSecurity = "tls" | "starttls" | "starttls-if-offered" | "none";

/** "lmtp" hands mail to a store that delivers it at once and answers for each recipient (RFC 2033). */
export type SmtpProtocol = "smtp" | "lmtp";

/** What may be set of a pool; only `host` must be. A misspelt name is refused. */
export interface SmtpOptions extends SmtpTrafficOptions {
  /** Name or address of the server; with `socketPath` or `socket`, what its certificate must be for. */
  host: string;
  /** Default 465 for "tls", 587 for "starttls", 25 otherwise; 587 where `security` is not given either. LMTP: 24. */
  port?: number | undefined;
  /** Default by port: "tls" for 465, "starttls" for 587, otherwise "starttls-if-offered". */
  security?: SmtpSecurity | undefined;
  /** Default "smtp". */
  protocol?: SmtpProtocol | undefined;
  /** A unix socket to connect to, in place of host and port. */
  socketPath?: string | undefined;
  /** The address of this machine to connect from. Default: the system's choice. */
  localAddress?: string | undefined;
  /** Looks up the addresses of `host`, as `dns.lookup` does, which is the default. */
  lookup?: LookupFunction | undefined;
  /** Makes the connection: `socksProxy(url)`, `httpProxy(url)`, or a function of your own. Default: TCP. */
  socket?: SocketFunction | undefined;
  /** Whom to log in as. Default: no log-in. */
  auth?: SmtpCredentials | undefined;
  /** Lets the password cross an unencrypted connection, where anyone on the way can read it. Default false. */
  allowPlaintextAuth?: boolean | undefined;
  tls?: SmtpTlsOptions | undefined;
  /** The name we introduce ourselves with (EHLO). Default: this machine's full name, else its address. */
  clientName?: string | undefined;
  timeouts?: Partial<SmtpTimeouts> | undefined;
  /** Connections to the server at once. Default 5. */
  maxConnections?: number | undefined;
  /** After so many messages a connection is replaced; many servers refuse more than 100. Default 100. */
  maxMessagesPerConnection?: number | undefined;
  /** How long a connection is kept open without work, in milliseconds. Default 30,000. */
  idleTimeoutMs?: number | undefined;
  /** How many messages may wait for a connection before more are refused with `WX_SMTP_BUSY`. Default 10,000. */
  maxWaiting?: number | undefined;
  /** Knows what the words of this server mean better than the general rules; `smtpBackend` gives the providers' own. */
  explain?: SmtpExplainer | undefined;
  logger?: Logger | undefined;
}

/** The options, complete and checked. */
export interface SmtpSettings extends TrafficSettings {
  readonly host: string;
  readonly port: number;
  /** `host:port`, as errors, receipts and logs name it. */
  readonly server: string;
  readonly security: SmtpSecurity;
  readonly protocol: SmtpProtocol;
  readonly socketPath: string | undefined;
  readonly localAddress: string | undefined;
  readonly lookup: LookupFunction | undefined;
  readonly socket: SocketFunction | undefined;
  readonly auth: Account | undefined;
  readonly allowPlaintextAuth: boolean;
  readonly tls: TlsSettings;
  /** Undefined: introduce ourselves by our address. */
  readonly clientName: string | undefined;
  readonly timeouts: SmtpTimeouts;
  readonly maxConnections: number;
  readonly maxMessagesPerConnection: number;
  readonly idleTimeoutMs: number;
  readonly maxWaiting: number;
  readonly explain: SmtpExplainer | undefined;
  readonly logger: Logger;
}

const PORTS: Record<SmtpSecurity, number> = { tls: 465, starttls: 587, "starttls-if-offered": 25, none: 25 };
/** RFC 2033, section 5: LMTP has no port of its own beside this usual one, and never 25. */
const LMTP_PORT = 24;
const SECURITIES: readonly string[] = Object.keys(PORTS);

const OPTION_NAMES: Record<keyof SmtpOptions, true> = {
  ...trafficNames,
  host: true,
  port: true,
  security: true,
  protocol: true,
  socketPath: true,
  localAddress: true,
  lookup: true,
  socket: true,
  auth: true,
  allowPlaintextAuth: true,
  tls: true,
  clientName: true,
  timeouts: true,
  maxConnections: true,
  maxMessagesPerConnection: true,
  idleTimeoutMs: true,
  maxWaiting: true,
  explain: true,
  logger: true,
};
const MAX_PORT = 65_535;
/** The longest time a timer of Node.js can hold. */
const MAX_TIMER_MS = 2_147_483_647;

const HOST_NAME = /^[A-Za-z0-9._-]{1,255}$/;
const CLIENT_NAME = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?|\[[A-Za-z0-9.:-]{1,64}\])$/;

/** Checks the options and fills in the rest; throws `WX_SMTP_OPTIONS` naming the option, what it got and what is right. */
export function resolveOptions(options: SmtpOptions): SmtpSettings {
  checkNames("", options, OPTION_NAMES);
  checkNames("timeouts.", options.timeouts ?? {}, defaultTimeouts);
  const { host } = options;
  check(
    isHost(host),
    "host",
    host,
    "a host name (in ASCII) or an IP address, without a port, which has its own option",
  );
  const { port, security } = endpoint(options);
  const server = options.socketPath ?? `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    ...resolveTraffic(options),
    host,
    port,
    server,
    security,
    ...route(options),
    auth: options.auth === undefined ? undefined : resolveAccount(options.auth),
    allowPlaintextAuth: options.allowPlaintextAuth === true,
    tls: makeTlsSettings(options.tls ?? {}, host, server),
    clientName: clientName(options.clientName),
    timeouts: checkedTimeouts(options.timeouts ?? {}),
    maxConnections: count("maxConnections", options.maxConnections ?? 5),
    maxMessagesPerConnection: count("maxMessagesPerConnection", options.maxMessagesPerConnection ?? 100),
    idleTimeoutMs: count("idleTimeoutMs", options.idleTimeoutMs ?? 30_000, MAX_TIMER_MS),
    maxWaiting: count("maxWaiting", options.maxWaiting ?? 10_000),
    explain: explainer(options.explain),
    logger: options.logger ?? silentLogger,
  };
}

function isHost(host: unknown): boolean {
  return typeof host === "string" && (HOST_NAME.test(host) || isIPv6(host));
}

function endpoint(options: SmtpOptions): { port: number; security: SmtpSecurity } {
  const { security: given, protocol, socketPath } = options;
  check(given === undefined || SECURITIES.includes(given), "security", given, SECURITIES.join(", "));
  const usual = socketPath !== undefined || protocol === "lmtp" ? LMTP_PORT : PORTS[given ?? "starttls"];
  const port = count("port", options.port ?? usual, MAX_PORT);
  const security = given ?? (port === 465 ? "tls" : port === 587 ? "starttls" : "starttls-if-offered");
  const inClear = security === "starttls" || security === "starttls-if-offered";
  check(!(port === 465 && inClear), "security", security, `"tls", since port 465 speaks TLS from the first byte`);
  return { port, security };
}

type Route = Pick<SmtpSettings, "protocol" | "socketPath" | "localAddress" | "lookup" | "socket">;

/** What is spoken, and by which way the server is reached. */
function route({ protocol = "smtp", socketPath, localAddress, lookup, socket }: SmtpOptions): Route {
  check(protocol === "smtp" || protocol === "lmtp", "protocol", protocol, `"smtp" or "lmtp"`);
  const isPath = typeof socketPath === "string" && /^[^\0-\x1f]+$/.test(socketPath);
  check(socketPath === undefined || isPath, "socketPath", socketPath, "the path of a unix socket");
  const isAddress = localAddress === undefined || isIP(localAddress) !== 0;
  check(isAddress, "localAddress", localAddress, "an IP address of this machine");
  check(lookup === undefined || typeof lookup === "function", "lookup", lookup, "a function as dns.lookup is");
  check(socket === undefined || typeof socket === "function", "socket", socket, "a function, such as socksProxy(url)");
  check(socketPath === undefined || socket === undefined, "socketPath", socketPath, "left out where socket is given");
  return { protocol, socketPath, localAddress, lookup, socket };
}

function explainer(given: SmtpExplainer | undefined): SmtpExplainer | undefined {
  check(given === undefined || typeof given === "function", "explain", given, "a function");
  return given;
}

function checkedTimeouts(given: Partial<SmtpTimeouts>): SmtpTimeouts {
  const timeouts = { ...defaultTimeouts };
  for (const name of Object.keys(defaultTimeouts) as (keyof SmtpTimeouts)[]) {
    timeouts[name] = count(`timeouts.${name}`, given[name] ?? defaultTimeouts[name], MAX_TIMER_MS);
  }
  return timeouts;
}

/** A bare host name like "web-1" tells the server nothing and is refused by some: only a full one is used unasked. */
function clientName(given: string | undefined): string | undefined {
  if (given !== undefined) {
    check(CLIENT_NAME.test(given), "clientName", given, "a full host name, or an address as [192.0.2.1]");
    return given;
  }
  const own = hostname();
  return own.includes(".") && CLIENT_NAME.test(own) ? own : undefined;
}
