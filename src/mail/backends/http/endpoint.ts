/** Where a provider's API is, and how long it may take: what every HTTP backend is told. */
import { type Clock, systemClock } from "../../../base/index.ts";
import { badOption, refuseUnknownOptions, requireMilliseconds } from "../options.ts";

/** What every HTTP backend may be told. */
export interface HttpOptions {
  /** Where the API is: another region, or a server in a test. Default: the provider's own. */
  baseUrl?: string | undefined;
  /** How long one request may take, from connecting to the end of the answer, in milliseconds. Default 30,000. */
  timeoutMs?: number | undefined;
  /** For signatures and dates. Default: the machine's. */
  clock?: Clock | undefined;
}

/** An API that is known to be asked rightly. */
export interface Endpoint {
  /** The provider's name, for texts. */
  name: string;
  /** Without a slash at its end. */
  baseUrl: string;
  /** `host` or `host:port`, as the Host header has it. */
  host: string;
  timeoutMs: number;
  clock: Clock;
  /** What no error may show, also where the provider says it back. */
  secrets: readonly string[];
}

/** The options of all providers that are secrets. */
const SECRETS = ["apiKey", "secretAccessKey", "sessionToken"];
/** A shorter one is in a test, and would be found in any text. */
const SHORTEST_SECRET = 6;

const known = { baseUrl: true, timeoutMs: true, clock: true } satisfies Record<keyof HttpOptions, true>;

/**
 * @param own The names of the options that only this provider has.
 * @throws MailerError WX_MAILER_OPTION
 */
export function createEndpoint(
  name: string,
  options: HttpOptions,
  own: readonly string[],
  defaultBaseUrl: string,
): Endpoint {
  refuseUnknownOptions(name, options, [...own, ...Object.keys(known)]);
  const { baseUrl = defaultBaseUrl, timeoutMs = 30_000, clock = systemClock } = options;
  requireMilliseconds(name, "timeoutMs", timeoutMs, 1);
  const url = typeof baseUrl === "string" && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const isPlain = url !== undefined && mayCarryKey(url) && url.search + url.hash + url.username + url.password === "";
  if (!isPlain) {
    throw badOption(
      name,
      "baseUrl",
      "must be an https URL, such as https://api.example.com; http is for this machine.",
    );
  }
  const host = url.host;
  return { name, baseUrl: url.href.replace(/\/+$/, ""), host, timeoutMs, clock, secrets: secretsOf(options) };
}

/** Each request carries the key: only to this machine may it go in the clear. */
function mayCarryKey({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname));
}

function secretsOf(options: object): string[] {
  const entries: [string, unknown][] = Object.entries(options);
  return entries.flatMap(([name, value]) =>
    SECRETS.includes(name) && typeof value === "string" && value.length >= SHORTEST_SECRET ? [value] : [],
  );
}
