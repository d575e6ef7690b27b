/** The token in every form: a signature of a random cookie, which only our own pages can show (signed double submit). */
import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { readCookie, writeCookie } from "./cookies.ts";
import type { Site } from "./site.ts";

/** The name of the hidden field. */
export const FORM_TOKEN_FIELD = "csrf_token";

/** What a random cookie of ours looks like: 32 bytes in base64url. */
const RANDOM = /^[\w-]{43}$/;

/** The token for the forms of this answer; gives the browser its cookie if it has none. */
export function issueFormToken(c: Context, site: Site): string {
  return site.formSignature.sign(existingRandom(c, site) ?? newRandom(c, site));
}

/** Whether the token that came with a form belongs to the cookie that came with it. */
export function formTokenFits(c: Context, site: Site, token: string): boolean {
  const random = existingRandom(c, site);
  return random !== undefined && site.formSignature.fits(random, token);
}

function existingRandom(c: Context, site: Site): string | undefined {
  const random = readCookie(c, site, "form");
  return random !== undefined && RANDOM.test(random) ? random : undefined;
}

function newRandom(c: Context, site: Site): string {
  const random = randomBytes(32).toString("base64url");
  writeCookie(c, site, "form", random);
  return random;
}
