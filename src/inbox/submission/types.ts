/** What the submission server hands on, and to whom. */
import type { MessageFields } from "../../mail/index.ts";
import type { ApiKey } from "./api-keys.ts";
import type { SubmissionPriority } from "./key-settings.ts";

/** How a message is to be enqueued; the names are those of the outbox' options. */
export interface SubmittedOptions {
  /** The mailer that sends it. */
  using: string;
  priority: SubmissionPriority;
  tenant?: string;
  group?: string;
  stream?: string;
  /** Milliseconds since 1970. */
  sendAt?: number;
  /** Milliseconds since 1970. */
  expiresAt?: number;
  sensitive?: boolean;
  /** The client's own, made unique by the API key: two clients never meet. */
  idempotencyKey?: string;
}

/** A message that was taken. */
export interface SubmittedMail {
  /** Finished (`raw`), with its envelope: for `mail.compose`, which checks it, runs the hooks and signs it. */
  message: MessageFields;
  options: SubmittedOptions;
  /** Whose it is. */
  key: ApiKey;
}

/**
 * Stores a message, and answers with its id once it is on the disk; undefined where the hooks of mail left nobody to send
 * it to, as they are told to on a staging server.
 *
 * A MessageError or SubmissionError that it throws refuses the message for good (554), as does an idempotency key that
 * another message has; after anything else that it throws the client is to try again (451).
 */
export type Deliver = (mail: SubmittedMail) => Promise<string | undefined>;

/** A mailbox of ours to which servers report: the only one that takes mail without a key. */
export interface BounceMailbox {
  /** True for an address of it; asked for each recipient. */
  matches(address: string): boolean;
  /** Takes a report; what it throws lets the server try again. */
  handle(to: string, bytes: Uint8Array): Promise<void>;
}
