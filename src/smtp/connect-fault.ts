/** Why there is no connection to the server, and what to do about it. */
import { ProxyError } from "./proxy/proxy-error.ts";
import type { FaultKind } from "./diagnosis/fault-kinds.ts";
import { clip, showable } from "./quote.ts";
import type { Fault } from "./transcript.ts";

const REASONS: Readonly<Record<string, { is: string; advice: string; kind: FaultKind }>> = {
  ECONNREFUSED: {
    is: "nothing accepts connections there",
    advice: "Check the port, and that the server is running",
    kind: "port-closed",
  },
  ECONNRESET: {
    is: "it was broken at once",
    advice: "Check the port, and whether a firewall stands between",
    kind: "connection-reset",
  },
  ENOTFOUND: { is: "the host name does not exist", advice: "Check the spelling of host", kind: "host-not-found" },
  EAI_AGAIN: {
    is: "the host name cannot be looked up now",
    advice: "Check this machine's network and DNS",
    kind: "dns-unavailable",
  },
  ETIMEDOUT: { is: "nothing answers there", advice: "Check that no firewall blocks the port", kind: "no-answer" },
  EHOSTUNREACH: { is: "the host cannot be reached", advice: "Check this machine's network", kind: "host-unreachable" },
  ENETUNREACH: {
    is: "the network cannot be reached",
    advice: "Check this machine's network",
    kind: "host-unreachable",
  },
  EADDRNOTAVAIL: {
    is: "localAddress is no address of this machine",
    advice: "Set localAddress to one of its own",
    kind: "wrong-local-address",
  },
  ENOENT: {
    is: "there is no such unix socket",
    advice: "Check socketPath, and that the server is running",
    kind: "no-unix-socket",
  },
  EACCES: {
    is: "this user may not connect there",
    advice: "Let this user read and write the unix socket",
    kind: "unix-socket-forbidden",
  },
};
const OTHER_ADVICE = "Check host, port and this machine's network";

/** The fault for whatever a connection attempt threw. */
export function connectFault(server: string, cause: unknown): Fault {
  const error = speaking(cause);
  const { code = "", message = String(error) } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const words = {
    kind: undefined,
    is: showable(clip(message, 200)),
    advice: error instanceof ProxyError ? error.advice : OTHER_ADVICE,
  };
  const { is, advice, kind } = REASONS[code] ?? words;
  const what = `No connection to ${server}: ${is}${code === "" ? "" : ` (${code})`}`;
  return { code: "WX_SMTP_CONNECT", what, advice, kind, retryable: true, cause };
}

/** Families that a machine is not connected by say nothing about the server. */
const NO_WAY_THERE = new Set(["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"]);

/** With several addresses Node reports each one's error; the first that came near the server tells most. */
function speaking(cause: unknown): unknown {
  if (!(cause instanceof AggregateError)) return cause;
  const errors: NodeJS.ErrnoException[] = cause.errors;
  return errors.find(({ code = "" }) => !NO_WAY_THERE.has(code)) ?? errors[0];
}
