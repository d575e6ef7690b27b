/** The words of the suppression list: an entry, why it is there, and what is asked of the list. */
import type { CallerTransaction } from "../../db/index.ts";

/**
 * Why an address is not written to: it bounced for good, its owner called a mail spam, a person decided so, its owner
 * unsubscribed, or it is no address that can exist.
 */
export type SuppressionReason = "bounce" | "complaint" | "manual" | "unsubscribe" | "invalid";

/** Every reason, the weightiest first: where several hold, the first is shown. */
export const suppressionReasons: readonly SuppressionReason[] = [
  "manual",
  "invalid",
  "bounce",
  "complaint",
  "unsubscribe",
];

/** One address that is not written to. */
export interface Suppression {
  /** As it was given. */
  address: string;
  /** The stream it holds for; empty for all of them. */
  stream: string;
  reason: SuppressionReason;
  /** For a person: the server's words, or why somebody added it. */
  detail: string;
  /** The message it came of. */
  messageId?: string | undefined;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** When it ends, in milliseconds since 1970; undefined for never. */
  expiresAt: number | undefined;
}

/** What `suppressions.add` is given. */
export interface NewSuppression {
  address: string;
  /** Default: all streams. */
  stream?: string | undefined;
  /** Default `manual`. */
  reason?: SuppressionReason | undefined;
  detail?: string | undefined;
  messageId?: string | undefined;
  /** Milliseconds since 1970, or null for never. Default: as long as its reason lasts by default. */
  expiresAt?: number | null | undefined;
}

/** Which entries of an address are meant: all that fit. */
export interface SuppressionChoice {
  /** Empty for the entry of all streams; undefined for every entry. */
  stream?: string | undefined;
  reason?: SuppressionReason | undefined;
}

/** Who removes an entry, and why: it is logged. */
export interface RemovalNote extends SuppressionChoice {
  by?: string | undefined;
  why?: string | undefined;
  /** The caller's transaction. */
  tx?: CallerTransaction | undefined;
}

/** A page of the list, in the order of the addresses. */
export interface SuppressionFilter extends SuppressionChoice {
  /** What the address begins with, in any case. */
  prefix?: string | undefined;
  /** The last entry of the page before. */
  after?: Pick<Suppression, "address" | "stream" | "reason"> | undefined;
  /** 1 to 1000. Default 100. */
  limit?: number | undefined;
}

/** A person who wants no more mail of a stream, as a link in a mail says it. */
export interface Unsubscription {
  address: string;
  /** Empty for all streams. */
  stream: string;
  /** The Message-ID of the mail that held the link. */
  messageId?: string | undefined;
}

/** How a file is read in. */
export interface ImportOptions {
  /** Of lines that name none, or one that is not known. Default: such a line is refused. */
  reason?: SuppressionReason | undefined;
  /** Of lines that name none. Default: all streams. */
  stream?: string | undefined;
  /** Told of each line that is skipped. */
  onProblem?: ((problem: ImportProblem) => void) | undefined;
  /** Told after each batch how many lines were read so far. */
  onProgress?: ((read: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** A line that was skipped. */
export interface ImportProblem {
  /** From 1, the header's; of an entry over several lines, the last. */
  line: number;
  problem: string;
}

/** What came of reading a file in. */
export interface ImportReport {
  /** Lines below the header that hold something. */
  read: number;
  /** Lines that are in the list now; a line that stands twice counts twice. */
  taken: number;
  skipped: number;
  /** The first hundred of the lines skipped. */
  problems: ImportProblem[];
}
