/** What a server says it can do in its answer to EHLO (RFC 5321, section 4.1.1.1). */
import type { SmtpReply } from "./reply.ts";

export interface Capabilities {
  /** Each keyword in capitals, with its parameters as sent. */
  readonly keywords: ReadonlyMap<string, string>;
  /** AUTH mechanisms in capitals. */
  readonly auth: readonly string[];
  /** The largest message in octets, 0 where there is no fixed limit (RFC 1870); undefined where SIZE is not offered. */
  readonly size: number | undefined;
  readonly limits: ServerLimits;
}

/** How much a server takes (LIMITS, RFC 9422); undefined where it does not say. */
export interface ServerLimits {
  /** Messages on one connection. */
  readonly messages: number | undefined;
  /** Recipients of one message. */
  readonly recipients: number | undefined;
  /** Domains among the recipients on one connection. */
  readonly recipientDomains: number | undefined;
}

const noLimits: ServerLimits = { messages: undefined, recipients: undefined, recipientDomains: undefined };

/** What a server that only knows HELO can do. */
export const noCapabilities: Capabilities = { keywords: new Map(), auth: [], size: undefined, limits: noLimits };

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
  return {
    keywords,
    auth: [...new Set(auth.filter((name) => name !== ""))],
    size: parseSize(keywords.get("SIZE")),
    limits: parseLimits(keywords.get("LIMITS")),
  };
}

function parseSize(parameter: string | undefined): number | undefined {
  if (parameter === undefined) return undefined;
  return /^\d{1,20}$/.test(parameter) ? Number(parameter) : 0;
}

/** `NAME=VALUE` with blanks between; a value that is no number from 1 on counts as not said (RFC 9422, section 3). */
function parseLimits(parameter: string = ""): ServerLimits {
  const values = new Map<string, number>();
  for (const [, name = "", value = ""] of parameter.toUpperCase().matchAll(/(?<!\S)([A-Z]+)=([1-9]\d{0,5})(?!\S)/g)) {
    values.set(name, Number(value));
  }
  return {
    messages: values.get("MAILMAX"),
    recipients: values.get("RCPTMAX"),
    recipientDomains: values.get("RCPTDOMAINMAX"),
  };
}
