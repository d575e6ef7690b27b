/** From the sign-up form to an activated account. */
import { randomUUID } from "node:crypto";
import { type Clock, findUnknownOption, systemClock } from "../base/index.ts";
import type { Database } from "../db/index.ts";
import { activate, inspect } from "./activate.ts";
import type { AccountsContext } from "./context.ts";
import { AccountError } from "./errors.ts";
import { findSession, login, type LoginInput, logout } from "./login.ts";
import { createMailing, type Deliver, type Mailing } from "./mailing.ts";
import type {
  Account,
  ActivateOutcome,
  InspectOutcome,
  LoginOutcome,
  RegisterOutcome,
  ResendOutcome,
} from "./outcomes.ts";
import { createPasswordHasher, type PasswordHasher } from "./password.ts";
import { register, type RegisterInput } from "./register.ts";
import { resend, type ResendInput } from "./resend.ts";
import { createActivationTokens } from "./tokens.ts";

/** What the account operations are made of. */
export interface AccountsOptions {
  /** A migrated database. */
  database: Database;
  /** Signs the links. A list, oldest to newest: the newest signs, all are accepted. */
  secretKey: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Where people reach the site; the links in the mails begin with it. */
  siteUrl: string;
  /** What the mails call the site. Default "Waxseal". */
  siteName?: string;
  /** Takes a mail, in the transaction that is handed to it. */
  deliver: Deliver;
  /** How long a link works, in seconds. Default 3600. */
  activationMaxAgeSeconds?: number;
  /** How long a log-in lasts, in seconds. Default 14 days. */
  sessionMaxAgeSeconds?: number;
  /** How many account mails one address gets in an hour. Default 3. */
  mailsPerHour?: number;
  /** How long a claim that is not activated keeps its username, in seconds. Default 7 days. */
  claimLifetimeSeconds?: number;
  clock?: Clock;
  /** Default: `createPasswordHasher()`. */
  hasher?: PasswordHasher;
}

/** The account operations. Each answers with an outcome; only a fault is thrown. */
export interface Accounts {
  /** Signs a person up and mails the activation link. */
  register(input: RegisterInput): Promise<RegisterOutcome>;
  /** Says what an activation link would do; changes nothing. */
  inspect(token: string): Promise<InspectOutcome>;
  /** Does what an activation link is for. Call it for a POST, never for a GET: scanners fetch links. */
  activate(token: string): Promise<ActivateOutcome>;
  /** Mails the activation link again. */
  resend(input: ResendInput): Promise<ResendOutcome>;
  /** Checks a password and opens a session. */
  login(input: LoginInput): Promise<LoginOutcome>;
  /** Ends a session. */
  logout(sessionId: string): Promise<void>;
  /** Whose session this is; undefined for none, an unknown one, and one that has ended. */
  session(sessionId: string | undefined): Promise<Account | undefined>;
  /** Mails an activation link for a token of the caller's. */
  sendRegisterActiveEmail: Mailing["sendRegisterActiveEmail"];
}

const DAY_SECONDS = 86_400;

/**
 * The account operations on a database.
 *
 * @throws AccountError `WX_ACCOUNT_OPTIONS` when `siteUrl` is no http(s) URL, or for an option that does not exist; SigningUsageError `WX_SIGNING_KEY` for an
 *   empty key
 * @example
 * const accounts = createAccounts({ database, secretKey, siteUrl: "https://shop.example", deliver });
 * const outcome = await accounts.register({ username: "mac", email: "mac@163.com", password: "correct horse" });
 */
export function createAccounts(options: AccountsOptions): Accounts {
  const { database, clock = systemClock, hasher = createPasswordHasher() } = options;
  refuseUnknownOptions(options);
  requireHttpUrl(options.siteUrl);
  const activationMaxAgeSeconds = options.activationMaxAgeSeconds ?? 3600;
  const mailsPerHour = options.mailsPerHour ?? 3;
  const tokens = createActivationTokens(options.secretKey, { maxAgeSeconds: activationMaxAgeSeconds, now: clock.now });
  const mailing = createMailing({
    deliver: options.deliver,
    tokens,
    siteUrl: options.siteUrl,
    siteName: options.siteName ?? "Waxseal",
    activationMaxAgeSeconds,
    mailsPerHour,
  });
  let dummyHash: Promise<string> | undefined;
  const context: AccountsContext = {
    database,
    clock,
    hasher,
    dummyHash: () => (dummyHash ??= hasher.hash(randomUUID())),
    tokens,
    mailing,
    mailsPerHour,
    sessionMaxAgeSeconds: options.sessionMaxAgeSeconds ?? 14 * DAY_SECONDS,
    claimLifetimeMs: (options.claimLifetimeSeconds ?? 7 * DAY_SECONDS) * 1000,
  };
  return {
    register: (input) => register(context, input),
    inspect: (token) => inspect(context, token),
    activate: (token) => activate(context, token),
    resend: (input) => resend(context, input),
    login: (input) => login(context, input),
    logout: (sessionId) => logout(context, sessionId),
    session: (sessionId) => findSession(context, sessionId),
    sendRegisterActiveEmail: mailing.sendRegisterActiveEmail,
  };
}

const accountsOptions = {
  database: true,
  secretKey: true,
  siteUrl: true,
  siteName: true,
  deliver: true,
  activationMaxAgeSeconds: true,
  sessionMaxAgeSeconds: true,
  mailsPerHour: true,
  claimLifetimeSeconds: true,
  clock: true,
  hasher: true,
} satisfies Record<keyof AccountsOptions, true>;

function refuseUnknownOptions(options: AccountsOptions): void {
  const unknown = findUnknownOption(options, Object.keys(accountsOptions));
  if (unknown === undefined) return;
  throw new AccountError("WX_ACCOUNT_OPTIONS", `createAccounts has no option "${unknown.name}". ${unknown.hint}`);
}

function requireHttpUrl(siteUrl: string): void {
  if (URL.canParse(siteUrl) && /^https?:$/.test(new URL(siteUrl).protocol)) return;
  throw new AccountError(
    "WX_ACCOUNT_OPTIONS",
    `siteUrl is ${JSON.stringify(siteUrl)}; it must be the http or https URL where people reach the site, for example https://example.com.`,
  );
}
