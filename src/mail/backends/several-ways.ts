/** A backend made of others: what failover and roundrobin have in common. */
import { type Clock, systemClock } from "../../base/index.ts";
import type { Backend } from "../backend.ts";
import { badOption, refuseUnknownOptions, requireMilliseconds } from "./options.ts";
import { sendByWays } from "./send-by-ways.ts";
import { Ways } from "./ways.ts";

/** How ways that failed are treated. */
export interface WaysOptions {
  /** How long a way that failed is left alone, in milliseconds. Default 60,000. */
  restMs?: number | undefined;
  /** Default: the machine's. */
  clock?: Clock | undefined;
}

const known = { restMs: true, clock: true } satisfies Record<keyof WaysOptions, true>;

/** @param nextStart The place in `backends` of the way to try first, asked once for each message. */
export function severalWays(
  name: string,
  backends: readonly Backend[],
  options: WaysOptions,
  nextStart: () => number,
): Backend {
  requireBackends(name, backends);
  refuseUnknownOptions(name, options, Object.keys(known));
  const { restMs = 60_000, clock = systemClock } = options;
  requireMilliseconds(name, "restMs", restMs, 0);
  const members = [...backends];
  const rests = new Ways(members, clock);
  const close = (): Promise<void> => allOf(`${name}: several ways out could not be closed`, members, "close");
  return {
    // What one of them asks for, all of them take.
    headerEncoding: members.find(({ headerEncoding }) => headerEncoding !== undefined)?.headerEncoding,
    send: async (envelope, bytes, callOptions = {}) => {
      const order = rests.inOrder(nextStart());
      return sendByWays({ order, rests, restMs }, envelope, bytes, callOptions);
    },
    open: (callOptions) => allOf(`${name}: several ways out could not be opened`, members, "open", callOptions),
    verify: (callOptions) => allOf(`${name}: several ways out do not work`, members, "verify", callOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function requireBackends(name: string, backends: readonly Backend[]): void {
  if (!Array.isArray(backends) || backends.length === 0) {
    throw badOption(name, "backends", "must be a list of at least one backend, such as [smtpBackend({ host })].");
  }
  const bad = backends.findIndex(
    (backend: unknown) => typeof (backend as Partial<Backend> | null)?.send !== "function",
  );
  if (bad !== -1) throw badOption(name, `backends[${bad}]`, "is no backend: it has no send method.");
}

/** Calls each, also where some fail, and then says so: with its error where it is one, with all of them where more. */
async function allOf(
  text: string,
  backends: readonly Backend[],
  method: "open" | "verify" | "close",
  ...given: Parameters<NonNullable<Backend["open"]>>
): Promise<void> {
  const results = await Promise.allSettled(backends.map(async (backend) => backend[method]?.(...given)));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, text);
}
