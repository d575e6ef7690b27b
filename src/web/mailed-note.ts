/** The address a mail was just sent to, carried to the next page in a signed cookie: it belongs in no URL, history or log. */
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { paths } from "./paths.ts";
import type { Site } from "./site.ts";

const COOKIE = "waxseal_mailed";
/** Long enough to reload the page while waiting for the mail. */
const MAX_AGE_SECONDS = 900;

export function writeMailedNote(c: Context, site: Site, email: string): void {
  const value = Buffer.from(email).toString("base64url");
  setCookie(c, COOKIE, `${value}.${site.noteSignature.sign(value)}`, {
    path: paths.registered,
    httpOnly: true,
    sameSite: "Lax",
    secure: site.secure,
    maxAge: MAX_AGE_SECONDS,
  });
}

/** Undefined when there is none, or when it is not ours. */
export function readMailedNote(c: Context, site: Site): string | undefined {
  const [value = "", signature = ""] = (getCookie(c, COOKIE) ?? "").split(".");
  if (!site.noteSignature.fits(value, signature)) return undefined;
  return Buffer.from(value, "base64url").toString();
}
