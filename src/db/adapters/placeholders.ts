/** Takes a statement apart at its placeholders, for libraries that have their own. */
import type { SqlExecutor } from "./executor.ts";

/** Text in quotes, in which a placeholder is none; then the placeholders of each dialect. */
const tokens: Readonly<Record<SqlExecutor["dialect"], RegExp>> = {
  postgres: /'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<placeholder>\$\d+)/g,
  sqlite: /'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<placeholder>\?)/g,
};

/** What stands between the placeholders: one part more than there are of those. */
export function splitAtPlaceholders(sql: string, dialect: SqlExecutor["dialect"]): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const match of sql.matchAll(tokens[dialect])) {
    if (match.groups?.["placeholder"] === undefined) continue;
    parts.push(sql.slice(from, match.index));
    from = match.index + match[0].length;
  }
  return [...parts, sql.slice(from)];
}
