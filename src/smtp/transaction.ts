/** One message through an open session, one command at a time: MAIL, RCPT, DATA, content (RFC 5321, section 3.3). */
import { isAscii } from "node:buffer";
import type { Capabilities } from "./capabilities.ts";
import { dataBlocks, terminatorOf } from "./content.ts";
import type { Envelope } from "./envelope.ts";
import type { SmtpRefusal } from "./errors.ts";
import { refusedFault } from "./faults.ts";
import { formatReply, isRetryable, type SmtpReply } from "./reply.ts";
import type { Fault } from "./transcript.ts";
import type { Wire } from "./wire.ts";

/** What the server took. */
export interface SmtpReceipt {
  /** `host:port`. */
  readonly server: string;
  /** The recipients the server took the message for. */
  readonly accepted: string[];
  /** The recipients it refused; the message was sent to the others. */
  readonly rejected: SmtpRefusal[];
  /** The acknowledgement in one line, often with the server's id of the message. */
  readonly response: string;
  readonly reply: SmtpReply;
}

/** Why this server cannot be given this content, known from what it announced. */
export function contentFault(server: string, capabilities: Capabilities, bytes: Buffer): Fault | undefined {
  const { size = 0, keywords } = capabilities;
  if (size > 0 && bytes.length > size) {
    return {
      code: "WX_SMTP_TOO_LARGE",
      what: `The message has ${bytes.length} bytes and ${server} takes at most ${size}`,
      advice: "Make it smaller, for example by linking to a file instead of attaching it",
      retryable: false,
    };
  }
  if (!keywords.has("8BITMIME") && !isAscii(bytes)) {
    return {
      code: "WX_SMTP_8BIT",
      what: `The message holds bytes above 127 and ${server} does not offer 8BITMIME`,
      advice: "Encode its parts as quoted-printable or base64",
      retryable: false,
    };
  }
  return undefined;
}

/** Sends one message; throws an `SmtpError` that carries the recipients refused so far. */
export async function transact(
  wire: Wire,
  capabilities: Capabilities,
  envelope: Envelope,
  bytes: Buffer,
): Promise<SmtpReceipt> {
  const mail = await wire.command("mail", mailCommand(capabilities, envelope.from, bytes));
  if (mail.code < 200 || mail.code > 299) throw wire.refusal("mail", mail);
  const accepted = await nameRecipients(wire, envelope.to);
  const data = await wire.command("data", "DATA");
  // Guarantee: content goes out only after 354; anything else would read it as commands.
  if (data.code !== 354) throw wire.refusal("data", data);
  await writeContent(wire, bytes);
  const reply = await wire.reply("final");
  if (reply.code < 200 || reply.code > 299) throw wire.refusal("final", reply);
  const { server, rejected } = wire.transcript;
  return { server, accepted, rejected: [...rejected], response: formatReply(reply), reply };
}

function mailCommand({ keywords }: Capabilities, from: string, bytes: Buffer): string {
  const size = keywords.has("SIZE") ? ` SIZE=${bytes.length}` : "";
  const body = isAscii(bytes) ? "" : " BODY=8BITMIME";
  return `MAIL FROM:<${from}>${size}${body}`;
}

/** Names each recipient once; returns those the server took, of which there is at least one. */
async function nameRecipients(wire: Wire, recipients: readonly string[]): Promise<string[]> {
  const accepted: string[] = [];
  const { rejected } = wire.transcript;
  for (const address of new Set(recipients)) {
    const reply = await wire.command("rcpt", `RCPT TO:<${address}>`);
    if (reply.code < 300) accepted.push(address);
    else if (reply.code < 400 || reply.code === 421) throw wire.refusal("rcpt", reply);
    else rejected.push({ address, reply, retryable: isRetryable(reply, "recipient") });
  }
  if (accepted.length === 0) throw noRecipientLeft(wire);
  return accepted;
}

/** All were refused: the error speaks for the one that may be taken later, if there is one. */
function noRecipientLeft(wire: Wire): Error {
  const { rejected } = wire.transcript;
  const speaking = rejected.find(({ retryable }) => retryable) ?? rejected[0];
  if (speaking === undefined) throw new TypeError("a transaction without recipients");
  const fault = refusedFault(wire.server, "rcpt", speaking.reply);
  return wire.transcript.error("rcpt", fault);
}

/** Writes the content and its end. A server that interrupts has refused: the end is not sent then. */
async function writeContent(wire: Wire, bytes: Buffer): Promise<void> {
  wire.transcript.sent(`(${bytes.length} bytes of message)`);
  let block: Buffer = Buffer.alloc(0);
  for (const next of dataBlocks(bytes)) {
    if (block.length > 0) {
      await wire.flush("content", block);
      await assertUninterrupted(wire);
    }
    block = next;
  }
  await assertUninterrupted(wire);
  wire.send("content", Buffer.concat([block, terminatorOf(bytes)]));
}

async function assertUninterrupted(wire: Wire): Promise<void> {
  if (!wire.interrupted) return;
  const reply = await wire.reply("content");
  throw wire.fatal("content", refusedFault(wire.server, "content", reply));
}
