/** "waxseal/outbox": the durable queue. */
export type { Engine, Job } from "./engine.ts";
export { embeddedEngine, type EmbeddedEngineOptions } from "./engines/embedded.ts";
export { OutboxError, type OutboxErrorCode } from "./errors.ts";
export { createOutbox, type EnqueueOptions, type Outbox, type OutboxOptions } from "./outbox.ts";
export { defaultRetryPolicy, type RetryPolicy } from "./policy.ts";
export type {
  DeliveryState,
  OutboxAttempt,
  OutboxMessage,
  OutboxReader,
  OutboxRecipient,
  OutboxSummary,
} from "./types.ts";
