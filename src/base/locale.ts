/** The languages Waxseal speaks, and how one is chosen from an Accept-Language header (RFC 9110, section 12.5.4). */

/** A language of pages, mails and explanations. */
export type Locale = "en" | "zh-CN";

/** Every language there is, the default first. */
export const locales: readonly Locale[] = ["en", "zh-CN"];

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
