/** What a failure says, in English and Chinese, with the server's own words behind it. */
import type { SmtpDiagnosis } from "../../mail/index.ts";

/** The same in English and Chinese; without `zh` there are a server's words alone, which nobody translates. */
export interface Words {
  en: string;
  zh: string | undefined;
}

/** A server may write 64 KB; the reason stands at the beginning. */
const MAX_TEXT = 2_000;

/** Our sentence around a reply, which says of whom it is; the page knows that already. */
const AROUND_REPLY = /^\S+ answered .+? with "(.*)"\.?$/s;

/** @param text As the error says it: the reply, or a sentence with it, and mostly the English diagnosis behind that. */
export function wordsOf(text: string, diagnosis: SmtpDiagnosis | undefined): Words {
  if (diagnosis === undefined) return { en: text, zh: undefined };
  const { meaning, advice } = diagnosis;
  const bare = [`${meaning.en} ${advice.en}`, meaning.en, advice.en].reduce(
    (rest, said) => rest.replace(said, "").trim(),
    text.slice(0, MAX_TEXT),
  );
  const words = AROUND_REPLY.exec(bare)?.[1] ?? bare;
  return {
    en: words === "" ? meaning.en : `${meaning.en} (${words})`,
    zh: words === "" ? meaning.zh : `${meaning.zh}（${words}）`,
  };
}
