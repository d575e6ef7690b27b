/** The link in the mail: what it would do, and doing it. */
import { lockName, type Queryable } from "../db/index.ts";
import type { AccountsContext } from "./context.ts";
import type { ActivateOutcome, InspectOutcome } from "./outcomes.ts";
import { activateUser, findActiveByEmail, findById, type UserRow } from "./store.ts";

type Standing = { status: "ready"; claim: UserRow } | { status: "already-active" | "expired" | "invalid" };

/** Says what a link would do, and changes nothing: this is all that a fetched link may cause. */
export async function inspect(context: AccountsContext, token: string): Promise<InspectOutcome> {
  const standing = await stand(context, context.database.kysely, token);
  if (standing.status !== "ready") return { status: standing.status };
  const { username, email } = standing.claim;
  return { status: "ready", username, email };
}

/**
 * Activates the claim that a link stands for. A second use finds it done.
 *
 * The other claims on the address can no longer be activated, but stay for their time: whoever made one for an address of
 * somebody else's would learn from its end that the owner has an account.
 */
export async function activate(context: AccountsContext, token: string): Promise<ActivateOutcome> {
  return context.database.kysely.transaction().execute(async (tx) => {
    const standing = await stand(context, tx, token);
    if (standing.status !== "ready") return { status: standing.status };
    const { claim } = standing;
    await lockName(tx, `account of ${claim.email_key}`);
    const owner = await findActiveByEmail(tx, claim.email_key); // again: another link may have been used meanwhile
    if (owner !== undefined) return { status: takenStatus(owner, claim) };
    await activateUser(tx, claim.id, context.clock.now());
    return { status: "activated", username: claim.username };
  });
}

/** An active account is "already-active" also when its link has expired: a new one would be of no use. */
async function stand(context: AccountsContext, db: Queryable, token: string): Promise<Standing> {
  const reading = context.tokens.read(token);
  if (reading.status === "invalid") return { status: "invalid" };
  const user = await findById(db, reading.userId);
  if (user === undefined) return { status: "invalid" };
  if (user.activated_at !== null) return { status: "already-active" };
  if (!reading.isFor(user)) return { status: "invalid" };
  if (reading.status === "expired") return { status: "expired" };
  const owner = await findActiveByEmail(db, user.email_key);
  return owner === undefined ? { status: "ready", claim: user } : { status: takenStatus(owner, user) };
}

/** The claim's own account, where another use of its link has come between two looks. */
function takenStatus(owner: UserRow, claim: UserRow): "already-active" | "invalid" {
  return owner.id === claim.id ? "already-active" : "invalid";
}
