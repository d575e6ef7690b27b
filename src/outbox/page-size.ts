/** How many rows a page has, whatever was asked for. */

/** What a page has by itself, and at the most. */
export interface PageBounds {
  /** Default 100. */
  usual?: number;
  /** Default 1000. */
  most?: number;
}

/** None for a negative number, which SQLite would take for all; the usual where it is no number. */
export function pageSize(limit: number | undefined, { usual = 100, most = 1000 }: PageBounds = {}): number {
  if (limit === undefined || Number.isNaN(limit)) return usual;
  return Math.min(Math.max(Math.trunc(limit), 0), most);
}
