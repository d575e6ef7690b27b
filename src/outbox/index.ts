/** "waxseal/outbox": the durable queue. */
export type { Engine, Job } from "./engine.ts";
export { embeddedEngine, type EmbeddedEngineOptions } from "./engines/embedded.ts";
export { OutboxError, type OutboxErrorCode } from "./errors.ts";
export { createOutbox, type EnqueueOptions, type Outbox, type OutboxOptions } from "./outbox.ts";
export { defaultRetryPolicy, type RetryPolicy } from "./policy.ts";
export { addressKey } from "./suppression/address-key.ts";
export { listUnsubscribe, type ListUnsubscribeOptions } from "./suppression/list-unsubscribe.ts";
export { defaultSuppressionDays, type SuppressionDays } from "./suppression/rules.ts";
export { createSuppressions, type Suppressions, type SuppressionsOptions } from "./suppression/suppressions.ts";
export {
  type ImportOptions,
  type ImportProblem,
  type ImportReport,
  type NewSuppression,
  type RemovalNote,
  type Suppression,
  type SuppressionChoice,
  type SuppressionFilter,
  type SuppressionReason,
  suppressionReasons,
  type Unsubscription,
} from "./suppression/types.ts";
export type {
  DeliveryState,
  OutboxAttempt,
  OutboxMessage,
  OutboxReader,
  OutboxRecipient,
  OutboxSummary,
} from "./types.ts";
export { ObserveError, type ObserveErrorCode } from "./observe/errors.ts";
export type { WebhookData, WebhookPayload } from "./observe/event-payload.ts";
export { createListeners, type OutboxListener, type OutboxListeners } from "./observe/listeners.ts";
export type { WebhookReport } from "./observe/webhooks/courier.ts";
export type { WebhookEndpoint } from "./observe/webhooks/endpoint.ts";
export { createWebhookSecret } from "./observe/webhooks/signature.ts";
export { verifyWebhook, type VerifyWebhookOptions, type WebhookHeaders } from "./observe/webhooks/verify.ts";
export { createWebhooks, type Webhooks, type WebhooksOptions } from "./observe/webhooks/webhooks.ts";
export { createMetrics, type Metrics, type MetricsOptions, type MetricsRegistry } from "./observe/metrics/metrics.ts";
export { metricsHandler } from "./observe/metrics/metrics-handler.ts";
