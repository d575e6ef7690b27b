import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  context,
  type ContextManager,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { composed } from "../../../test/support/composed.ts";
import { testDatabase } from "../../../test/support/test-database.ts";
import { type Backend, DeliveryError, dummyBackend } from "../../mail/index.ts";
import { createOutbox } from "../index.ts";
import { createTracing } from "./tracing.ts";

/** What an application's SDK has: the active span follows the calls. */
function contextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, thisArg, ...args) => storage.run(active, () => work.apply(thisArg, args)),
    bind: (_active, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

const exporter = new InMemorySpanExporter();

beforeEach(() => {
  exporter.reset();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(contextManager());
});
afterEach(() => {
  trace.disable();
  context.disable();
});

const envelope = { from: "mac@163.com", to: ["ann@example.com"] };
const queued = { id: "o1", messageId: "<1@163.com>", attempt: 2 };

test("an enqueue is a producer span below the request's, and the message keeps its traceparent", async () => {
  const tracing = await createTracing();
  const database = await testDatabase();
  const outbox = tracing.outbox(createOutbox({ database, mailer: () => dummyBackend() }));
  await trace.getTracer("app").startActiveSpan("POST /orders", async (request) => {
    expect(tracing.currentTraceparent()).toBe(`00-${request.spanContext().traceId}-${request.spanContext().spanId}-01`);
    await outbox.enqueue(composed({ text: "hello" }));
    request.end();
  });
  const [enqueue, request] = exporter.getFinishedSpans();
  expect(enqueue).toMatchObject({
    name: "enqueue default",
    kind: SpanKind.PRODUCER,
    attributes: {
      "messaging.system": "waxseal",
      "messaging.operation.name": "enqueue",
      "messaging.operation.type": "send",
      "messaging.destination.name": "default",
    },
  });
  expect(enqueue?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
  const row = await database.kysely.selectFrom("outbox_messages").select("trace").executeTakeFirstOrThrow();
  expect(row.trace).toBe(`00-${enqueue?.spanContext().traceId}-${enqueue?.spanContext().spanId}-01`);
});

test("an attempt is a consumer span that links to the enqueue, and names server and message but no address", async () => {
  const tracing = await createTracing();
  const receipt = { server: "smtp.163.com:465", accepted: ["ann@example.com"], rejected: [], response: "250 ann ok" };
  const backend = tracing.backend("default", { send: async () => receipt });
  const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await backend.send(envelope, new Uint8Array(), { queued: { ...queued, trace: parent } });
  const [span] = exporter.getFinishedSpans();
  expect(span).toMatchObject({
    name: "deliver default",
    kind: SpanKind.CONSUMER,
    status: { code: SpanStatusCode.UNSET },
    links: [{ context: { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 } }],
  });
  expect(span?.attributes).toEqual({
    "messaging.system": "waxseal",
    "messaging.operation.name": "deliver",
    "messaging.operation.type": "process",
    "messaging.destination.name": "default",
    "messaging.message.id": "<1@163.com>",
    "waxseal.attempt.number": 2,
    "waxseal.recipients.rejected": 0,
    "server.address": "smtp.163.com",
    "server.port": 465,
  });
});

test("a refusal is an error by its cause, without the server's words", async () => {
  const tracing = await createTracing();
  const words = { en: "no ann@example.com", zh: "" };
  const refuse: Backend = {
    send: () =>
      Promise.reject(
        new DeliveryError("550 no ann@example.com here", {
          retryable: false,
          outcome: "not-sent",
          replyCode: 550,
          stage: "rcpt",
          server: "[::1]:25",
          diagnosis: { id: "mailbox-unknown", about: "recipient", meaning: words, advice: words },
        }),
      ),
  };
  const backend = tracing.backend("default", refuse);
  await expect(backend.send(envelope, new Uint8Array(), { queued })).rejects.toThrow("550");
  const [span] = exporter.getFinishedSpans();
  expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
  expect(span?.attributes).toMatchObject({
    "error.type": "mailbox-unknown",
    "waxseal.smtp.reply_code": 550,
    "waxseal.smtp.stage": "rcpt",
    "server.address": "::1",
    "server.port": 25,
  });
  const { attributes, events, links, name, status } = span ?? {};
  expect(JSON.stringify({ attributes, events, links, name, status })).not.toContain("ann@example.com");
});

test("a stored trace that cannot be read makes no link; a send outside of the queue is a client's", async () => {
  const tracing = await createTracing();
  const backend = tracing.backend("default", dummyBackend());
  await backend.send(envelope, new Uint8Array(), { queued: { ...queued, trace: "nonsense" } });
  await backend.send(envelope, new Uint8Array());
  expect(exporter.getFinishedSpans().map(({ kind, links }) => [kind, links])).toEqual([
    [SpanKind.CONSUMER, []],
    [SpanKind.CLIENT, []],
  ]);
});

test("without an SDK nothing is stored and everything runs", async () => {
  trace.disable();
  context.disable();
  const tracing = await createTracing();
  expect(tracing.currentTraceparent()).toBeUndefined();
  expect(await tracing.enqueue("default", async (traceparent) => traceparent)).toBeUndefined();
  await tracing.backend("default", dummyBackend()).send(envelope, new Uint8Array());
});
