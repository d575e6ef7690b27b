/** The languages Waxseal speaks, and how one is chosen from an Accept-Language header (RFC 9110, section 12.5.4). */

/** A language of pages, mails and explanations. */
export type Locale = "en" | "zh-CN";

/** Every language there is, the default first. */
const locales: readonly Locale[] = ["en", "zh-CN"];

/** The language of ours that a tag such as `zh-Hans-CN` or `en-GB` asks for, if there is one. */
export function localeOf(tag: string): Locale | undefined {
  const language = tag.trim().toLowerCase().split(/[-_]/)[0];
  return language === "zh" ? "zh-CN" : language === "en" ? "en" : undefined;
}

/** The best language for an Accept-Language header: by weight, then by order; English where nothing fits. */
export function negotiateLocale(acceptLanguage: string | undefined): Locale {
  let best: Locale = "en";
  let bestWeight = 0;
  for (const range of (acceptLanguage ?? "").slice(0, 1000).split(",")) {
    const [tag = "", ...parameters] = range.split(";");
    const locale = localeOf(tag);
    const quality = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find(Boolean);
    const weight = quality === undefined ? 1 : Number(quality);
    if (locale !== undefined && weight > bestWeight) [best, bestWeight] = [locale, weight];
  }
  return best;
}

/** The cookie in which a browser keeps its choice; account pages and console share it. */
export const LANGUAGE_COOKIE = "waxseal_lang";
/** How long the choice is kept: a year, in seconds. */
export const LANGUAGE_COOKIE_SECONDS: number = 365 * 24 * 3600;

/** What a request says about the language it wants. */
export interface LanguageWishes {
  /** `?lang=`, from the switch on the page. */
  asked: string | undefined;
  /** The value of `LANGUAGE_COOKIE`. */
  kept: string | undefined;
  acceptLanguage: string | undefined;
}

/** What the switch asked for, else what it asked for before, else what the browser prefers. */
export function chooseLocale({ asked = "", kept = "", acceptLanguage }: LanguageWishes): Locale {
  return localeOf(asked) ?? localeOf(kept) ?? negotiateLocale(acceptLanguage);
}

/** The links of the switch: this page (`url`) in each other language. */
export function languageLinks(url: string, current: Locale): { locale: Locale; href: string }[] {
  return locales
    .filter((locale) => locale !== current)
    .map((locale) => {
      const query = new URL(url).searchParams;
      query.set("lang", locale);
      return { locale, href: `?${query}` };
    });
}
