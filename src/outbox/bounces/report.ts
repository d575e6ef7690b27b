/** What comes back of a message, whoever says it and in whatever form: one report, with its recipients. */

/**
 * What a report says of a recipient.
 *
 * `hard-bounce`: not delivered, because of the address itself; another message to it would fare the same.
 * `soft-bounce`: not delivered, for another reason (mailbox full, content refused, tried for too long).
 * `delayed`: not delivered yet. `delivered`: arrived, or was handed on to a server that reports no further.
 * `complaint`: the recipient called it spam. `unsubscribe`: the recipient wants no more of its kind.
 */
export type ReportKind = "hard-bounce" | "soft-bounce" | "delayed" | "delivered" | "complaint" | "unsubscribe";

/** One recipient of a report. */
export interface ReportedRecipient {
  /** As the sender wrote it, where the report knows that; empty where it names nobody. */
  address: string;
  /** Further names of the same recipient, such as the mailbox that a forward led to. */
  aliases?: readonly string[];
  kind: ReportKind;
  /** RFC 3463, such as `5.1.1`; empty where the report gives none. */
  status: string;
  /** The server's words about it. */
  detail: string;
  /** The server that said them; empty where the report does not say. */
  server?: string;
  /** DSN only: until when the server goes on trying, in milliseconds since 1970. */
  retryUntil?: number;
}

/** What one mail or one call of a provider reports. */
export interface Report {
  /** `dsn` RFC 3464, `arf` RFC 5965, `text` a bounce in words only, `webhook` a provider's event. */
  format: "dsn" | "arf" | "text" | "webhook";
  /** What the report itself is known by: tells a repetition of one that belongs to no message of ours. */
  id: string;
  /** Message-IDs, with brackets, that the message it is about may have: the likeliest first. */
  messageIds: readonly string[];
  /** The provider's own id of the message; only from a webhook, whose signature was checked. */
  providerId?: string | undefined;
  /** Addresses that the report was sent to: one of them may be a bounce address of ours. */
  sentTo: readonly string[];
  recipients: readonly ReportedRecipient[];
  /** When it happened, where the report says so: milliseconds since 1970. */
  at?: number | undefined;
}

/** More recipients than this are not read out of one report. */
export const MOST_RECIPIENTS = 1000;
/** What is kept of a server's words, in characters. */
export const LONGEST_DETAIL = 500;

/** A server's words on one line, cut where they are long. */
export function detailOf(words: string): string {
  // Cut first: what is hostile about a text is its length.
  return words
    .slice(0, 4 * LONGEST_DETAIL)
    .replaceAll(/[\s\u0000-\u001f\u007f]+/g, " ")
    .trim()
    .slice(0, LONGEST_DETAIL);
}
