/** What an attempt, or a decision before it, makes of a message: the rows to write and the events to tell. */
import { eventOf } from "./event-of.ts";
import type { OutboxEvent } from "./events.ts";
import { isWaiting, type Job } from "./job.ts";
import { reachedMail } from "./knowledge.ts";
import { type AttemptResult, decide, type Decision, deriveState, type RetryPolicy } from "./policy.ts";
import type { WaitReason } from "./seams.ts";
import type { Settlement } from "./store/hot.ts";
import type { DeliveryState, OutboxAttempt, OutboxRecipient } from "./types.ts";

/** What is to be written, and told once it is. */
export interface Outcome {
  job: Job;
  settlement: Settlement;
  /** Of an attempt: what the limits learn from. */
  result: AttemptResult | undefined;
  suppress: Decision["suppress"];
  events: readonly OutboxEvent[];
}

/** Of an attempt that has ended. */
export function afterAttempt(job: Job, result: AttemptResult, policy: RetryPolicy, now: number): Outcome {
  const { message, addresses } = job;
  const standing = {
    attempts: message.attempts + 1 - message.forgiven,
    unreached: message.unreached,
    expiresAt: message.expires_at,
    onUnknown: message.on_unknown,
    addresses,
  };
  const decision = decide(result, standing, policy, now);
  const reached = result.kind === "accepted" || reachedMail(result.attempt);
  const { attempt, nextAttemptAt, suppress } = decision;
  const recipients = [...decision.recipients, ...(job.suppressed ?? [])];
  const outcome = place(job, { recipients, attempt, dueAt: nextAttemptAt, now, takeovers: 0 });
  if (!reached) outcome.settlement.unreached += 1;
  return { ...outcome, result, suppress };
}

/** Of a message that gets no attempt now: its recipients get `state`. */
export function withoutAttempt(
  job: Job,
  recipients: readonly OutboxRecipient[],
  now: number,
  attempt?: OutboxAttempt,
): Outcome {
  return place(job, { recipients, attempt, dueAt: null, now, takeovers: 0 });
}

interface Placing {
  recipients: readonly OutboxRecipient[];
  attempt: OutboxAttempt | undefined;
  dueAt: number | null;
  now: number;
  takeovers: number;
}

export function place(job: Job, { recipients, attempt, dueAt, now, takeovers }: Placing): Outcome {
  const { message } = job;
  const standings = standingsOf(job, recipients);
  const moved = new Map(standings.map(({ position, state }) => [position, state]));
  const states = job.recipients.map(({ position, state }) => moved.get(position) ?? (state as DeliveryState));
  const state = deriveState(states, false);
  const isOpen = dueAt !== null || states.includes("held");
  const attempts = message.attempts + (attempt === undefined ? 0 : 1);
  const settlement: Settlement = {
    id: message.id,
    owner: message.lease_owner ?? "",
    attempts,
    unreached: message.unreached,
    state,
    dueAt,
    wait: dueAt === null || attempt === undefined ? null : JSON.stringify(retryReason(attempt)),
    finishedAt: isOpen ? null : now,
    takeovers,
    wipesBody: message.sensitive === 1 && state === "sent",
    attempt: attempt === undefined ? undefined : { ...attempt, text: storable(attempt.text) },
    recipients: standings,
  };
  const events = eventsOf(job, recipients, { attempt, attempts, dueAt, now });
  return { job, settlement, result: undefined, suppress: [], events };
}

function standingsOf(job: Job, recipients: readonly OutboxRecipient[]): Settlement["recipients"] {
  const places = new Map(job.recipients.map(({ address, position }) => [address, position]));
  return recipients.flatMap(({ address, state, detail }) => {
    const position = places.get(address);
    return position === undefined ? [] : [{ position, state, detail: storable(detail) }];
  });
}

/** A server's text as every database stores it: no NUL, no half of a character. */
function storable(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, "\uFFFD");
}

function retryReason({ text, server }: OutboxAttempt): WaitReason {
  return { kind: "retry", key: "", detail: `it is tried again after: ${text || server}`.slice(0, 500) };
}

/** One event for the recipients of each state. */
function eventsOf(
  { message }: Job,
  recipients: readonly OutboxRecipient[],
  { attempt, attempts, dueAt, now }: Pick<Placing, "attempt" | "dueAt" | "now"> & { attempts: number },
): OutboxEvent[] {
  const groups = new Map<DeliveryState, OutboxRecipient[]>();
  for (const recipient of recipients) groups.set(recipient.state, [...(groups.get(recipient.state) ?? []), recipient]);
  return [...groups].flatMap(([type, group]) => {
    if (type === "sending") return [];
    const text = attempt === undefined || groups.size > 1 ? group[0]?.detail : undefined;
    const nextAttemptAt = type === "deferred" ? (dueAt ?? undefined) : undefined;
    const to = group.map(({ address }) => address);
    return [eventOf(message, { type, at: now, recipients: to, attempt, text, attempts, nextAttemptAt })];
  });
}

/** The recipients of this attempt, all in one state. */
export function allIn(job: Job, state: DeliveryState, detail: string): OutboxRecipient[] {
  return job.recipients.filter(isWaiting).map(({ address }) => ({ address, state, detail }));
}
