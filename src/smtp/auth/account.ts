/** Whom to log in as: what the caller may give, and the checked account the rest works with. */
import { check, checkNames } from "../option-check.ts";
import type { SmtpOAuth2Options } from "../oauth2/grant.ts";
import { refreshedToken } from "../oauth2/refreshed-token.ts";
import { mechanismsFor } from "./choose.ts";
import type { Mechanism } from "./mechanism.ts";
import { type AccessTokenFunction, calledSecret, fixedSecret, isToken, type SecretSource } from "./secret-source.ts";

/**
 * Whom to log in as: a user, and exactly one of `password`, `accessToken` and `oauth2`.
 *
 * @example
 * { user: "mac@163.com", password: authorizationCode }
 * { user: "mac@example.com", accessToken: async ({ refresh }) => vault.token({ refresh }) }
 * { user: "mac@gmail.com", oauth2: { provider: "google", clientId, clientSecret, refreshToken } }
 */
export interface SmtpCredentials {
  readonly user: string;
  /** The password, or the authorization code or app password that stands for it. */
  readonly password?: string | undefined;
  /**
   * An OAuth 2.0 access token, or a function that gives one. The function is called for each log-in, and once more with
   * `refresh: true` where the server has refused what it gave.
   */
  readonly accessToken?: string | AccessTokenFunction | undefined;
  /** Access tokens fetched and refreshed for you. */
  readonly oauth2?: SmtpOAuth2Options | undefined;
  /** The only mechanism to use, such as "LOGIN". Default: the strongest that both sides know. */
  readonly method?: string | undefined;
}

/** A checked account. */
export interface Account {
  readonly user: string;
  readonly by: Mechanism["by"];
  readonly source: SecretSource;
  readonly method: string | undefined;
}

const NAMES: Record<keyof SmtpCredentials, true> = {
  user: true,
  password: true,
  accessToken: true,
  oauth2: true,
  method: true,
};
const USER = /^[^\0-\x1f\x7f]+$/;

/** Checks what the caller gave; throws `WX_SMTP_OPTIONS`, without any secret in it. */
export function resolveAccount(given: SmtpCredentials): Account {
  checkNames("auth.", given, NAMES);
  const { user } = given;
  check(typeof user === "string" && USER.test(user), "auth.user", user, "the account's name, not empty");
  const { by, source } = resolveSource(given);
  return { user, by, source, method: resolveMethod(given.method, by) };
}

function resolveSource(credentials: SmtpCredentials): Pick<Account, "by" | "source"> {
  const { password, accessToken, oauth2 } = credentials;
  const given = Object.entries({ password, accessToken, oauth2 }).filter(([, value]) => value !== undefined);
  // What a variable that is not set gives.
  const isUnset = given.length === 0 && "password" in credentials;
  check(!isUnset, "auth.password", undefined, "the account's password; is the variable set that it comes from?");
  const names = given.map(([name]) => name).join(" and ");
  check(given.length === 1, "auth", names || "without a secret", "given one of password, accessToken and oauth2");
  if (oauth2 !== undefined) return { by: "token", source: refreshedToken(oauth2) };
  if (typeof accessToken === "function") return { by: "token", source: calledSecret(accessToken) };
  if (accessToken !== undefined) {
    check(isToken(accessToken), "auth.accessToken", "(not shown)", "a token without white space, or a function");
    return { by: "token", source: fixedSecret(accessToken) };
  }
  // NUL separates the parts of AUTH PLAIN.
  const isRight = typeof password === "string" && password !== "" && !password.includes("\0");
  check(isRight, "auth.password", "(not shown)", "the account's password, not empty");
  return { by: "password", source: fixedSecret(password ?? "") };
}

function resolveMethod(given: string | undefined, by: Mechanism["by"]): string | undefined {
  if (given === undefined) return undefined;
  const names = mechanismsFor(by, true).map(({ name }) => name);
  const method = String(given).toUpperCase();
  check(names.includes(method), "auth.method", given, `for a ${by} one of ${names.join(", ")}`);
  return method;
}
