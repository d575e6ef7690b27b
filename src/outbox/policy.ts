/** What follows from an attempt: for each recipient a state, for the message the time of the next attempt. */
import { backoffMs } from "../base/index.ts";
import type { Receipt, RecipientRefusal } from "../mail/index.ts";
import type { DeliveryState, OutboxAttempt } from "./types.ts";

/** When to try again and when to give up. */
export interface RetryPolicy {
  /** The wait after the first failure, in milliseconds. Default 30 s; it doubles. */
  baseMs: number;
  /** The longest wait, in milliseconds. Default 4 h. */
  capMs: number;
  /** How many attempts at the most. Default 12. */
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
  expiresAt: number;
  onUnknown: "resend" | "hold";
  /** The recipients this attempt was for. */
  addresses: readonly string[];
}

export interface Decision {
  recipients: { address: string; state: DeliveryState; detail: string }[];
  attempt: OutboxAttempt;
  /** Null when no attempt will follow. */
  nextAttemptAt: number | null;
}

/** States in which a recipient still waits for an attempt. */
export const waitingStates: readonly DeliveryState[] = ["queued", "deferred"];

/**
 * Decides what follows from an attempt. Pure: the same input gives the same answer, but for the jitter.
 *
 * @param now Milliseconds since 1970.
 * @param random A number in [0, 1), for tests.
 */
export function decide(
  result: AttemptResult,
  standing: MessageStanding,
  policy: RetryPolicy,
  now: number,
  random?: () => number,
): Decision {
  const asked = Math.max(0, ...waitsAsked(result));
  const nextAt = now + Math.max(backoffMs(standing.attempts, policy, random), asked);
  const exhausted =
    standing.attempts >= policy.maxAttempts
      ? `gave up after ${standing.attempts} attempts`
      : nextAt > standing.expiresAt
        ? "gave up: the message's time is over"
        : undefined;

  const recipients = standing.addresses.map((address) => {
    const { state, detail } = afterAttempt(result, address, standing.onUnknown);
    if (state === "deferred" && exhausted !== undefined)
      return { address, state: "failed" as const, detail: `${exhausted}; ${detail}` };
    return { address, state, detail };
  });
  return {
    recipients,
    attempt: { at: now, ...describe(result), outcome: outcomeOf(recipients, result) },
    nextAttemptAt: recipients.some(({ state }) => state === "deferred") ? nextAt : null,
  };
}

/** How long the server wants to be left alone, in milliseconds: for the message, and for each recipient it puts off. */
function waitsAsked(result: AttemptResult): number[] {
  const refusals = result.kind === "accepted" ? result.receipt.rejected : result.refused;
  const waits = refusals.map(({ retryable, diagnosis }) =>
    retryable ? (diagnosis?.retryAfterSeconds ?? 0) * 1000 : 0,
  );
  return result.kind === "failed" ? [result.retryAfterMs, ...waits] : waits;
}

function afterAttempt(
  result: AttemptResult,
  address: string,
  onUnknown: MessageStanding["onUnknown"],
): { state: DeliveryState; detail: string } {
  const refusals = result.kind === "accepted" ? result.receipt.rejected : result.refused;
  const refusal = refusals.find((candidate) => candidate.address === address);
  const unknownState = onUnknown === "resend" ? "deferred" : "unknown";
  if (refusal?.outcome === "unknown") return { state: unknownState, detail: refusal.text };
  if (refusal !== undefined) return { state: refusal.retryable ? "deferred" : "failed", detail: refusal.text };
  if (result.kind === "accepted") return { state: "sent", detail: result.receipt.response };
  const detail = result.attempt.text;
  if (result.mayHaveArrived) return { state: unknownState, detail };
  return { state: result.retryable ? "deferred" : "failed", detail };
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
