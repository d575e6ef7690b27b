/** Text as SCRAM compares it, whatever keyboard it came from (SASLprep, RFC 4013). */

/** "Commonly mapped to nothing" (RFC 3454, table B.1). */
// oxlint-disable-next-line no-misleading-character-class
const NOTHING = /[\u00ad\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]/g;
/** Blanks outside ASCII (table C.1.2). */
const BLANK = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
/** Controls, private use, non-characters, surrogates, and what changes how text is shown or tagged (tables C.2 to C.9). */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u0340\u0341\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;

/** The prepared text; undefined where it holds a character that SASLprep forbids, or nothing is left of it. */
export function saslPrep(text: string): string | undefined {
  const prepared = text.replace(BLANK, " ").replace(NOTHING, "").normalize("NFKC");
  return prepared === "" || PROHIBITED.test(prepared) ? undefined : prepared;
}
