/** One attempt at one message: load, send, write down what came of it. */
import { type Clock, describeError, type Logger } from "../base/index.ts";
import type { Database } from "../db/index.ts";
import { type Backend, DeliveryError, type Envelope } from "../mail/index.ts";
import type { Job } from "./engine.ts";
import { type AttemptResult, type Decision, decide, deriveState, type RetryPolicy, waitingStates } from "./policy.ts";
import {
  findBody,
  findMessage,
  insertAttempt,
  listRecipients,
  type MessageRow,
  settle,
  updateRecipient,
} from "./store.ts";
import type { DeliveryState } from "./types.ts";

export interface DeliverOptions {
  database: Database;
  /** The mailer of this name; throws when there is none. */
  mailer: (name: string) => Backend;
  policy: RetryPolicy;
  clock: Clock;
  logger: Logger;
}

/**
 * Delivers a leased message.
 *
 * Guarantee: the attempt, the recipients' states and the end of the lease are one commit, and it happens only while
 * the lease is still ours. A crash before it leaves the message leased, to be sent again when the lease runs out;
 * a crash after it leaves nothing to do.
 */
export async function deliver(job: Job, options: DeliverOptions): Promise<void> {
  const { database, clock, logger } = options;
  const message = await findMessage(database.kysely, job.id);
  if (message === undefined || message.lease_owner !== job.owner) return;
  const recipients = await listRecipients(database.kysely, [job.id]);
  const addresses = recipients
    .filter((recipient) => waitingStates.includes(recipient.state as DeliveryState))
    .map((recipient) => recipient.address);

  const bytes = (await findBody(database.kysely, job.id)) ?? new Uint8Array();
  const result = await attempt({ ...message, bytes }, addresses, job.signal, options);
  if (result === "interrupted") return; // the engine gives the lease back
  const standing = {
    attempts: message.attempts + 1,
    expiresAt: message.expires_at,
    onUnknown: message.on_unknown,
    addresses,
  };
  const decision = decide(result, standing, options.policy, clock.now());
  const states = new Map(recipients.map(({ address, state }) => [address, state as DeliveryState]));
  for (const { address, state } of decision.recipients) states.set(address, state);
  const state = deriveState([...states.values()], false);
  const written = await write(database, job, { number: standing.attempts, state, now: clock.now() }, decision);
  report(logger, job.id, decision, written);
}

async function attempt(
  message: MessageRow & { bytes: Uint8Array },
  addresses: string[],
  signal: AbortSignal,
  options: DeliverOptions,
): Promise<AttemptResult | "interrupted"> {
  try {
    const backend = options.mailer(message.mailer);
    const receipt = await backend.send(envelopeOf(message, addresses), message.bytes, { signal });
    return { kind: "accepted", receipt };
  } catch (error) {
    const known = error instanceof DeliveryError ? error : undefined;
    const mayHaveArrived = known?.outcome === "unknown";
    if (signal.aborted && !mayHaveArrived) return "interrupted";
    return {
      kind: "failed",
      retryable: isRetryable(known),
      mayHaveArrived,
      refused: known?.recipients ?? [],
      retryAfterMs: known?.retryAfterMs ?? 0,
      attempt: {
        server: known?.server || message.mailer,
        stage: known?.stage ?? "",
        code: known?.replyCode ?? 0,
        enhancedCode: known?.enhancedCode ?? "",
        text: describeError(error),
        diagnosis: known?.diagnosis,
      },
    };
  }
}

function envelopeOf({ envelope_from, envelope_extras }: MessageRow, to: readonly string[]): Envelope {
  const extras = envelope_extras === null ? {} : (JSON.parse(envelope_extras) as Omit<Envelope, "from" | "to">);
  return { ...extras, from: envelope_from, to };
}

/** Stages before the server was told anything of the message: what fails there says nothing about it. */
const stagesBeforeMessage: readonly string[] = ["connect", "tls", "greeting", "ehlo", "starttls", "auth"];

/** What the operator can mend (a password, a certificate, a missing mailer) must not cost the message. */
function isRetryable(error: DeliveryError | undefined): boolean {
  return error === undefined || error.retryable || stagesBeforeMessage.includes(error.stage);
}

/** False when the lease was lost meanwhile: then somebody else answers for the message, and nothing is written. */
async function write(
  database: Database,
  job: Job,
  { number, state, now }: { number: number; state: DeliveryState; now: number },
  decision: Decision,
): Promise<boolean> {
  return database.kysely.transaction().execute(async (tx) => {
    const ours = await settle(tx, job.id, job.owner, {
      attempts: number,
      dueAt: decision.nextAttemptAt,
      state,
      finishedAt: decision.nextAttemptAt === null ? now : null,
    });
    if (!ours) return false;
    await insertAttempt(tx, job.id, number, decision.attempt);
    for (const recipient of decision.recipients) await updateRecipient(tx, job.id, recipient);
    return true;
  });
}

function report(logger: Logger, id: string, decision: Decision, written: boolean): void {
  const { outcome, server, stage, code, text, diagnosis } = decision.attempt;
  if (!written) return logger.log("warn", "outbox.outcome-discarded", { id, outcome, reason: "the lease was lost" });
  const level = outcome === "sent" ? "info" : outcome === "deferred" ? "warn" : "error";
  const nextAttemptAt = decision.nextAttemptAt === null ? undefined : new Date(decision.nextAttemptAt).toISOString();
  logger.log(level, `outbox.${outcome}`, { id, server, stage, code, text, cause: diagnosis?.id, nextAttemptAt });
}
