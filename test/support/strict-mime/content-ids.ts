/** What an HTML part shows by `cid:` is there, once (RFC 2392). */
import type { Leaf } from "./entity.ts";
import type { Report } from "./report.ts";

/** In an attribute that loads something, or in a style. */
const REFERENCE = /(?:\b(?:src|href|background|poster)\s*=\s*["']?|url\(\s*["']?)cid:([^"'\s>)]+)/gi;

export function checkContentIds(leaves: readonly Leaf[], report: Report): void {
  const ids = new Set<string>();
  for (const { contentId, offset } of leaves) {
    if (contentId === undefined) continue;
    const id = contentId.slice(1, -1);
    report.unless(!ids.has(id), "content-id-twice", offset, id);
    ids.add(id);
  }
  for (const { type, bytes, offset } of leaves) {
    if (type !== "text/html") continue;
    for (const [, id = ""] of Buffer.from(bytes).toString("utf8").matchAll(REFERENCE)) {
      report.unless(ids.has(unescape(id)), "content-id-missing", offset, id);
    }
  }
}

/** A cid in a URL is percent-encoded; one that is not sound is taken as it stands. */
function unescape(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
