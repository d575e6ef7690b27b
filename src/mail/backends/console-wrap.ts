/** Lines for a terminal of 79 columns: broken between words, at any character of Chinese, and never inside a link. */

/** The length of the separator. */
const COLUMNS = 79;

/** What takes two columns (Unicode's East Asian Wide and Fullwidth, and emoji). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
/** What takes none: marks on the character before, joiners, variation selectors. */
const NARROWEST = /^(?:\p{Mn}|\p{Me}|\p{Cf})$/u;

/** A link up to where its sentence goes on: a blank, a bracket or quote that opened before it, or Chinese. */
const LINK =
  /(https?:\/\/[^\s<>"'\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]*[^\s<>"'\u3000-\u303f\u4e00-\u9fff\uff00-\uffef.,;:!?)\]])/i;

/** How many columns a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += NARROWEST.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return columns;
}

/** What ends a sentence or a clause; after a link on a line of its own it says nothing any more. */
const STOPS = /^[.,;:!?，。；：！？、]+\s*/;

/** One line of text as one or more, each link on its own. */
export function wrapLine(line: string): string[] {
  const pieces = line.split(LINK);
  if (pieces.length === 1) return wrapText(line);
  return pieces.flatMap((piece, index) => {
    if (index % 2 === 1) return [piece];
    const words = index === 0 ? piece.trimEnd() : piece.replace(STOPS, "").trim();
    return words === "" ? [] : wrapText(words);
  });
}

function wrapText(text: string): string[] {
  if (columnsOf(text) <= COLUMNS) return [text];
  const lines: string[] = [];
  let line = "";
  let columns = 0;
  for (const unit of unitsOf(text)) {
    const width = columnsOf(unit.trimEnd());
    if (columns + width > COLUMNS && line !== "") {
      lines.push(line.trimEnd());
      [line, columns] = ["", 0];
    }
    line += unit;
    columns += columnsOf(unit);
  }
  return [...lines, line.trimEnd()];
}

/** What stays together: a word with the blanks after it, or a wide character with the punctuation after it. */
function unitsOf(text: string): string[] {
  return (
    text.match(
      /[\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7a3\uf900-\ufaff][\u3000-\u303f\uff00-\uffef\s]*|[^\s\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff]+\s*|\s+|./gsu,
    ) ?? []
  );
}
