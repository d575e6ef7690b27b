/** What happens at each command of a client: who may come in, log in, and send for whom. */
import type { RateLimiterMemory } from "rate-limiter-flexible";
import type { SMTPServerAddress, SMTPServerAuthentication, SMTPServerSession } from "smtp-server";
import { toAsciiAddress } from "../../mail/index.ts";
import { hashOf } from "./api-keys.ts";
import { type Clients, isLoopback } from "./clients.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Rates } from "./rates.ts";
import { refuseSender } from "./read-message.ts";
import { addressReply, ReplyError } from "./replies.ts";
import type { Visits } from "./visits.ts";

/** What the handlers share. */
export interface House {
  options: ResolvedOptions;
  visits: Visits;
  clients: Clients;
  rates: Rates;
  /** Reports, by client. */
  reports: RateLimiterMemory;
}

/** Commands that nobody needs here: those that tell who has a mailbox, those of proxies, and old jokes. */
const NEVER = ["VRFY", "EXPN", "XCLIENT", "XFORWARD", "WIZ", "SHELL", "KILL"];

/** What a client may not say: a key only where nobody can read it on the way. */
function disabledCommands({ tls, allowPlaintextAuth }: ResolvedOptions, session: SMTPServerSession): string[] {
  const isPrivate = session.secure || (isLoopback(session.remoteAddress) && isLoopback(session.localAddress));
  return [...NEVER, ...(tls === undefined ? ["STARTTLS"] : []), ...(isPrivate || allowPlaintextAuth ? [] : ["AUTH"])];
}

/** A new connection. */
export async function connect({ options, visits, clients }: House, session: SMTPServerSession): Promise<void> {
  session.disabledCommands = disabledCommands(options, session);
  const late = new ReplyError(421, "4.4.2 Nobody has logged in for too long.");
  visits.of(session).deadline = setTimeout(() => visits.hangUp(session, late), options.unauthenticatedMs).unref();
  clients.connect(session.remoteAddress, session.id);
}

/** TLS has begun: what was said before it counts no more (RFC 3207, section 4.2). */
export function secure({ options, visits }: House, session: SMTPServerSession): void {
  visits.of(session).keyHash = undefined;
  session.disabledCommands = disabledCommands(options, session);
}

/**
 * A log-in: the password is the key, the user name is for people. A key that is unknown, revoked or no key at all gets
 * the same answer, after the same work.
 */
export async function logIn(house: House, auth: SMTPServerAuthentication, session: SMTPServerSession): Promise<string> {
  const { options, visits, clients } = house;
  const keyHash = hashOf(auth.password ?? "");
  const key = await options.keys.find(keyHash);
  if (key === undefined) {
    await clients.fail(session.remoteAddress);
    countUnknown(house, session);
    throw new ReplyError(
      535,
      "5.7.8 The password is not an API key, or one that was revoked. See: waxseal api-key list",
    );
  }
  const visit = visits.of(session);
  visit.keyHash = keyHash;
  clearTimeout(visit.deadline);
  return key.name;
}

/** MAIL: the key still counts, may send as this address, and has something left. */
export async function mailFrom(house: House, sender: SMTPServerAddress, session: SMTPServerSession): Promise<void> {
  const { options, visits, rates } = house;
  const visit = visits.of(session);
  visit.key = undefined;
  if (!session.user || visit.keyHash === undefined) return unknownSender(house, session);
  const key = await options.keys.find(visit.keyHash);
  if (key === undefined) throw new ReplyError(421, "4.7.0 The API key was revoked.");
  if (sender.address !== "") refuseSender(key, "MAIL FROM", asciiAddress(sender, "MAIL FROM", isUtf8(sender)));
  await rates.take(key);
  visit.key = key;
}

/** Only a report can come from somebody without a key; its recipient decides. */
async function unknownSender(house: House, session: SMTPServerSession): Promise<void> {
  const { options, reports } = house;
  countUnknown(house, session);
  if (options.bounces === undefined) {
    const needsTls = session.disabledCommands?.includes("AUTH") === true;
    throw new ReplyError(530, needsTls ? "5.7.0 Must issue a STARTTLS command first" : LOG_IN);
  }
  const { consumedPoints } = await reports.consume(session.remoteAddress);
  if (consumedPoints > options.bouncesPerMinute) {
    throw new ReplyError(450, "4.7.1 Too many reports from this client. Try again in a minute.");
  }
}

const LOG_IN = "5.7.0 Authentication required: log in with an API key as the password";

/** RCPT: anybody with a key; without one, only the bounce mailbox. */
export async function rcptTo(house: House, recipient: SMTPServerAddress, session: SMTPServerSession): Promise<void> {
  const { options, visits } = house;
  const visit = visits.of(session);
  const { mailFrom: sender } = session.envelope;
  if (visit.key === undefined) {
    if (options.bounces?.matches(recipient.address) === true) return;
    countUnknown(house, session);
    throw new ReplyError(550, "5.7.1 Relaying denied: log in with an API key as the password");
  }
  asciiAddress(recipient, "RCPT TO", sender !== false && isUtf8(sender));
}

/** The client asked for SMTPUTF8 at MAIL; what an earlier, refused MAIL said does not count. */
export function isUtf8({ args }: SMTPServerAddress): boolean {
  return args !== false && args["SMTPUTF8"] === true;
}

function asciiAddress({ address }: SMTPServerAddress, field: string, smtpUtf8: boolean): string {
  try {
    return toAsciiAddress(address, field, { smtpUtf8 });
  } catch (error) {
    throw addressReply(error);
  }
}

function countUnknown({ options, visits }: House, session: SMTPServerSession): void {
  const visit = visits.of(session);
  visit.unknownCommands++;
  if (visit.unknownCommands <= options.maxUnauthenticatedCommands) return;
  throw new ReplyError(421, "4.7.0 Too many commands without a log-in.");
}
