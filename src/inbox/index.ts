/** The inbox: catches mail in development and in tests. */
export { InboxError, type InboxErrorCode } from "./errors.ts";
export { type Inbox, type InboxOptions, listenInbox } from "./inbox.ts";
export { databaseStore, type InboxStore, memoryStore, type StoredMail } from "./store.ts";
export type { InboxAttachment, InboxMail, InboxReader, InboxSummary } from "./types.ts";
