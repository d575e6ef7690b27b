/** Signing up: the account, inactive, and its mail in one transaction. */
import { randomUUID } from "node:crypto";
import type { Locale } from "../base/index.ts";
import type { AccountsContext } from "./context.ts";
import { emailKey, usernameKey } from "./identity.ts";
import type { RegisterOutcome } from "./outcomes.ts";
import { deleteStaleClaims, findByUsername, insertUser, type UserRow } from "./store.ts";
import { checkCredentials, type Credentials, localeFrom } from "./validate.ts";

/** Who signs up. */
export interface RegisterInput extends Credentials {
  /** The language of the mail. Default "en". */
  locale?: Locale | undefined;
}

/**
 * Registers a person.
 *
 * The answer is the same whether or not the address has an account: its owner learns by mail which of the two it is.
 * A username is public, and answers "taken". Whoever comes again with the same username, address and password gets
 * the mail again; nobody else can touch a claim, so a stranger who signed up with your address first gains nothing.
 */
export async function register(context: AccountsContext, input: RegisterInput): Promise<RegisterOutcome> {
  const checked = checkCredentials(input);
  if ("problems" in checked) return { status: "invalid", problems: checked.problems };
  const { username, email, password } = checked.credentials;
  const locale = localeFrom(input.locale);
  const passwordHash = await context.hasher.hash(password); // before the transaction: it takes its time
  const now = context.clock.now();
  const claim: UserRow = {
    id: randomUUID(),
    username,
    username_key: usernameKey(username),
    email,
    email_key: emailKey(email),
    password_hash: passwordHash,
    locale,
    created_at: now,
    activated_at: null,
  };

  const inserted = await context.database.kysely.transaction().execute(async (tx) => {
    await deleteStaleClaims(tx, claim, now - context.claimLifetimeMs);
    if (!(await insertUser(tx, claim))) return false;
    await context.mailing.mailClaim(tx, claim, locale, now);
    return true;
  });
  if (inserted || (await mailAgain(context, claim, password, locale))) return { status: "registered", email };
  return { status: "invalid", problems: { username: "taken" } };
}

/** True when the username is held by a claim of this very person, to whom the mail then goes again. */
async function mailAgain(context: AccountsContext, claim: UserRow, password: string, locale: Locale): Promise<boolean> {
  const { database, hasher, mailing, clock } = context;
  const holder = await findByUsername(database.kysely, claim.username_key);
  const passwordFits = await hasher.verify(holder?.password_hash ?? (await context.dummyHash()), password);
  if (holder === undefined || !passwordFits || holder.email_key !== claim.email_key || holder.activated_at !== null)
    return false;
  await database.kysely.transaction().execute((tx) => mailing.mailClaim(tx, holder, locale, clock.now()));
  return true;
}
