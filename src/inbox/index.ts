/** The SMTP servers: one catches mail in development and in tests, one takes it from other programs for the outbox. */
export { InboxError, type InboxErrorCode } from "./errors.ts";
export { type Inbox, type InboxOptions, listenInbox } from "./inbox.ts";
export { databaseStore, type InboxStore, memoryStore, type StoredMail } from "./store.ts";
export type { InboxAttachment, InboxMail, InboxReader, InboxSummary } from "./types.ts";
export { type ApiKey, type ApiKeys, type ApiKeysOptions, createApiKeys, type KeyRing } from "./submission/api-keys.ts";
export { ApiKeyError, type ApiKeyErrorCode, SubmissionError, type SubmissionErrorCode } from "./submission/errors.ts";
export type { ApiKeySettings, SubmissionPriority } from "./submission/key-settings.ts";
export { outboxDeliver, type OutboxDeliverOptions } from "./submission/outbox-deliver.ts";
export type { ServerCertificate, SubmissionOptions } from "./submission/options.ts";
export { createSubmission, type Submission, type SubmissionAddress } from "./submission/submission.ts";
export type { BounceMailbox, Deliver, SubmittedMail, SubmittedOptions } from "./submission/types.ts";
export type { UnsubscribeOptions } from "./submission/unsubscribe-headers.ts";
