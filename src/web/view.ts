/** What a page needs to draw itself: the site, the language and its words. */
import type { Context } from "hono";
import { languageLinks, type Locale } from "../base/index.ts";
import { languageOf } from "./language.ts";
import type { Site } from "./site.ts";
import { type Texts, textsOf } from "./texts/index.ts";

export interface View {
  site: Site;
  locale: Locale;
  t: Texts;
  otherLanguages: readonly { locale: Locale; href: string }[];
}

export function viewOf(c: Context, site: Site): View {
  const locale = languageOf(c);
  return { site, locale, t: textsOf(locale), otherLanguages: languageLinks(c.req.url, locale) };
}
