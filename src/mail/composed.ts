/** What composing gives: the seam between messages and the ways out. */
import type { Envelope } from "./backend.ts";

/** A message ready to be handed to a backend, as often as it takes. */
export interface Composed {
  envelope: Envelope;
  /** RFC 5322 with CRLF, 7-bit clean. */
  bytes: Uint8Array;
  /** With its angle brackets; empty for a raw message without one. */
  messageId: string;
  subject: string;
}
