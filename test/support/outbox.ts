/** What tests of the outbox work with: composed mail, a backend whose answers are written down, and an outbox that stops by itself. */
import { onTestFinished } from "vitest";
import type { Database } from "../../src/db/index.ts";
import { type Backend, type Composed, DeliveryError, type Envelope, type Receipt } from "../../src/mail/index.ts";
import { createOutbox, type Outbox, type OutboxMessage, type OutboxOptions } from "../../src/outbox/index.ts";
import { until } from "./until.ts";

export function composedMail(subject = "Hello", to: readonly string[] = ["ann@x.cn"]): Composed {
  return {
    envelope: { from: "shop@x.cn", to },
    bytes: Buffer.from(`Message-ID: <${subject}@x.cn>\r\nSubject: ${subject}\r\n\r\nbytes ÿ\r\n`, "latin1"),
    messageId: `<${subject}@x.cn>`,
    subject,
  };
}

export function receiptFor(to: readonly string[]): Receipt {
  return { server: "mx:25", accepted: [...to], rejected: [], response: "250 ok" };
}

/** What a server that is down makes of a message. */
export function refusedConnection(): DeliveryError {
  return new DeliveryError("connection refused", {
    retryable: true,
    outcome: "not-sent",
    stage: "connect",
    server: "mx:25",
  });
}

export type Answer = (envelope: Envelope, signal: AbortSignal | undefined) => Promise<Receipt> | Receipt;

/** A backend whose answers a test writes (the last one holds for all that follow), and that remembers what it was given. */
export function scriptedBackend(...answers: Answer[]): {
  backend: Backend;
  sent: { to: readonly string[]; bytes: Uint8Array }[];
} {
  const sent: { to: readonly string[]; bytes: Uint8Array }[] = [];
  const backend: Backend = {
    send: async (envelope, bytes, options) => {
      sent.push({ to: envelope.to, bytes });
      const answer = answers[Math.min(sent.length, answers.length) - 1];
      return answer === undefined ? receiptFor(envelope.to) : answer(envelope, options?.signal);
    },
  };
  return { backend, sent };
}

/** An outbox on this database, stopped when the test ends. */
export function outboxOn(database: Database, backend: Backend, options: Partial<OutboxOptions> = {}): Outbox {
  const outbox = createOutbox({ mailer: () => backend, pollMs: 20, ...options, database });
  onTestFinished(() => outbox.stop({ graceMs: 100 }));
  return outbox;
}

/** The message, once it stands so. */
export function inState(outbox: Outbox, id: string, state: string): Promise<OutboxMessage> {
  return until(async () => {
    const message = await outbox.get(id);
    return message?.state === state ? message : undefined;
  });
}
