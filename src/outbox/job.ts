/** A message that this worker, and no other, may deliver now. */
import type { CutOff } from "../base/index.ts";
import type { RecipientRow, MessageRow } from "./rows.ts";
import { waitingStates } from "./policy.ts";
import type { DeliveryState, OutboxRecipient } from "./types.ts";

export interface Job {
  /** As it stood when its lease was taken. */
  message: MessageRow;
  /** All recipients of it, in order. */
  recipients: readonly Pick<RecipientRow, "position" | "address" | "state">[];
  /** Those who wait for this attempt. */
  addresses: readonly string[];
  /** Those of whom the claim found that they must not be written to; written down with the outcome. */
  suppressed?: readonly OutboxRecipient[];
  /** The mailer that takes it in place of its own. */
  via: string | undefined;
  /** Undefined until they are loaded or rendered. */
  bytes: Uint8Array | undefined;
  /** Aborts when the lease is lost, or the worker must stop. */
  cutOff: CutOff;
  /** When the lease was taken or renewed last, by a clock that never jumps. */
  leasedAt: number;
}

export function isWaiting({ state }: { state: string }): boolean {
  return waitingStates.includes(state as DeliveryState);
}
