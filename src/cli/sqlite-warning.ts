/** Keeps Node 22's "SQLite is an experimental feature" off the terminal; every other warning is shown as ever. */

/** The part of `process` that warns. */
export interface Warner {
  emitWarning(warning: string | Error, ...rest: unknown[]): void;
}

/** Nobody at a terminal can act on this one: Waxseal chose node:sqlite, not whoever runs it. */
export function hideSqliteWarning(warner: Warner): void {
  const emitWarning = warner.emitWarning.bind(warner);
  warner.emitWarning = (warning, ...rest) => {
    const isExperimental = rest[0] === "ExperimentalWarning";
    if (isExperimental && typeof warning === "string" && warning.startsWith("SQLite ")) return;
    emitWarning(warning, ...rest);
  };
}
