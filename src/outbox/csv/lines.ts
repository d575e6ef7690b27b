/** The lines of a text that comes in pieces, numbered, however it was cut. */

export interface Line {
  /** Without what ends it; a CR before a LF is kept, as a cell in quotes may hold it. */
  text: string;
  /** From 1. */
  number: number;
  /** What ends the lines of this text: LF, or CR alone in files of old. */
  newline: Newline;
  /** It was longer than was allowed; its text is not kept. */
  isTooLong?: boolean;
}

export type Newline = "\n" | "\r";

const BYTE_ORDER_MARK = "\ufeff";

/** @param longest In characters. */
export async function* linesOf(texts: AsyncIterable<string>, longest: number): AsyncGenerator<Line, void, undefined> {
  let newline: Newline | undefined;
  let rest = "";
  let number = 0;
  let isTooLong = false;

  function finished(text: string): Line {
    number++;
    const about = { number, newline: newline ?? "\n" };
    const line: Line =
      isTooLong || text.length > longest
        ? { text: "", ...about, isTooLong: true }
        : { text: number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text, ...about };
    isTooLong = false;
    return line;
  }

  for await (const piece of texts) {
    // Until the first end of a line is known, one may be cut in two.
    const text = newline === undefined ? rest + piece : piece;
    if (newline === undefined) rest = "";
    newline ??= newlineIn(text);
    let from = 0;
    for (let end = indexOf(text, newline, 0); end >= 0; end = indexOf(text, newline, from)) {
      yield finished(rest + text.slice(from, end));
      rest = "";
      from = end + 1;
    }
    rest += text.slice(from);
    if (rest.length <= longest) continue;
    rest = rest.slice(-1);
    isTooLong = true;
  }
  if (rest !== "" || isTooLong) yield finished(rest);
}

/** Undefined where there is none yet, or a CR last, of which nobody knows what follows. */
function newlineIn(text: string): Newline | undefined {
  const [found] = /\r\n|\n|\r(?=[^])/.exec(text) ?? [];
  if (found === undefined) return undefined;
  return found === "\r" ? "\r" : "\n";
}

function indexOf(text: string, newline: Newline | undefined, from: number): number {
  return newline === undefined ? -1 : text.indexOf(newline, from);
}
