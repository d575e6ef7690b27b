/** The language of a page: what the switch asked for, else what it asked for before, else what the browser prefers. */
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { type Locale, localeOf, locales, negotiateLocale } from "../base/index.ts";

/** The account pages keep the same choice under the same name. */
const COOKIE = "waxseal_lang";
const YEAR_SECONDS = 365 * 24 * 3600;

export function languageOf(c: Context): Locale {
  const chosen = localeOf(c.req.query("lang") ?? "") ?? localeOf(getCookie(c, COOKIE) ?? "");
  return chosen ?? negotiateLocale(c.req.header("accept-language"));
}

/** Keeps the choice of `?lang=` for the pages to come. */
export const rememberLanguage: MiddlewareHandler = async (c, next) => {
  const asked = localeOf(c.req.query("lang") ?? "");
  if (asked !== undefined) {
    setCookie(c, COOKIE, asked, { path: "/", httpOnly: true, sameSite: "Lax", maxAge: YEAR_SECONDS });
  }
  return next();
};

/** This page in the other languages. */
export function otherLanguages(c: Context, current: Locale): { locale: Locale; href: string }[] {
  return locales
    .filter((locale) => locale !== current)
    .map((locale) => {
      const query = new URL(c.req.url).searchParams;
      query.set("lang", locale);
      return { locale, href: `?${query}` };
    });
}
