/** How text from outside is shown in errors, logs and transcripts: no control characters, and never endless. */

// C0 and C1 controls, line and paragraph separators, and the marks that reorder what is shown.
// oxlint-disable-next-line no-control-regex
const UNSHOWABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The text with every character that could forge a line or hide one replaced by U+FFFD. */
export function showable(text: string): string {
  return text.replace(UNSHOWABLE, "\ufffd");
}

/** The text, cut after `length` characters. */
export function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text;
}

/** A value as it was given, in quotes and escaped, for an error that refuses it. */
export function quoted(value: unknown): string {
  return showable(clip(JSON.stringify(value) ?? String(value), 120));
}
