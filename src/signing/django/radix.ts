/** Whole numbers in another radix, as Django writes times. */

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A number from 0 on in base 62: digits, then capital, then small letters. */
export function encodeBase62(value: number): string {
  let text = "";
  let rest = value;
  do {
    text = `${BASE62[rest % 62]}${text}`;
    rest = Math.floor(rest / 62);
  } while (rest > 0);
  return text;
}

/** The number that `text` is in base 62; undefined where it is none, or is not spelt as `encodeBase62` does. */
export function decodeBase62(text: string): number | undefined {
  let value = 0;
  for (const digit of text.slice(0, 12)) value = value * 62 + BASE62.indexOf(digit);
  return Number.isSafeInteger(value) && value >= 0 && encodeBase62(value) === text ? value : undefined;
}
