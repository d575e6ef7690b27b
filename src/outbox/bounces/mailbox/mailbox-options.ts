/** What reading a mailbox has to be told, and the checks of it. */
import { type Clock, findUnknownOption, type Logger } from "../../../base/index.ts";
import type { Database } from "../../../db/index.ts";
import { OutboxError } from "../../errors.ts";
import type { Bounces } from "../bounces.ts";

/** What is done with a mail that was a report on a message of ours. Others are never touched. */
export type AfterReading = "keep" | "seen" | "delete" | { moveTo: string };

/** A mailbox that bounces come to, and how it is read. */
export interface BounceMailboxOptions {
  bounces: Bounces;
  /** Keeps how far the mailbox was read. */
  database: Database;
  /** Such as `imap.163.com`. */
  host: string;
  /** Default 993, and 143 without `tls`. */
  port?: number | undefined;
  user: string;
  /** A password, or what the provider gives instead of it: an authorization code (授权码), an app password. */
  password?: string | undefined;
  /** OAuth 2.0 instead of a password; a function is asked for each connection. */
  accessToken?: string | (() => Promise<string>) | undefined;
  /** `tls` from the first byte (the default), `starttls`, or `none` for a server on the same machine. */
  security?: "tls" | "starttls" | "none" | undefined;
  /** Further settings of Node's TLS, such as `ca`. */
  tls?: { ca?: string; servername?: string } | undefined;
  /** Default `INBOX`. */
  mailbox?: string | undefined;
  /** How often to look where the server does not tell of new mail by itself, in seconds. Default 60. */
  everySeconds?: number | undefined;
  /** How far back to begin, in days, when the mailbox is read for the first time. Default 7. */
  sinceDays?: number | undefined;
  /** Default `keep`: nothing is changed, not even a flag. */
  after?: AfterReading | undefined;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
}

const known = {
  bounces: true,
  database: true,
  host: true,
  port: true,
  user: true,
  password: true,
  accessToken: true,
  security: true,
  tls: true,
  mailbox: true,
  everySeconds: true,
  sinceDays: true,
  after: true,
  clock: true,
  logger: true,
} satisfies Record<keyof BounceMailboxOptions, true>;

/** @throws OutboxError `WX_OUTBOX_OPTIONS` */
export function checkMailboxOptions(options: BounceMailboxOptions): void {
  const unknown = findUnknownOption(options, Object.keys(known));
  if (unknown !== undefined) throw bad(`has no option "${unknown.name}". ${unknown.hint}`);
  for (const name of ["host", "user"] as const) {
    if (typeof options[name] !== "string" || options[name] === "") throw bad(`needs ${name}.`);
  }
  if ((options.password === undefined) === (options.accessToken === undefined))
    throw bad("needs either password or accessToken.");
  const { security = "tls", after = "keep", everySeconds = 60, sinceDays = 7 } = options;
  if (!["tls", "starttls", "none"].includes(security))
    throw bad(`security is "${String(security)}"; it must be tls, starttls or none.`);
  const isFolder = typeof after === "object" && typeof after.moveTo === "string" && after.moveTo !== "";
  if (!isFolder && !["keep", "seen", "delete"].includes(String(after))) {
    throw bad('after must be "keep", "seen", "delete" or { moveTo: "a folder" }.');
  }
  if (!(everySeconds > 0)) throw bad(`everySeconds is ${everySeconds}; it must be more than 0.`);
  if (!(sinceDays >= 0)) throw bad(`sinceDays is ${sinceDays}; it must be 0 or more.`);
}

function bad(text: string): OutboxError {
  return new OutboxError("WX_OUTBOX_OPTIONS", `watchBounceMailbox ${text}`);
}
