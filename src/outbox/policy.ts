/** What follows from an attempt: for each recipient a state, for the message the time of the next attempt. */
import { backoffMs } from "../base/index.ts";
import type { Receipt, RecipientRefusal } from "../mail/index.ts";
import { isAccountShut, isDeadAddress, reachedMail } from "./knowledge.ts";
import type { DeliveryState, OutboxAttempt } from "./types.ts";

/** When to try again and when to give up. */
export interface RetryPolicy {
  /** The wait after the first failure, in milliseconds. Default 30 s; it doubles. */
  baseMs: number;
  /** The longest wait, in milliseconds. Default 4 h. */
  capMs: number;
  /** How many attempts that reached MAIL FROM at the most. Default 12. */
  maxAttempts: number;
  /** How long a message may wait altogether, in milliseconds. Default 48 h. */
  lifetimeMs: number;
}

/** Twelve attempts in about half a day. */
export const defaultRetryPolicy: RetryPolicy = {
  baseMs: 30_000,
  capMs: 4 * 3_600_000,
  maxAttempts: 12,
  lifetimeMs: 48 * 3_600_000,
};

/** What came of one call of a backend. */
export type AttemptResult =
  | { kind: "accepted"; receipt: Receipt }
  | {
      kind: "failed";
      retryable: boolean;
      /** The server may have taken it: the connection was lost after the final byte. */
      mayHaveArrived: boolean;
      refused: readonly RecipientRefusal[];
      /** How long the server asked to be left alone, in milliseconds; 0 where it did not say. */
      retryAfterMs: number;
      attempt: Omit<OutboxAttempt, "at" | "outcome">;
    };

/** Where the message stood before the attempt. */
export interface MessageStanding {
  /** Attempts so far, with this one. */
  attempts: number;
  /** Those before this one that never reached MAIL FROM (`reachedMail`); they do not count towards `maxAttempts`. Default 0. */
  unreached?: number;
  expiresAt: number;
  onUnknown: "resend" | "hold";
  /** The recipients this attempt was for. */
  addresses: readonly string[];
}

/** An address that a server refused for good because there is no such mailbox. */
export interface DeadAddress {
  address: string;
  /** The server's words. */
  detail: string;
}

export interface Decision {
  recipients: { address: string; state: DeliveryState; detail: string }[];
  attempt: OutboxAttempt;
  /** Null when no attempt will follow. */
  nextAttemptAt: number | null;
  /** To be suppressed: only what is about the address itself, never content, account, policy or this machine's address. */
  suppress: readonly DeadAddress[];
}

/** States in which a recipient still waits for an attempt. */
export const waitingStates: readonly DeliveryState[] = ["queued", "deferred"];

/**
 * The longest wait after an attempt that never reached MAIL FROM, in milliseconds: when the server is back, what waited
 * for it should not wait for hours more. That a dead server is not asked for each message is the limits' to see to.
 */
const UNREACHED_CAP_MS = 15 * 60_000;
/** What was put off together must not come back in one instant: up to a minute later. */
const MAX_SPREAD_MS = 60_000;

/**
 * Decides what follows from an attempt. Pure: the same input gives the same answer, but for the jitter.
 *
 * Every outcome is final (`nextAttemptAt` null) or leads to a later attempt that is due before the message expires; and
 * since attempts that reached MAIL are counted and all others end with the message's time, each message comes to an end.
 *
 * @param now Milliseconds since 1970.
 * @param random A number in [0, 1), for tests.
 */
export function decide(
  result: AttemptResult,
  standing: MessageStanding,
  policy: RetryPolicy,
  now: number,
  random: () => number = Math.random,
): Decision {
  const next = nextAttempt(result, standing, policy, now, random);
  const recipients = standing.addresses.map((address) => {
    const { state, detail } = afterAttempt(result, address, standing.onUnknown);
    if (state === "deferred" && next.gaveUp !== undefined)
      return { address, state: "failed" as const, detail: `${next.gaveUp}; ${detail}` };
    return { address, state, detail };
  });
  return {
    recipients,
    attempt: { at: now, ...describe(result), outcome: outcomeOf(recipients, result) },
    nextAttemptAt: recipients.some(({ state }) => state === "deferred") ? next.at : null,
    suppress: deadAddressesOf(result, standing.addresses),
  };
}

/** When the next attempt would be, and why there will be none. */
function nextAttempt(
  result: AttemptResult,
  { attempts, unreached = 0, expiresAt }: MessageStanding,
  policy: RetryPolicy,
  now: number,
  random: () => number,
): { at: number; gaveUp?: string } {
  const hasReached = result.kind === "accepted" || reachedMail(result.attempt);
  const tries = attempts - unreached - (hasReached ? 0 : 1);
  const backoff = hasReached
    ? backoffMs(Math.max(1, tries), policy, random)
    : backoffMs(unreached + 1, { ...policy, capMs: Math.min(policy.capMs, UNREACHED_CAP_MS) }, random);
  const asked = Math.max(0, ...waitsAsked(result));
  if (hasReached && tries >= policy.maxAttempts) return { at: now, gaveUp: `gave up after ${attempts} attempts` };
  const at = now + Math.max(backoff, asked);
  if (at > expiresAt) {
    const why = asked > backoff ? "the server takes it no sooner than" : "the next attempt would be at";
    return { at, gaveUp: `gave up: ${why} ${iso(at)}, and the message's time is over at ${iso(expiresAt)}` };
  }
  const spread = asked > backoff ? Math.round(Math.min(asked * 0.05, MAX_SPREAD_MS) * random()) : 0;
  return { at: Math.min(at + spread, expiresAt) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function refusalsOf(result: AttemptResult): readonly RecipientRefusal[] {
  return result.kind === "accepted" ? result.receipt.rejected : result.refused;
}

/** How long the server wants to be left alone, in milliseconds: for the message, and for each recipient it puts off. */
function waitsAsked(result: AttemptResult): number[] {
  const waits = refusalsOf(result).map((refusal) =>
    mayPass(refusal) ? (refusal.diagnosis?.retryAfterSeconds ?? 0) * 1000 : 0,
  );
  return result.kind === "failed" ? [result.retryAfterMs, ...waits] : waits;
}

function afterAttempt(
  result: AttemptResult,
  address: string,
  onUnknown: MessageStanding["onUnknown"],
): { state: DeliveryState; detail: string } {
  const refusal = refusalsOf(result).find((candidate) => candidate.address === address);
  const unknownState = onUnknown === "resend" ? "deferred" : "unknown";
  if (refusal?.outcome === "unknown") return { state: unknownState, detail: refusal.text };
  if (refusal !== undefined) return { state: mayPass(refusal) ? "deferred" : "failed", detail: refusal.text };
  if (result.kind === "accepted") return { state: "sent", detail: result.receipt.response };
  const detail = result.attempt.text;
  if (result.mayHaveArrived) return { state: unknownState, detail };
  return { state: wholeMayPass(result) ? "deferred" : "failed", detail };
}

/**
 * Whether a refused recipient may be taken later. What the provider means goes before the class of its code (that is in
 * `retryable` already); 552 for a recipient is 452 in disguise (RFC 5321, section 4.5.3.1.10).
 */
function mayPass({ retryable, code, diagnosis }: RecipientRefusal): boolean {
  return retryable || isAccountShut(diagnosis) || (code === 552 && diagnosis?.about !== "content");
}

/** What the operator can mend (a password, a certificate, a barred account, a missing mailer) must not cost the message. */
function wholeMayPass({ retryable, attempt }: Extract<AttemptResult, { kind: "failed" }>): boolean {
  return retryable || !reachedMail(attempt) || isAccountShut(attempt.diagnosis);
}

function deadAddressesOf(result: AttemptResult, addresses: readonly string[]): DeadAddress[] {
  const refusals = refusalsOf(result);
  const dead = refusals
    .filter((refusal) => refusal.outcome !== "unknown" && !mayPass(refusal) && isDeadAddress(refusal))
    .map(({ address, text }) => ({ address, detail: text }));
  const [only, ...others] = addresses;
  // Of a message that was refused as a whole, the words are about the recipient only where there is one.
  if (result.kind === "accepted" || refusals.length > 0 || only === undefined || others.length > 0) return dead;
  const isDead = !result.mayHaveArrived && !wholeMayPass(result) && isDeadAddress(result.attempt);
  return isDead ? [{ address: only, detail: result.attempt.text }] : [];
}

function describe(result: AttemptResult): Omit<OutboxAttempt, "at" | "outcome"> {
  if (result.kind === "failed") return result.attempt;
  const { server, response } = result.receipt;
  const code = /^(\d{3})[ -](?:(\d\.\d{1,3}\.\d{1,3}) )?/.exec(response);
  return { server, stage: "", code: Number(code?.[1] ?? 0), enhancedCode: code?.[2] ?? "", text: response };
}

function outcomeOf(recipients: Decision["recipients"], result: AttemptResult): OutboxAttempt["outcome"] {
  if (result.kind === "failed" && result.mayHaveArrived) return "unknown";
  const states = recipients.map(({ state }) => state);
  if (states.includes("deferred")) return "deferred";
  return states.includes("failed") ? "failed" : "sent";
}

/** A message's state: that of the recipient who most needs attention. */
export function deriveState(states: readonly DeliveryState[], leased: boolean): DeliveryState {
  const order: readonly DeliveryState[] = [
    "queued",
    "deferred",
    "unknown",
    "failed",
    "held",
    "suppressed",
    "cancelled",
    "sent",
  ];
  const state = order.find((candidate) => states.includes(candidate)) ?? "queued";
  return leased && waitingStates.includes(state) ? "sending" : state;
}
