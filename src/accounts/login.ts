/** Logging in and out, and the sessions between: opaque ids, kept as hashes. */
import { createHash, randomBytes } from "node:crypto";
import type { AccountsContext } from "./context.ts";
import { emailKey, isEmail, usernameKey } from "./identity.ts";
import type { Account, LoginOutcome } from "./outcomes.ts";
import {
  deleteExpiredSessions,
  deleteSession,
  findActiveByEmail,
  findByUsername,
  findSessionUser,
  insertSession,
  listClaims,
  type UserRow,
} from "./store.ts";
import { emailProblem, isTooLong, normalizePassword, trim, usernameProblem } from "./validate.ts";

/** Who logs in. */
export interface LoginInput {
  /** A username or an address. */
  login: string;
  password: string;
}

/**
 * Checks a password and opens a session.
 *
 * A username is checked against one hash and an address against two (its account and its newest claim), of which the
 * missing ones are stood in for: neither the answer nor its time tells whether an account exists.
 */
export async function login(context: AccountsContext, input: LoginInput): Promise<LoginOutcome> {
  const name = trim(input.login);
  const password = normalizePassword(input.password);
  if (isTooLong(name, password)) return { status: "refused" };
  const candidates = await findCandidates(context, name);
  const standIn = await context.dummyHash();
  const fits = await Promise.all(
    candidates.map((candidate) => context.hasher.verify(candidate?.password_hash ?? standIn, password)),
  );
  const user = candidates.find((candidate, index) => candidate !== undefined && fits[index]);
  if (user === undefined) return { status: "refused" };
  if (user.activated_at !== null) return openSession(context, user);
  // A claim past its time counts as gone: when it is deleted depends on others who sign up with its address.
  const isStale = user.created_at < context.clock.now() - context.claimLifetimeMs;
  return { status: isStale ? "refused" : "not-active" };
}

async function findCandidates(context: AccountsContext, name: string): Promise<(UserRow | undefined)[]> {
  const db = context.database.kysely;
  // What nobody can be called is nobody's, however the database would compare it.
  if (!isEmail(name))
    return [usernameProblem(name) === undefined ? await findByUsername(db, usernameKey(name)) : undefined];
  if (emailProblem(name) !== undefined) return [undefined, undefined];
  const key = emailKey(name);
  const [newestClaim] = await listClaims(db, key, 1);
  return [await findActiveByEmail(db, key), newestClaim];
}

async function openSession(context: AccountsContext, user: UserRow): Promise<LoginOutcome> {
  const sessionId = randomBytes(32).toString("base64url");
  const now = context.clock.now();
  const { sessionMaxAgeSeconds: maxAgeSeconds } = context;
  await context.database.kysely.transaction().execute(async (tx) => {
    await deleteExpiredSessions(tx, user.id, now);
    await insertSession(tx, {
      id_hash: hashOf(sessionId),
      user_id: user.id,
      created_at: now,
      expires_at: now + maxAgeSeconds * 1000,
    });
  });
  return { status: "logged-in", account: toAccount(user), sessionId, maxAgeSeconds };
}

/** Ends a session; one that does not exist is no error. */
export async function logout(context: AccountsContext, sessionId: string): Promise<void> {
  await deleteSession(context.database.kysely, hashOf(sessionId));
}

/** Whose session this is; undefined when it has expired, was ended or never was. */
export async function findSession(
  context: AccountsContext,
  sessionId: string | undefined,
): Promise<Account | undefined> {
  if (sessionId === undefined) return undefined;
  const user = await findSessionUser(context.database.kysely, hashOf(sessionId), context.clock.now());
  return user && toAccount(user);
}

function toAccount(user: UserRow): Account {
  const { id, username, email, created_at: createdAt, activated_at } = user;
  return { id, username, email, active: activated_at !== null, createdAt };
}

function hashOf(sessionId: string): string {
  return createHash("sha256").update(sessionId).digest("hex");
}
