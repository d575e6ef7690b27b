/** How full the wire is kept: the four ways to put messages through one connection, slowest first. */
import type { Capabilities } from "../capabilities.ts";

/**
 * - "one": a command at a time (RFC 5321), for servers that do not offer PIPELINING;
 * - "pipe": MAIL, every RCPT and DATA in one group (RFC 2920);
 * - "chain": as "pipe", and the group of the next message follows the content of this one without waiting;
 * - "chunk": the content itself in the group, by BDAT (RFC 3030), with several messages on the way at once.
 */
export type SmtpMode = "one" | "pipe" | "chain" | "chunk";

export const modes: readonly SmtpMode[] = ["one", "pipe", "chain", "chunk"];

/** The fastest mode that a server offers. Groups need PIPELINING, whatever else is offered. */
export function offeredMode({ keywords }: Capabilities): SmtpMode {
  if (!keywords.has("PIPELINING")) return "one";
  return keywords.has("CHUNKING") ? "chunk" : "chain";
}

const SPEEDS: Record<SmtpMode, number> = { one: 0, pipe: 1, chain: 2, chunk: 3 };

/** The slower of two modes. */
export function slowerOf(one: SmtpMode, other: SmtpMode): SmtpMode {
  return SPEEDS[one] < SPEEDS[other] ? one : other;
}

/** One step slower; "one" is the slowest. */
export function stepBelow(mode: SmtpMode): SmtpMode {
  return modes[SPEEDS[mode] - 1] ?? "one";
}
