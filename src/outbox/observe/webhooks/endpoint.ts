/** An endpoint that is told of events: where it is, what it hears, and what signs its calls. */
import { findUnknownOption } from "../../../base/index.ts";
import type { OutboxEvent, OutboxEventType } from "../../events.ts";
import { ObserveError } from "../errors.ts";
import { requireEventType, toldByDefault } from "../event-types.ts";
import { keyOf } from "./signature.ts";

/** How an endpoint is set. */
export interface WebhookEndpoint {
  /** https; http is for this machine (127.0.0.1, ::1, localhost). */
  url: string;
  /** `whsec_...`; two while one replaces another: each call is signed with both. */
  secret: string | readonly string[];
  /** What it is told. Default: all but `queued` and `sending`. */
  events?: readonly OutboxEventType[] | undefined;
  /** Calls that may be under way at once. Default 4. */
  concurrency?: number | undefined;
}

/** An endpoint that is known to be set rightly. */
export interface Endpoint {
  name: string;
  url: URL;
  keys: readonly Uint8Array[];
  concurrency: number;
  hears(event: OutboxEvent): boolean;
}

const known = { url: true, secret: true, events: true, concurrency: true } satisfies Record<
  keyof WebhookEndpoint,
  true
>;

/** @throws ObserveError WX_OBSERVE_OPTION */
export function endpointOf(name: string, given: WebhookEndpoint): Endpoint {
  const owner = `webhooks.${name}`;
  if (typeof given !== "object" || given === null) throw wrong(owner, "it must be an object with url and secret");
  const unknown = findUnknownOption(given, Object.keys(known));
  if (unknown !== undefined) throw wrong(owner, `there is no option "${unknown.name}". ${unknown.hint}`);
  const { events = toldByDefault, concurrency = 4 } = given;
  for (const type of events) requireEventType(`${owner}.events`, type);
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 100) {
    throw wrong(owner, `concurrency is ${concurrency}; it must be a whole number, 1 to 100.`);
  }
  const secrets = [given.secret ?? ""].flat();
  if (secrets.length === 0) throw wrong(owner, "it has no secret; createWebhookSecret() makes one.");
  return {
    name,
    url: urlOf(owner, given.url),
    keys: secrets.map((secret) => keyOf(owner, secret)),
    concurrency,
    hears: ({ type }) => events.includes(type),
  };
}

/** A call holds addresses: only to this machine may it go in the clear. */
function urlOf(owner: string, given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url?.hostname ?? "");
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback);
  if (url !== undefined && isSafe && url.username + url.password === "") return url;
  throw wrong(
    owner,
    "url must be https and hold no password; http is for this machine. Example: https://example.com/hooks",
  );
}

function wrong(owner: string, problem: string): ObserveError {
  return new ObserveError("WX_OBSERVE_OPTION", `${owner}: ${problem}`);
}
