/** "waxseal/outbox": the durable queue. */
export type { Outbox, OutboxOptions } from "./api.ts";
export {
  type BounceAddresses,
  type BounceAddressOptions,
  type BounceTarget,
  createBounceAddresses,
} from "./bounces/bounce-addresses.ts";
export { bounceEndpoint, type BounceEndpointOptions } from "./bounces/bounce-endpoint.ts";
export { type BounceMailbox, bounceMailbox } from "./bounces/bounce-mailbox.ts";
export { bounceTo } from "./bounces/bounce-to.ts";
export { type Bounce, type Bounces, type BouncesOptions, createBounces, type Taken } from "./bounces/bounces.ts";
export type { AfterReading, BounceMailboxOptions } from "./bounces/mailbox/mailbox-options.ts";
export { checkBounceMailbox, type MailboxWatch, watchBounceMailbox } from "./bounces/mailbox/watch-mailbox.ts";
export { type Reading as ReportReading, readReport } from "./bounces/read-report.ts";
export { type RecordContext, type Recorded, type RecordedRecipient, recordReport } from "./bounces/record-report.ts";
export type { Report, ReportedRecipient, ReportKind } from "./bounces/report.ts";
export { mailgunWebhook, type MailgunWebhookOptions } from "./bounces/webhooks/mailgun.ts";
export { postmarkWebhook, type PostmarkWebhookOptions } from "./bounces/webhooks/postmark.ts";
export { resendWebhook, type ResendWebhookOptions } from "./bounces/webhooks/resend.ts";
export { sendgridWebhook, type SendgridWebhookOptions } from "./bounces/webhooks/sendgrid.ts";
export { sesWebhook, type SesWebhookOptions } from "./bounces/webhooks/ses.ts";
export type { Webhook, WebhookOptions } from "./bounces/webhooks/webhook.ts";
export type { DueMessage, Engine, Heart } from "./engine.ts";
export { embeddedEngine, type EmbeddedEngineOptions } from "./engines/embedded.ts";
export { pgBossEngine, type PgBossEngineOptions } from "./engines/pg-boss.ts";
export type { EnqueueOptions } from "./enqueue-options.ts";
export { OutboxError, type OutboxErrorCode } from "./errors.ts";
export type { OutboxEvent, OutboxEventType } from "./events.ts";
export { accountOfSmtp, type LimitAccount } from "./limits/accounts.ts";
export type { Forecast } from "./limits/forecast.ts";
export { createLimits, type Limits, type LimitsCall, type LimitsOptions } from "./limits/limits.ts";
export type { ScopeState, WindowState } from "./limits/operate.ts";
export type { PauseReason } from "./limits/pause.ts";
export type { LimitRule, LimitScope, LimitWindow } from "./limits/rules.ts";
export { createOutbox } from "./outbox.ts";
export { defaultRetryPolicy, type RetryPolicy } from "./policy.ts";
export { priorities, type Priority } from "./priority.ts";
export type {
  Admission,
  Allowance,
  Candidate,
  Departure,
  Ended,
  EventSink,
  Gate,
  Renderer,
  Room,
  SuppressionGate,
  WaitReason,
} from "./seams.ts";
export { housekeep, type HousekeepingOptions, type HousekeepingReport } from "./housekeeping/housekeep.ts";
export { type Keeper, type KeeperOptions, startHousekeeping } from "./housekeeping/keeper.ts";
export { checkRetention, defaultRetention, type Retention } from "./housekeeping/retention.ts";
export { vacuum, type VacuumReport } from "./housekeeping/vacuum.ts";
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
  ClosedMailer,
  DeliveryState,
  ListOptions,
  OutboxAttempt,
  OutboxHealth,
  OutboxMessage,
  OutboxReader,
  OutboxRecipient,
  OutboxSummary,
  RedriveFilter,
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
export { createBulk } from "./bulk/bulk.ts";
export { checkList, type ListCheck } from "./bulk/check-list.ts";
export { openRecipients, type RecipientFile, type RecipientFileOptions } from "./bulk/csv.ts";
export type { BulkEntry, UnreadableEntry } from "./bulk/entry.ts";
export { BulkError, type BulkErrorCode } from "./bulk/errors.ts";
export {
  type BulkRendererOptions,
  createBulkRenderer,
  type LinkTarget,
  type UnsubscribeLink,
} from "./bulk/renderer.ts";
export {
  type RenderOptions,
  renderTemplate,
  type Template,
  type TemplateAttachment,
  type TemplateTexts,
} from "./bulk/template.ts";
export { loadTemplate } from "./bulk/template-folder.ts";
export type { Bulk, BulkOptions, BulkProgress, BulkRun, RefusedEntry, SendManyOptions } from "./bulk/types.ts";
export { createTracing, type Tracing } from "./observe/tracing.ts";
