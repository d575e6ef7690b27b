/** An access token that is kept until shortly before it ends, and then fetched anew: once, whoever waits for it. */
import type { SecretSource } from "../auth/secret-source.ts";
import type { Fault } from "../transcript.ts";
import { type Grant, resolveGrant, type SmtpOAuth2Options } from "./grant.ts";
import { fetchToken } from "./fetch-token.ts";

/** A token is not used in its last minute, nor in the last half of a short life: the log-in takes its time too. */
const SPARE_MS = 60_000;

/** Access tokens by these options; throws `WX_SMTP_OPTIONS` where they cannot be right. `now` is in milliseconds. */
export function refreshedToken(options: SmtpOAuth2Options, now: () => number = () => performance.now()): SecretSource {
  return new RefreshedToken(resolveGrant(options), now);
}

class RefreshedToken implements SecretSource {
  readonly #now: () => number;
  #grant: Grant;
  #kept: { token: string; untilMs: number } | undefined;
  #fetching: Promise<string | Fault> | undefined;

  constructor(grant: Grant, now: () => number) {
    this.#grant = grant;
    this.#now = now;
  }

  async get(refused?: string): Promise<string | Fault> {
    const kept = this.#kept;
    if (kept !== undefined && kept.token !== refused && this.#now() < kept.untilMs) return kept.token;
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #fetch(): Promise<string | Fault> {
    const startedMs = this.#now();
    const answer = await fetchToken(this.#grant);
    if ("code" in answer) return answer;
    const { accessToken, lifetimeMs, refreshToken } = answer;
    this.#kept = { token: accessToken, untilMs: startedMs + Math.max(lifetimeMs - SPARE_MS, lifetimeMs / 2) };
    if (refreshToken === undefined || refreshToken === this.#grant.refreshToken) return accessToken;
    this.#grant = { ...this.#grant, refreshToken };
    try {
      await this.#grant.onRefreshToken(refreshToken);
      return accessToken;
    } catch (error) {
      return keepingFault(error);
    }
  }
}

function keepingFault(cause: unknown): Fault {
  return {
    code: "WX_SMTP_OAUTH2",
    what: "auth.oauth2.onRefreshToken failed, so the new refresh token may not have been kept",
    advice: "Mend what it threw, which is the cause of this error",
    retryable: true,
    cause,
  };
}
