/** The suppression list as CSV (RFC 4180), a page at a time. */
import { COLUMNS } from "./csv-columns.ts";
import { guardFormula } from "./formula.ts";
import type { Suppression } from "./types.ts";

/** @param page The entries after one; none at the end. */
export async function* exportCsv(
  page: (after: Suppression | undefined) => Promise<Suppression[]>,
): AsyncIterable<string> {
  const { stringify } = await import("csv-stringify/sync");
  yield `${COLUMNS.join(",")}\n`;
  for (let entries = await page(undefined); entries.length > 0; entries = await page(entries.at(-1))) {
    yield stringify(entries.map(cellsOf));
  }
}

function cellsOf({ address, stream, reason, detail, createdAt, expiresAt }: Suppression): string[] {
  const times = [new Date(createdAt).toISOString(), expiresAt === undefined ? "" : new Date(expiresAt).toISOString()];
  return [...[address, stream, reason, detail].map(guardFormula), ...times];
}
