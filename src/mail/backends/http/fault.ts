/** What a provider's refusal means: for the message, for its recipients, and for who sends it. */
import type { Envelope, RecipientRefusal } from "../../backend.ts";
import { DeliveryError } from "../../errors.ts";
import { UNSUPPORTED_STAGE } from "../send-by-ways.ts";
import type { Endpoint } from "./endpoint.ts";
import type { HttpAnswer } from "./exchange.ts";

/**
 * What a refusal is about.
 *
 * - `account`: the key, its rights, the sender's domain or the bill; a person has to act, and another way may do
 * - `later`: a rate, a quota, the provider's own trouble
 * - `message`: this message will not be taken as it stands
 * - `recipient`: the recipients that are named, or the only one there is
 */
export type FaultKind = "account" | "later" | "message" | "recipient";

/** A refusal in the provider's words. */
export interface HttpFault {
  kind: FaultKind;
  /** The provider's name for it, such as `validation_error`. */
  code: string;
  text: string;
  /** The recipients it names. Default: those of the envelope that stand in `text`. */
  recipients?: readonly string[];
}

/** What the status alone says (RFC 9110, section 15; RFC 6585 for 429). */
export function kindOfStatus(status: number): FaultKind {
  if (status >= 500 || [408, 425, 429].includes(status)) return "later";
  // A redirect or an address that is not there: the base URL is wrong, and no message will get through.
  return status < 400 || [401, 402, 403, 404, 405, 407].includes(status) ? "account" : "message";
}

/** The error that stands for a provider's refusal. */
export function faultError(
  endpoint: Endpoint,
  envelope: Envelope,
  answer: HttpAnswer,
  fault: HttpFault,
): DeliveryError {
  const { name, host, clock } = endpoint;
  const isGateway = answer.status === 504;
  const words = `${name} answered ${answer.status}${fault.code === "" ? "" : ` ${fault.code}`}: ${oneLine(fault.text)}`;
  return new DeliveryError(words, {
    server: host,
    stage: fault.kind === "account" ? "auth" : "response",
    retryable: fault.kind === "later",
    // A gateway that gave up waiting does not know what became of the request.
    outcome: isGateway ? "unknown" : "not-sent",
    recipients: fault.kind === "recipient" ? refusals(envelope, fault) : [],
    retryAfterMs: retryAfterMs(answer.headers, clock.now()),
  });
}

/** The refusals of the recipients that a fault is about. */
export function refusals({ to }: Envelope, { code, text, recipients }: HttpFault): RecipientRefusal[] {
  const mentioned = recipients === undefined ? wordsOf(text) : new Set(recipients.map((one) => one.toLowerCase()));
  const named = to.filter((address) => mentioned.has(address.toLowerCase()));
  const about = named.length === 0 && to.length === 1 ? to : named;
  const words = oneLine(code === "" ? text : `${code}: ${text}`);
  return about.map((address) => ({ address, retryable: false, code: 0, enhancedCode: "", text: words }));
}

/** The words of a text in lower case: an address among them is named, and not one that it is the end or the beginning of. */
function wordsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().split(/[\s,;:"'<>()[\]]+/);
  return new Set(words.map(withoutStops));
}

function withoutStops(word: string): string {
  let end = word.length;
  while (word[end - 1] === ".") end--;
  return word.slice(0, end);
}

/** A message that the provider's API has no field for. */
export function unsupported({ name, host }: Endpoint, what: string, advice: string): DeliveryError {
  const text = `${name} cannot carry this message: ${what}. ${advice}`;
  return new DeliveryError(text, { stage: UNSUPPORTED_STAGE, retryable: false, outcome: "not-sent", server: host });
}

/** What a vendor's table says of a code, which may be any text, `constructor` too. */
export function kindOfCode(kinds: Readonly<Record<string, FaultKind>>, code: string): FaultKind | undefined {
  return Object.hasOwn(kinds, code) ? kinds[code] : undefined;
}

/** A day: no provider's limit lasts longer, and a mistaken header must not hold mail back for a year. */
const LONGEST_WAIT_MS = 86_400_000;

/** The wait that a provider asks for, a day at the most. */
function retryAfterMs(headers: Headers, now: number): number | undefined {
  const asked = askedWaitMs(headers, now);
  return asked === undefined ? undefined : Math.min(Math.max(0, asked), LONGEST_WAIT_MS);
}

/** Seconds or a date (RFC 9110, section 10.2.3), else the reset of a rate limit. */
function askedWaitMs(headers: Headers, now: number): number | undefined {
  const after = headers.get("retry-after") ?? "";
  if (/^\d{1,9}$/.test(after)) return Number(after) * 1000;
  const date = Date.parse(after);
  if (!Number.isNaN(date)) return date - now;
  // SendGrid's: a time in seconds since 1970.
  const reset = headers.get("x-ratelimit-reset") ?? "";
  return /^\d{10}$/.test(reset) && headers.get("x-ratelimit-remaining") === "0"
    ? Number(reset) * 1000 - now
    : undefined;
}

/** A provider's words, short enough for a log, on one line. */
function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
