/** What a page needs to draw itself: the language, its words, and the time. */
import type { Context } from "hono";
import { languageLinks, type Locale } from "../base/index.ts";
import type { BilingualText, Desk } from "./desk.ts";
import { languageOf } from "./language.ts";
import { type Texts, textsOf } from "./texts/index.ts";

export interface View {
  locale: Locale;
  t: Texts;
  otherLanguages: readonly { locale: Locale; href: string }[];
  /** The path of the page itself. */
  path: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** Of a text in both languages the reader's. */
export function inLanguage({ locale }: View, { en, zh }: BilingualText): string {
  return locale === "zh-CN" ? zh : en;
}

export function viewOf(c: Context, desk: Desk): View {
  const locale = languageOf(c);
  return {
    locale,
    t: textsOf(locale),
    otherLanguages: languageLinks(c.req.url, locale),
    path: c.req.path,
    now: desk.clock.now(),
  };
}
