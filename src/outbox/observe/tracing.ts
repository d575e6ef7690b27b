/** Traces by OpenTelemetry, after its conventions for messaging: a span for each enqueue, and one for each attempt that links to it. */
import type { Attributes, Link, Span, SpanContext } from "@opentelemetry/api";
import { type Backend, DeliveryError, type QueuedMessage, type Receipt, withSend } from "../../mail/index.ts";
import type { Outbox } from "../api.ts";
import { loadPackage } from "./errors.ts";

/** Traces what an outbox does. No address, subject or body is in a span. */
export interface Tracing {
  /** The W3C traceparent of the span that is active here; undefined where none is. */
  currentTraceparent(): string | undefined;
  /** Runs `enqueue` in a span of its own, and gives it the traceparent that the message is to keep. */
  enqueue<T>(mailer: string, enqueue: (trace: string | undefined) => Promise<T>): Promise<T>;
  /** The same outbox, whose enqueues are traced. */
  outbox(outbox: Outbox): Outbox;
  /** The same backend, each send of which is a span: of a queue's, linked to the enqueue. */
  backend(mailer: string, backend: Backend): Backend;
}

/** What a message's span may be told of it. */
type Attempted = Pick<QueuedMessage, "messageId" | "attempt">;

/**
 * Tracing with the SDK that the application has set up; without one the calls cost next to nothing.
 *
 * @throws ObserveError WX_OBSERVE_PACKAGE where `@opentelemetry/api` is not installed
 * @example
 * const tracing = await createTracing();
 * const outbox = tracing.outbox(
 *   createOutbox({ database, mailer: (name) => tracing.backend(name, mail.mailers.get(name)) }),
 * );
 */
export async function createTracing(): Promise<Tracing> {
  const api = await loadPackage("@opentelemetry/api", "Tracing", () => import("@opentelemetry/api"));
  const tracer = api.trace.getTracer("waxseal");
  const { SpanKind, SpanStatusCode } = api;

  function currentTraceparent(): string | undefined {
    const context = api.trace.getSpan(api.context.active())?.spanContext();
    return context !== undefined && api.isSpanContextValid(context) ? traceparentOf(context) : undefined;
  }

  /** Ends the span with what came of `work`. */
  async function within<T>(span: Span, work: () => Promise<T>, onDone: (result: T) => void): Promise<T> {
    try {
      const result = await api.context.with(api.trace.setSpan(api.context.active(), span), work);
      onDone(result);
      return result;
    } catch (error) {
      span.setAttributes(attributesOfError(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  const tracing: Tracing = {
    currentTraceparent,
    enqueue: (mailer, enqueue) => {
      const attributes = attributesOf("enqueue", "send", mailer);
      const span = tracer.startSpan(`enqueue ${mailer}`, { kind: SpanKind.PRODUCER, attributes });
      const context = span.spanContext();
      const trace = api.isSpanContextValid(context) ? traceparentOf(context) : undefined;
      return within(
        span,
        () => enqueue(trace),
        () => {},
      );
    },
    outbox: (outbox) => tracedOutbox(outbox, tracing),
    backend: (mailer, backend) =>
      withSend(backend, (envelope, bytes, options) => {
        const queued = options?.queued;
        const span = tracer.startSpan(`deliver ${mailer}`, {
          kind: queued === undefined ? SpanKind.CLIENT : SpanKind.CONSUMER,
          attributes: { ...attributesOf("deliver", "process", mailer), ...attributesOfMessage(queued) },
          links: linksTo(queued?.trace),
        });
        return within(
          span,
          () => backend.send(envelope, bytes, options),
          ({ server, rejected }: Receipt) => {
            span.setAttributes({ ...serverOf(server), "waxseal.recipients.rejected": rejected.length });
          },
        );
      }),
  };
  return tracing;
}

/** The outbox, whose every way in is traced. */
function tracedOutbox(outbox: Outbox, { enqueue }: Tracing): Outbox {
  return {
    ...outbox,
    enqueue: (message, options = {}) =>
      enqueue(options.using ?? "default", (trace) => outbox.enqueue(message, { trace, ...options })),
    enqueueMany: (messages, together) =>
      enqueue(messages[0]?.options?.using ?? "default", (trace) => {
        const traced = messages.map(({ message, options }) => ({ message, options: { trace, ...options } }));
        return outbox.enqueueMany(traced, together);
      }),
    backend: (options = {}) =>
      withSend(outbox.backend(options), (envelope, bytes, call) =>
        enqueue(options.using ?? "default", (trace) =>
          outbox.backend({ trace, ...options }).send(envelope, bytes, call),
        ),
      ),
  };
}

function attributesOf(name: string, type: string, mailer: string): Attributes {
  return {
    "messaging.system": "waxseal",
    "messaging.operation.name": name,
    "messaging.operation.type": type,
    "messaging.destination.name": mailer,
  };
}

function attributesOfMessage(queued: Attempted | undefined): Attributes {
  return queued === undefined
    ? {}
    : { "messaging.message.id": queued.messageId, "waxseal.attempt.number": queued.attempt };
}

/** The cause by its stable name; the words of a server may hold an address. */
function attributesOfError(error: unknown): Attributes {
  if (!(error instanceof DeliveryError)) return { "error.type": error instanceof Error ? error.name : "_OTHER" };
  const { diagnosis, replyCode, stage, server, outcome } = error;
  return {
    "error.type": diagnosis?.id ?? (replyCode > 0 ? String(replyCode) : error.code),
    ...(replyCode > 0 && { "waxseal.smtp.reply_code": replyCode }),
    ...(stage !== "" && { "waxseal.smtp.stage": stage }),
    "waxseal.outcome": outcome,
    ...serverOf(server),
  };
}

function serverOf(server: string): Attributes {
  const { host, port } = /^\[?(?<host>.+?)\]?:(?<port>\d{1,5})$/.exec(server)?.groups ?? {};
  if (host === undefined) return server === "" ? {} : { "server.address": server };
  return { "server.address": host, "server.port": Number(port) };
}

/** W3C Trace Context, section 3.2. */
function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function linksTo(traceparent: string | undefined): Link[] {
  const parts = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/.exec(traceparent ?? "");
  if (parts === null) return [];
  const [, traceId = "", spanId = "", flags = "00"] = parts;
  return [{ context: { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true } }];
}
