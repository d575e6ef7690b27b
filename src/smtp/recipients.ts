/** Lists of recipients that are longer than a server takes at once: cut into several transactions, and their results joined. */
import type { Envelope } from "./envelope.ts";
import { SmtpError, type SmtpRefusal } from "./errors.ts";
import type { SmtpReceipt } from "./receipt.ts";
import type { SmtpReply } from "./reply.ts";

/** Sends one transaction. */
export type SendPart = (envelope: Envelope) => Promise<SmtpReceipt>;

/** Sends to every recipient, at most `max` at a time. Rejects only where no recipient got the message. */
export async function sendInParts(envelope: Envelope, max: number, send: SendPart): Promise<SmtpReceipt> {
  const to = [...new Set(envelope.to)];
  const parts: Envelope[] = [];
  for (let from = 0; from < to.length; from += max) parts.push({ ...envelope, to: to.slice(from, from + max) });
  const results = await Promise.all(parts.map((part) => resultOf(part, send)));
  return joined(results);
}

/**
 * Sends, and once more to those that the server had no room for in one transaction, as long as it takes some of them
 * (RFC 5321, section 4.5.3.1.10).
 */
export async function sendWithRest(envelope: Envelope, send: SendPart): Promise<SmtpReceipt> {
  const receipt = await send(envelope);
  const late = receipt.rejected.filter(isOneTooMany);
  if (late.length === 0) return receipt;
  const taken = { ...receipt, rejected: receipt.rejected.filter((refusal) => !isOneTooMany(refusal)) };
  const rest = { ...envelope, to: late.map(({ address }) => address) };
  return joined([{ receipt: taken }, await resultOf(rest, (part) => sendWithRest(part, send))]);
}

/** What went wrong, and for whom. */
interface Failure {
  readonly error: SmtpError;
  readonly envelope: Envelope;
}

interface PartResult {
  readonly receipt?: SmtpReceipt;
  readonly failure?: Failure;
}

async function resultOf(envelope: Envelope, send: SendPart): Promise<PartResult> {
  try {
    return { receipt: await send(envelope) };
  } catch (error) {
    if (!(error instanceof SmtpError)) throw error;
    return { failure: { error, envelope } };
  }
}

/** One receipt for all parts: who got the message, and who not and why. */
function joined(results: readonly PartResult[]): SmtpReceipt {
  const receipts = results.flatMap(({ receipt }) => receipt ?? []);
  const [first] = receipts;
  const failures = results.flatMap(({ failure }) => failure ?? []);
  if (first === undefined) throw speakingError(failures);
  return {
    ...first,
    accepted: receipts.flatMap(({ accepted }) => accepted),
    rejected: [
      ...receipts.flatMap(({ rejected }) => rejected),
      ...failures.flatMap(({ error, envelope }) => refusalsOf(error, envelope)),
    ],
  };
}

/** Where every part failed, the one whose fate is least certain speaks for all. */
function speakingError(failures: readonly Failure[]): SmtpError {
  const errors = failures.map(({ error }) => error);
  const found =
    errors.find(({ outcome }) => outcome === "unknown") ?? errors.find(({ retryable }) => retryable) ?? errors[0];
  if (found === undefined) throw new TypeError("a message without recipients");
  if (failures.length === 1) return found;
  const rejected = failures.flatMap(({ error, envelope }) => refusalsOf(error, envelope));
  return new SmtpError(found.code, found.message, { ...found, cause: found.cause, rejected });
}

/** What a failed transaction means for each of its recipients. */
function refusalsOf(error: SmtpError, { to }: Envelope): SmtpRefusal[] {
  const known = new Map(error.rejected.map((refusal) => [refusal.address, refusal]));
  const { retryable, outcome, reply = noWords(error), diagnosis } = error;
  return to.map((address) => known.get(address) ?? { address, retryable, outcome, reply, diagnosis });
}

function noWords({ message }: SmtpError): SmtpReply {
  return { code: 0, enhancedCode: "", lines: [message], text: message };
}

/** 452 and 552 speak of "too many recipients", unless an enhanced code says otherwise (RFC 3463, section 3.6: X.5.3). */
function isOneTooMany({ reply }: SmtpRefusal): boolean {
  if (reply.code !== 452 && reply.code !== 552) return false;
  return ["", "4.5.3", "5.5.3"].includes(reply.enhancedCode);
}
