/** The words of the console, one file per language, all with the same keys. */
import type { Locale } from "../../base/index.ts";
import { en, type Texts } from "./en.ts";
import { zhCn } from "./zh-cn.ts";

export type { Texts };

const all: Record<Locale, Texts> = { en, "zh-CN": zhCn };

export function textsOf(locale: Locale): Texts {
  return all[locale];
}
