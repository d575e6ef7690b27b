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
/** Both at once, which is what nearly every address is: no domain holds an @, so they cannot be split elsewhere. */
const ADDRESS = new RegExp(`${LOCAL_PART.source.slice(0, -1)}@${DOMAIN.source.slice(1)}`);
/** With SMTPUTF8 letters, digits and marks of any script may stand beside those of ASCII (RFC 6531, section 3.3). */
const UTF8_LOCAL_PART = /^(?:[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]|(?!\p{ASCII})[\p{L}\p{M}\p{N}\p{S}])+$/u;
const UTF8_DOMAIN = /^[A-Za-z0-9_\p{L}\p{M}\p{N}][A-Za-z0-9._\p{L}\p{M}\p{N}-]*$/u;
/** RFC 3461, section 4.4, before it is encoded. */
const DSN_ID = /^[!-~]{1,100}$/;
const NOTIFY = new Set<unknown>(["success", "failure", "delay"]);

/** What is not of its kind in a message, for those who are not told by a compiler; undefined where all is. */
export function kindProblem(envelope: Partial<Envelope> | undefined, bytes: unknown): string | undefined {
  if (typeof envelope !== "object" || envelope === null) {
    return "The message has no envelope. Give { envelope: { from, to }, bytes }, as mail.compose(message) does.";
  }
  if (!Array.isArray(envelope.to)) return 'The envelope\'s `to` is no list. Write ["ann@example.com"].';
  if (bytes instanceof Uint8Array) return undefined;
  return "The message's bytes are no Buffer or Uint8Array. Give the whole message, such as Buffer.from(text).";
}

/** Why an envelope cannot be sent and what would be right, or undefined. Nothing is repaired: what was checked is what is sent. */
export function envelopeProblem(envelope: Envelope): string | undefined {
  const utf8 = envelope.smtpUtf8 === true;
  if (envelope.from !== "" && !isAddress(envelope.from, utf8)) return problemOf("sender", envelope.from, utf8);
  if (envelope.to.length === 0) return "The envelope has no recipient. Name at least one in `to`.";
  const bad = envelope.to.find((address) => !isAddress(address, utf8));
  if (bad !== undefined) return problemOf("recipient", bad, utf8);
  return envelope.dsn === undefined ? undefined : dsnProblem(envelope.dsn);
}

function isAddress(address: unknown, utf8: boolean): boolean {
  if (typeof address !== "string" || address.length > MAX_ADDRESS_LENGTH) return false;
  if (ADDRESS.test(address)) return true;
  const at = address.lastIndexOf("@");
  if (at <= 0 || !utf8) return false;
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (Buffer.byteLength(address) > MAX_ADDRESS_LENGTH) return false;
  return (UTF8_LOCAL_PART.test(local) || LOCAL_PART.test(local)) && (UTF8_DOMAIN.test(domain) || DOMAIN.test(domain));
}

function problemOf(role: string, address: unknown, utf8: boolean): string {
  const kind = utf8 ? "addresses" : "plain ASCII addresses";
  return (
    `The envelope's ${role} ${quoted(address)} is not an address that SMTP can carry. ` +
    `Give ${kind}, one for each recipient, without names or angle brackets.`
  );
}

function dsnProblem({ notify, return: returned, id }: DsnRequest): string | undefined {
  if (notify !== undefined && notify !== "never" && !isNotifyList(notify)) {
    return `The envelope's dsn.notify is ${quoted(notify)}. It must be "never", or a list of "success", "failure" and "delay".`;
  }
  if (returned !== undefined && returned !== "headers" && returned !== "full") {
    return `The envelope's dsn.return is ${quoted(returned)}. It must be "headers" or "full".`;
  }
  if (id !== undefined && !(typeof id === "string" && DSN_ID.test(id))) {
    return `The envelope's dsn.id is ${quoted(id)}. It must be 1 to 100 visible ASCII characters without blanks.`;
  }
  return undefined;
}

function isNotifyList(notify: unknown): boolean {
  return Array.isArray(notify) && notify.length > 0 && notify.every((event) => NOTIFY.has(event));
}
