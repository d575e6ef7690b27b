/** The trace of a message's way to us (RFC 5321, section 4.4). */

/** What is known of the conversation in which a message came. */
export interface Trace {
  /** What the client called itself. */
  helo: string;
  /** Its address. */
  address: string;
  /** What this server calls itself. */
  host: string;
  /** `ESMTPSA` and the like (RFC 3848). */
  protocol: string;
  /** The message holds UTF-8 where others hold ASCII (RFC 6531, section 3.7.3). */
  isUtf8: boolean;
  /** What the log calls the conversation. */
  id: string;
}

/** The header field, with its CRLF. */
export function receivedField(trace: Trace, now: number): string {
  const { helo, address, host, protocol, isUtf8, id } = trace;
  const literal = address.includes(":") ? `[IPv6:${address}]` : `[${address}]`;
  const way = isUtf8 ? protocol.replace(/^E?SMTP/, "UTF8SMTP") : protocol;
  return `Received: from ${atom(helo)} (${literal})\r\n by ${atom(host)} with ${way} id ${atom(id)};\r\n ${dateText(now)}\r\n`;
}

/** A time as headers write it, in UTC (RFC 5322, section 3.3). */
export function dateText(now: number): string {
  return new Date(now).toUTCString().replace("GMT", "+0000");
}

/** The name without what could end it or the line. */
function atom(text: string): string {
  return text.replace(/[^\w.:[\]-]/g, "_").slice(0, 255) || "unknown";
}
