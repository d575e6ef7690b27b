/** Who a message is from and to, as SMTP needs it (RFC 5321, section 4.1.2), and the gate that no other text passes. */
import { quoted } from "./quote.ts";

/** Which reports the sender asks for (RFC 3461); servers without DSN are not asked. Field names are nodemailer's. */
export interface DsnRequest {
  /** When to report. Default: as the servers think fit, which is on failure and long delay. */
  readonly notify?: "never" | readonly ("success" | "failure" | "delay")[] | undefined;
  /** How much of the message comes back with a report of failure. */
  readonly return?: "headers" | "full" | undefined;
  /** A name of ours for the message, which the report repeats (ENVID). */
  readonly id?: string | undefined;
}

/** Who a message is from and to: what the server is told, whatever the headers say. */
export interface Envelope {
  /** The sender's address; "" is the null sender, to which nothing bounces. */
  readonly from: string;
  /** The recipients' addresses, at least one. */
  readonly to: readonly string[];
  readonly dsn?: DsnRequest | undefined;
  /** The message holds UTF-8 in its addresses or headers, so the server must offer SMTPUTF8 (RFC 6531). */
  readonly smtpUtf8?: boolean | undefined;
  /** Every server on the way must use verified TLS, else the message comes back (REQUIRETLS, RFC 8689). */
  readonly requireTls?: boolean | undefined;
}

/** RFC 5321, section 4.5.3.1.3: 256 octets with the angle brackets. */
const MAX_ADDRESS_LENGTH = 254;
/** Visible ASCII but no angle brackets anywhere: a quoted local part may hold blanks, and that is the only place. */
const LOCAL_PART = /^(?:[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]+|"(?:[ !#-;=?-[\]-~]|\\[ -;=?-~])*")$/;
const DOMAIN = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?|\[[A-Za-z0-9.:-]+\])$/;

/** Why an envelope cannot be sent, or undefined. Nothing is repaired: what was checked is what is sent. */
export function envelopeProblem(envelope: Envelope): string | undefined {
  if (envelope.from !== "" && !isAddress(envelope.from)) return problemOf("sender", envelope.from);
  if (envelope.to.length === 0) return "The envelope has no recipient";
  const bad = envelope.to.find((address) => !isAddress(address));
  return bad === undefined ? undefined : problemOf("recipient", bad);
}

function isAddress(address: unknown): boolean {
  if (typeof address !== "string" || address.length > MAX_ADDRESS_LENGTH) return false;
  const at = address.lastIndexOf("@");
  return at > 0 && LOCAL_PART.test(address.slice(0, at)) && DOMAIN.test(address.slice(at + 1));
}

function problemOf(role: string, address: unknown): string {
  return `The envelope's ${role} ${quoted(address)} is not an address that SMTP can carry`;
}
