/** Sending the activation mail again, without saying whether there was one to send. */
import type { Locale } from "../base/index.ts";
import type { Queryable } from "../db/index.ts";
import type { AccountsContext } from "./context.ts";
import { emailKey, isEmail, usernameKey } from "./identity.ts";
import type { ResendOutcome } from "./outcomes.ts";
import { findActiveByEmail, findByUsername, listClaims, type UserRow } from "./store.ts";
import { emailProblem, localeFrom, trim, usernameProblem } from "./validate.ts";

/** Who asks for the activation mail again. */
export interface ResendInput {
  /** An address or a username. */
  login: string;
  /** The language of the mail. Default "en". */
  locale?: Locale | undefined;
}

/** Mails every claim on an address, newest first, as far as the address' budget goes; or the claim that has a username. */
export async function resend(context: AccountsContext, input: ResendInput): Promise<ResendOutcome> {
  const login = trim(input.login);
  const problem = isEmail(login) ? emailProblem(login) : usernameProblem(login);
  if (problem !== undefined) return { status: "invalid", problem };
  const key = isEmail(login) ? emailKey(login) : usernameKey(login);
  const locale = localeFrom(input.locale);
  const now = context.clock.now();
  await context.database.kysely.transaction().execute(async (tx) => {
    const claims = await addressees(context, tx, login, key);
    for (const claim of claims) await context.mailing.mailClaim(tx, claim, locale, now);
    if (claims.length === 0) await context.mailing.mailNobody(tx, key, now);
  });
  return { status: "accepted" };
}

async function addressees(context: AccountsContext, tx: Queryable, login: string, key: string): Promise<UserRow[]> {
  if (!isEmail(login)) {
    const user = await findByUsername(tx, key);
    return user === undefined ? [] : [user];
  }
  const owner = await findActiveByEmail(tx, key);
  return owner === undefined ? listClaims(tx, key, context.mailsPerHour) : [owner];
}
