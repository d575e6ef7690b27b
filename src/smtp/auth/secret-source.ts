/** Where the password or the access token of a log-in comes from. */
import { describeError } from "../../base/index.ts";
import { clip, showable } from "../quote.ts";
import type { Fault } from "../transcript.ts";

export interface SecretSource {
  /** The secret, or why there is none. `refused` is the one that the server has just refused: another one is wanted. */
  get(refused?: string): Promise<string | Fault>;
}

/** A function of the caller's that gives an access token; `refresh` is true once the server has refused the last one. */
export type AccessTokenFunction = (request: { refresh: boolean }) => string | Promise<string>;

/** What a token may be made of (RFC 6750, section 2.1, widened to all that can be seen); nothing that ends a field. */
const TOKEN = /^[!-~]+$/;

export const isToken = (value: unknown): value is string => typeof value === "string" && TOKEN.test(value);

export function fixedSecret(secret: string): SecretSource {
  return { get: async () => secret };
}

export function calledSecret(call: AccessTokenFunction): SecretSource {
  return {
    get: async (refused) => {
      try {
        const token: unknown = await call({ refresh: refused !== undefined });
        return isToken(token) ? token : noToken("auth.accessToken gave something that is no token");
      } catch (error) {
        return noToken(`auth.accessToken failed: ${showable(clip(describeError(error), 200))}`, error);
      }
    },
  };
}

function noToken(what: string, cause?: unknown): Fault {
  const advice =
    "Let the function return the access token, without white space; what it threw is the cause of this error";
  return { code: "WX_SMTP_OAUTH2", what, advice, retryable: true, cause };
}
