/** Finds the http(s) links in a plain text. */

export type TextPiece = { text: string; href?: string };

/** Scheme, then the ASCII characters a URL may hold (RFC 3986): anything else, such as Chinese text right behind it, ends it. */
const URL_TEXT = /https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi;
/** Punctuation that closes the sentence around a link rather than the link. */
const SENTENCE_END = new Set(".,;:!?'");

/** The text in order, cut where a link begins and ends; nothing is added or lost. */
export function splitLinks(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(URL_TEXT)) {
    const href = trimUrl(match[0]);
    if (!URL.canParse(href)) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: href, href });
    end = match.index + href.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** Without the punctuation at its end, and without a bracket that was opened before it. */
function trimUrl(url: string): string {
  let depth = 0;
  for (const character of url) depth += character === "(" ? 1 : character === ")" ? -1 : 0;
  let length = url.length;
  for (; length > 0; length--) {
    const last = url[length - 1] ?? "";
    if (last === ")" && depth < 0) depth++;
    else if (!SENTENCE_END.has(last)) break;
  }
  return url.slice(0, length);
}
