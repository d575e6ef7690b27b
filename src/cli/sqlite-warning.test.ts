import { expect, test } from "vitest";
import { hideSqliteWarning, type Warner } from "./sqlite-warning.ts";

test("only the warning that SQLite is experimental is kept off the terminal", () => {
  const shown: unknown[][] = [];
  const warner: Warner = { emitWarning: (...warning) => void shown.push(warning) };
  hideSqliteWarning(warner);
  warner.emitWarning("SQLite is an experimental feature and might change at any time", "ExperimentalWarning");
  expect(shown).toEqual([]);
  const others: [string | Error, ...unknown[]][] = [
    ["SQLite is an experimental feature", "Warning"],
    ["Importing JSON modules is an experimental feature", "ExperimentalWarning"],
    [new Error("SQLite is an experimental feature")],
    ["url.parse() is deprecated", "DeprecationWarning", "DEP0169"],
  ];
  for (const warning of others) warner.emitWarning(...warning);
  expect(shown).toEqual(others);
});
