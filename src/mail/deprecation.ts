/** Says of a form that Django 6.1 deprecates, and that works here too, what takes its place: once in a process. */

const said = new Set<string>();

/** A `DeprecationWarning` with a code, which `--no-deprecation` and `--throw-deprecation` know. */
export function warnOnce(code: `WX_DEPRECATED_${string}`, advice: string): void {
  if (said.has(code)) return;
  said.add(code);
  process.emitWarning(advice, { type: "DeprecationWarning", code });
}
