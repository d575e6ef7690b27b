/** What a server says it can do in its answer to EHLO (RFC 5321, section 4.1.1.1). */
import type { SmtpReply } from "./reply.ts";

export interface Capabilities {
  /** Each keyword in capitals, with its parameters as sent. */
  readonly keywords: ReadonlyMap<string, string>;
  /** AUTH mechanisms in capitals. */
  readonly auth: readonly string[];
  /** The largest message in octets, 0 where there is no fixed limit (RFC 1870); undefined where SIZE is not offered. */
  readonly size: number | undefined;
}

/** What a server that only knows HELO can do. */
export const noCapabilities: Capabilities = { keywords: new Map(), auth: [], size: undefined };

/** Reads the reply to EHLO. A line that makes no sense counts as not said. */
export function parseCapabilities(reply: SmtpReply): Capabilities {
  const keywords = new Map<string, string>();
  for (const line of reply.lines.slice(1)) {
    // "AUTH=LOGIN" is how some old servers write "AUTH LOGIN"; both may be there.
    const [, keyword, parameters = ""] = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:[ =]+(.*))?$/.exec(line.trim()) ?? [];
    if (keyword === undefined) continue;
    const name = keyword.toUpperCase();
    keywords.set(name, [keywords.get(name) ?? "", parameters].join(" ").trim());
  }
  const auth = (keywords.get("AUTH") ?? "").toUpperCase().split(/\s+/);
  return { keywords, auth: [...new Set(auth.filter((name) => name !== ""))], size: parseSize(keywords.get("SIZE")) };
}

function parseSize(parameter: string | undefined): number | undefined {
  if (parameter === undefined) return undefined;
  return /^\d{1,20}$/.test(parameter) ? Number(parameter) : 0;
}
