/** What the inbox shows of a caught mail. */

/** A line of the list. */
export interface InboxSummary {
  id: string;
  /** Milliseconds since 1970. */
  receivedAt: number;
  /** The envelope's sender; empty for the null sender. */
  envelopeFrom: string;
  /** The envelope's recipients, those of Bcc too. */
  envelopeTo: readonly string[];
  /** The From header, decoded for reading. */
  from: string;
  /** The To header, decoded for reading. */
  to: string;
  subject: string;
  /** Octets as received. */
  size: number;
}

/** A file that came with a mail. */
export interface InboxAttachment {
  filename: string;
  mimeType: string;
  /** Without the angle brackets; only for inline parts. */
  contentId?: string;
  content: Uint8Array;
}

/** A caught mail, parsed. */
export interface InboxMail extends InboxSummary {
  /** The text part, with the line break that ends it; empty when there is none. */
  text: string;
  /** Empty when there is no HTML part. Untrusted: show it in a sandbox only. */
  html: string;
  /** In their order and spelling, unfolded but not decoded. */
  headers: readonly { name: string; value: string }[];
  attachments: readonly InboxAttachment[];
  /** The bytes as they came in. */
  raw: Uint8Array;
}

/** The caught mail, to read. */
export interface InboxReader {
  /** Newest first. */
  list(options?: { limit?: number }): Promise<InboxSummary[]>;
  get(id: string): Promise<InboxMail | undefined>;
  clear(): Promise<void>;
  /** Calls `listener` for every mail from now on; returns the way to stop. */
  subscribe(listener: (mail: InboxSummary) => void): () => void;
}
