/** Keeps a spreadsheet from taking a text for a formula, and takes that back when the file comes home. */

/**
 * A text that Excel, LibreOffice or Google Sheets would compute: it begins with a sign of a formula (full-width ones too),
 * a tab or a carriage return. Quotes before it count, so that what was guarded can be told from what was typed so.
 */
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/;

/** The text with a quote before it where it would be computed. */
export function guardFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** The text as it was before `guardFormula`. */
export function unguardFormula(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}
