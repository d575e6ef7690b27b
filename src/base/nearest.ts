/** The known name that a mistyped one most likely meant. */

/** Edits (insert, delete, replace) from one word to the other, by Wagner and Fischer. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replace, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The nearest of `known` to `name`, whatever the case; undefined when none is within a third of its length. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const typed = name.slice(0, 100).toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(typed, candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.ceil(typed.length / 3) ? best.candidate : undefined;
}
