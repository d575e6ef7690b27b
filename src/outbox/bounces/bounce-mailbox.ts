/** A mailbox for bounces on an SMTP server of ours, in the shape that the submission server takes. */
import { OutboxError } from "../errors.ts";
import type { Bounces } from "./bounces.ts";

/** What an SMTP server asks: whose mail it may take without a log-in, and where that mail goes. */
export interface BounceMailbox {
  /** Whether mail to this address is a bounce. */
  matches(address: string): boolean;
  /** Takes one; what it throws is answered with "try again". */
  handle(to: string, bytes: Uint8Array): Promise<void>;
}

/**
 * The mailbox of all bounce addresses, signed and fixed.
 *
 * Whatever is no report is taken and dropped: an answer would tell who asks, and might begin a loop.
 *
 * `handle` throws OutboxError `WX_OUTBOX_REPORT_EARLY` while the message is still being sent, and what the database throws.
 *
 * @example
 * listenSubmission({ ...options, bounces: bounceMailbox(bounces) });
 */
export function bounceMailbox(bounces: Pick<Bounces, "accepts" | "take">): BounceMailbox {
  return {
    matches: (address) => bounces.accepts(address),
    handle: async (to, bytes) => {
      const { outcome } = await bounces.take(bytes, { source: "smtp", sentTo: [to] });
      if (outcome === "too-soon") {
        throw new OutboxError(
          "WX_OUTBOX_REPORT_EARLY",
          "The message that came back is still being sent. Bring it again in a minute.",
        );
      }
    },
  };
}
