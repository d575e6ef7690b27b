/** One attempt at one message: hands it to its mailer, and says what came of it. */
import { describeError } from "../base/index.ts";
import { DatabaseError, type Queryable } from "../db/index.ts";
import {
  type Backend,
  type BackendCallOptions,
  DeliveryError,
  type Envelope,
  type Receipt,
  receiptForAll,
} from "../mail/index.ts";
import type { Job } from "./job.ts";
import type { AttemptResult } from "./policy.ts";
import { rankOf } from "./priority.ts";
import type { Renderer } from "./seams.ts";
import { findBody, type MessageRow } from "./store.ts";

export interface AttemptOptions {
  db: Queryable;
  /** The mailer of this name; throws when there is none. */
  mailer: (name: string) => Backend;
  renderer: Renderer | undefined;
}

/** Never rejects. "interrupted": it was cut off before the server can have had it. */
export async function attempt(job: Job, options: AttemptOptions): Promise<AttemptResult | "interrupted"> {
  const name = job.via ?? job.message.mailer;
  let content: { envelope: Envelope; bytes: Uint8Array };
  try {
    content = await contentOf(job, options);
  } catch (error) {
    // What cannot be read or rendered now cannot be later; a database that does not answer may.
    return failure(error, { name, stage: "content", retryable: error instanceof DatabaseError });
  }
  let backend: Backend;
  try {
    backend = options.mailer(name);
  } catch (error) {
    // As a server that is not there: whoever configures it can mend that, and it costs the message no attempt.
    return failure(error, { name, stage: "connect", retryable: true });
  }
  try {
    const answer: unknown = await backend.send(content.envelope, content.bytes, callOf(job));
    return { kind: "accepted", receipt: receiptOf(answer, content.envelope, name) };
  } catch (error) {
    const known = error instanceof DeliveryError ? error : undefined;
    if (job.cutOff.aborted && known?.outcome !== "unknown") return "interrupted";
    return failure(error, { name, stage: "", retryable: true });
  }
}

/**
 * What a backend answered, or what it should have.
 *
 * Guarantee: a backend that did not refuse has the message, whatever it answers; it is not sent again for that.
 */
function receiptOf(answer: unknown, envelope: Envelope, name: string): Receipt {
  const { server, accepted, rejected, response } = { ...(answer as Partial<Receipt> | undefined) };
  const all = receiptForAll(envelope, name, "handed over; the mailer gave no receipt");
  return {
    server: typeof server === "string" ? server : all.server,
    accepted: Array.isArray(accepted) ? accepted : all.accepted,
    rejected: Array.isArray(rejected) ? rejected : all.rejected,
    response: typeof response === "string" ? response : all.response,
  };
}

const CRITICAL = rankOf("critical");

/** The signal of a call is made for those who ask for it. */
function callOf({ message, cutOff }: Job): BackendCallOptions {
  const { id, message_id: messageId, attempts, trace, priority } = message;
  const urgent = priority === CRITICAL;
  return {
    get signal() {
      return cutOff.signal;
    },
    queued: { id, messageId, attempt: attempts + 1, trace: trace ?? undefined, urgent, cutOff },
  };
}

function failure(
  error: unknown,
  otherwise: { name: string; stage: string; retryable: boolean },
): Extract<AttemptResult, { kind: "failed" }> {
  const known = error instanceof DeliveryError ? error : undefined;
  return {
    kind: "failed",
    retryable: known?.retryable ?? otherwise.retryable,
    mayHaveArrived: known?.outcome === "unknown",
    refused: known?.recipients ?? [],
    retryAfterMs: known?.retryAfterMs ?? 0,
    attempt: {
      server: known?.server || otherwise.name,
      stage: known?.stage ?? otherwise.stage,
      code: known?.replyCode ?? 0,
      enhancedCode: known?.enhancedCode ?? "",
      text: describeError(error),
      diagnosis: known?.diagnosis,
    },
  };
}

async function contentOf(
  job: Job,
  { db, renderer }: AttemptOptions,
): Promise<{ envelope: Envelope; bytes: Uint8Array }> {
  const envelope = envelopeOf(job.message, job.addresses);
  job.bytes ??= await findBody(db, job.message.id);
  if (job.bytes !== undefined) return { envelope, bytes: job.bytes };
  if (job.message.bulk_id === null || renderer === undefined) {
    throw new Error("The body of this message is gone. Enqueue it anew.");
  }
  return { envelope, bytes: await renderer.render(db, job.message, job.addresses[0] ?? "") };
}

function envelopeOf({ envelope_from, envelope_extras }: MessageRow, to: readonly string[]): Envelope {
  if (envelope_extras === null) return { from: envelope_from, to };
  return { ...parsed(envelope_extras), from: envelope_from, to };
}

function parsed(json: string): Omit<Envelope, "from" | "to"> {
  try {
    return JSON.parse(json) as Omit<Envelope, "from" | "to">;
  } catch (cause) {
    throw new Error(`The envelope of this message cannot be read: ${describeError(cause)}.`, { cause });
  }
}
