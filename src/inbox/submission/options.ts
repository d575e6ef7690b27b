/** How a submission server is made, checked and completed. */
import { hostname } from "node:os";
import { type Clock, findUnknownOption, type Logger, silentLogger, systemClock } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import type { KeyRing } from "./api-keys.ts";
import { SubmissionError } from "./errors.ts";
import type { BounceMailbox, Deliver } from "./types.ts";
import type { UnsubscribeOptions } from "./unsubscribe-headers.ts";

/** A server's private key and certificate chain, both PEM. */
export interface ServerCertificate {
  key: string | Buffer;
  cert: string | Buffer;
}

/** What a submission server is made of, and what it holds its clients to. */
export interface SubmissionOptions {
  /** Stores a message; it is told to the client as taken when this has resolved. */
  deliver: Deliver;
  /** Recognizes API keys. */
  keys: KeyRing;
  /** Where the keys' `dailyLimit` is counted. */
  database: Database;
  /** Takes reports without a key. Default: nobody may send without one. */
  bounces?: BounceMailbox | undefined;
  /** Makes the links by which recipients leave a stream, for mail of one that has none. Default: none is added. */
  unsubscribe?: UnsubscribeOptions | undefined;
  /** For STARTTLS, and for the port that begins with TLS. Default: no TLS, and then keys are taken from this machine only. */
  tls?: ServerCertificate | undefined;
  /** Takes keys over connections that anybody on the way can read. Default false. */
  allowPlaintextAuth?: boolean | undefined;
  /** What the server calls itself. Default: the machine's name. */
  name?: string | undefined;
  /** The largest message, in octets. Default 25 MiB. */
  maxMessageBytes?: number | undefined;
  /** What all messages under way may hold together, in octets; whoever comes then is to try again. Default 256 MiB, or `maxMessageBytes` where that is more. */
  maxBytesUnderWay?: number | undefined;
  /** How many recipients a message may have. Default 100. */
  maxRecipients?: number | undefined;
  /** How many connections there may be. Default 1000. */
  maxConnections?: number | undefined;
  /** How many of one client. Default 100. */
  maxConnectionsPerClient?: number | undefined;
  /** How many wrong keys a client may try in 15 minutes before it is hung up on at each. Default 10. */
  maxFailedLogins?: number | undefined;
  /** How long a client may say nothing, in milliseconds. Default 5 min (RFC 5321, section 4.5.3.2.7). */
  idleTimeoutMs?: number | undefined;
  /** How long a connection lasts on which nobody has logged in, in milliseconds. Default 5 min. */
  unauthenticatedMs?: number | undefined;
  /** How many commands one may send who has not logged in. Default 20. */
  maxUnauthenticatedCommands?: number | undefined;
  /** The largest report to the bounce mailbox, in octets. Default 1 MiB. */
  maxBounceBytes?: number | undefined;
  /** How many reports a client may hand in a minute. Default 120. */
  bouncesPerMinute?: number | undefined;
  /** How long `close` waits for messages under way, in milliseconds. Default 10 s. */
  closeTimeoutMs?: number | undefined;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
}

type Optional = "bounces" | "unsubscribe" | "tls";

/** The options with their defaults. */
export type ResolvedOptions = {
  [name in Exclude<keyof SubmissionOptions, Optional>]-?: NonNullable<SubmissionOptions[name]>;
} & { [name in Optional]: SubmissionOptions[name] };

const numbers = {
  maxMessageBytes: 25 * 1024 * 1024,
  maxBytesUnderWay: 256 * 1024 * 1024,
  maxRecipients: 100,
  maxConnections: 1000,
  maxConnectionsPerClient: 100,
  maxFailedLogins: 10,
  idleTimeoutMs: 300_000,
  unauthenticatedMs: 300_000,
  maxUnauthenticatedCommands: 20,
  maxBounceBytes: 1024 * 1024,
  bouncesPerMinute: 120,
  closeTimeoutMs: 10_000,
} as const satisfies Partial<Record<keyof SubmissionOptions, number>>;

const others = [
  "deliver",
  "keys",
  "database",
  "bounces",
  "unsubscribe",
  "tls",
  "allowPlaintextAuth",
  "name",
  "clock",
  "logger",
];

/** @throws SubmissionError `WX_SUBMISSION_OPTIONS` */
export function resolveOptions(options: SubmissionOptions): ResolvedOptions {
  const unknown = findUnknownOption(options, [...others, ...Object.keys(numbers)]);
  if (unknown !== undefined) throw bad(unknown.name, `there is no such option. ${unknown.hint}`);
  const counts = Object.fromEntries(
    Object.entries(numbers).map(([name, fallback]) => [
      name,
      countOf(name, options[name as keyof typeof numbers], fallback),
    ]),
  ) as Record<keyof typeof numbers, number>;
  const { deliver, keys, database, bounces, unsubscribe, tls } = options;
  if (options.maxBytesUnderWay === undefined) {
    counts.maxBytesUnderWay = Math.max(counts.maxBytesUnderWay, counts.maxMessageBytes);
  }
  if (counts.maxBytesUnderWay < counts.maxMessageBytes) {
    throw bad("maxBytesUnderWay", "it must be at least maxMessageBytes, or the largest message never fits.");
  }
  return {
    ...counts,
    deliver,
    keys,
    database,
    bounces,
    unsubscribe,
    tls,
    allowPlaintextAuth: options.allowPlaintextAuth ?? false,
    name: options.name ?? hostname(),
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
  };
}

function countOf(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw bad(name, `it is ${String(value)}; it must be a whole number, 1 or more.`);
}

function bad(option: string, problem: string): SubmissionError {
  return new SubmissionError("WX_SUBMISSION_OPTIONS", `createSubmission: ${option}: ${problem}`);
}
