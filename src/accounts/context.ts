/** What every account operation works with. */
import type { Clock } from "../base/index.ts";
import type { Database } from "../db/index.ts";
import type { Mailing } from "./mailing.ts";
import type { PasswordHasher } from "./password.ts";
import type { ActivationTokens } from "./tokens.ts";

export interface AccountsContext {
  database: Database;
  clock: Clock;
  hasher: PasswordHasher;
  /** A hash of nobody's password, checked where there is no account, for the time it takes. */
  dummyHash(): Promise<string>;
  tokens: ActivationTokens;
  mailing: Mailing;
  mailsPerHour: number;
  sessionMaxAgeSeconds: number;
  claimLifetimeMs: number;
}
