/** The language of a page, and keeping the choice of it. */
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { chooseLocale, LANGUAGE_COOKIE, LANGUAGE_COOKIE_SECONDS, type Locale, localeOf } from "../base/index.ts";

export function languageOf(c: Context): Locale {
  return chooseLocale({
    asked: c.req.query("lang"),
    kept: getCookie(c, LANGUAGE_COOKIE),
    acceptLanguage: c.req.header("accept-language"),
  });
}

/** Keeps the choice of `?lang=` for the pages to come. */
export const rememberLanguage: MiddlewareHandler = async (c, next) => {
  const asked = localeOf(c.req.query("lang") ?? "");
  const flags = { path: "/", httpOnly: true, sameSite: "Lax", maxAge: LANGUAGE_COOKIE_SECONDS } as const;
  if (asked !== undefined) setCookie(c, LANGUAGE_COOKIE, asked, flags);
  return next();
};
