/** What a connection tells whoever drives its open session. */
import type { RawReply } from "./reply.ts";

/** Whoever drives an open session: is told of replies as they come, instead of awaiting each. */
export interface WireDriver {
  /** The reply to the oldest command that is still unanswered. */
  onReply(reply: RawReply): void;
  /** A reply that no command has asked for. */
  onUnasked(reply: RawReply): void;
  /** Everything that came in one piece was handed over; what is written now leaves in one piece. */
  onRead(): void;
  onBroken(): void;
}
