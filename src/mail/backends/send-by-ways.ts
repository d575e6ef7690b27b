/** Sends one message by the first of several ways that takes it, and never by two. */
import { describeError } from "../../base/index.ts";
import type { Backend, BackendCallOptions, Envelope, Receipt, RecipientRefusal } from "../backend.ts";
import { DeliveryError } from "../errors.ts";
import { refuseAborted } from "./aborted.ts";
import type { Ways } from "./ways.ts";

/** Stages before the server was told anything of the message (SMTP), and what a provider says of the account (HTTP). */
const STAGES_OF_THE_WAY: readonly string[] = ["connect", "tls", "greeting", "ehlo", "starttls", "auth"];

/** A message that a provider's API has no field for: another way may carry it, and this one is as good as before. */
export const UNSUPPORTED_STAGE = "unsupported";

/** Of the refusals of MAIL, which are about the sender's account, the one that is about the message's size (RFC 1870). */
const TOO_LARGE = 552;

/**
 * Tries the ways in their order.
 *
 * Guarantee: nobody gets the message twice. The next way is tried only where this one took nobody and says so: after
 * `unknown`, and after a receipt that names anybody as accepted, the search is over. Recipients that a way refused for
 * good are not offered to the next; the receipt or the error names them.
 */
export async function sendByWays(
  ways: { order: readonly Backend[]; rests: Ways; restMs: number },
  envelope: Envelope,
  bytes: Uint8Array,
  options: BackendCallOptions,
): Promise<Receipt> {
  const refused: RecipientRefusal[] = [];
  const failures: DeliveryError[] = [];
  for (const way of ways.order) {
    refuseAborted(options, "any way");
    const to = envelope.to.filter((address) => !refused.some((refusal) => refusal.address === address));
    try {
      const receipt = await way.send({ ...envelope, to }, bytes, options);
      ways.rests.wake(way);
      return { ...receipt, rejected: [...refused, ...receipt.rejected] };
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      if (options.signal?.aborted === true) throw withRefusals(error, refused);
      const areAllNamed = to.every((address) => error.recipients.some((refusal) => refusal.address === address));
      const isTheWays = !areAllNamed && isAboutTheWay(error);
      if (isTheWays) ways.rests.rest(way, Math.max(ways.restMs, error.retryAfterMs ?? 0));
      const mayBeTaken = areAllNamed ? error.recipients.some(mayBeOffered) : isTheWays;
      const mayGoOn = error.outcome === "not-sent" && (mayBeTaken || error.stage === UNSUPPORTED_STAGE);
      if (!mayGoOn) throw withRefusals(error, refused);
      failures.push(error);
      refused.push(...error.recipients.filter((refusal) => !mayBeOffered(refusal)));
    }
  }
  throw allFailed(failures, refused);
}

/** A recipient who was not refused for good, and cannot have got it. */
function mayBeOffered({ retryable, outcome }: RecipientRefusal): boolean {
  return retryable && outcome !== "unknown";
}

/** Whether what failed would fail for the next message too, and may succeed another way. */
function isAboutTheWay({ outcome, stage, retryable, replyCode }: DeliveryError): boolean {
  if (outcome === "unknown" || stage === UNSUPPORTED_STAGE) return false;
  if (retryable || STAGES_OF_THE_WAY.includes(stage)) return true;
  return stage === "mail" && replyCode >= 500 && replyCode !== TOO_LARGE;
}

function withRefusals(error: DeliveryError, refused: readonly RecipientRefusal[]): DeliveryError {
  if (refused.length === 0) return error;
  const { message, retryable, outcome, stage, server, replyCode, enhancedCode, retryAfterMs, diagnosis } = error;
  const recipients = [...refused, ...error.recipients];
  const details = { stage, server, replyCode, enhancedCode, retryAfterMs, diagnosis };
  return new DeliveryError(message, { retryable, outcome, recipients, ...details, cause: error });
}

/** The last failure stands for all; the text and the cause name each. */
function allFailed(failures: readonly DeliveryError[], refused: readonly RecipientRefusal[]): DeliveryError {
  const last = failures.at(-1);
  if (last === undefined) throw new TypeError("there was no way to try");
  if (failures.length === 1) return last;
  const { stage, server, replyCode, enhancedCode, diagnosis } = last;
  const deferred = last.recipients.filter(({ retryable }) => retryable);
  const waits = failures.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  return new DeliveryError(`No way out took the message. ${failures.map(sentenceOf).join(" ")}`, {
    retryable: failures.some(({ retryable }) => retryable),
    outcome: "not-sent",
    recipients: [...refused, ...deferred],
    stage,
    server,
    replyCode,
    enhancedCode,
    diagnosis,
    retryAfterMs: waits.length === failures.length ? Math.min(...waits) : undefined,
    cause: new AggregateError(failures, "No way out took the message"),
  });
}

/** What a server said often ends without a full stop, and would run into the next one's words. */
function sentenceOf(failure: DeliveryError): string {
  const text = describeError(failure);
  return /[.!?。]$/.test(text) ? text : `${text}.`;
}
