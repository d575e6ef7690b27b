/** An entry of the suppression list with nothing left open. */
import { findUnknownOption } from "../../base/index.ts";
import { OutboxError } from "../errors.ts";
import { expiryOf, reasonOf, type SuppressionDays } from "./rules.ts";
import { type NewSuppression, type Suppression, suppressionReasons } from "./types.ts";

const known = {
  address: true,
  stream: true,
  reason: true,
  detail: true,
  messageId: true,
  expiresAt: true,
} satisfies Record<keyof NewSuppression, true>;
const names = Object.keys(known);

/** @throws OutboxError WX_OUTBOX_SUPPRESSION for a reason that there is not, WX_OUTBOX_OPTIONS for a field that there is not */
export function completed(given: NewSuppression, now: number, days: SuppressionDays): Suppression {
  const unknown = findUnknownOption(given, names);
  if (unknown !== undefined) {
    throw new OutboxError("WX_OUTBOX_OPTIONS", `A suppression has no field "${unknown.name}". ${unknown.hint}`);
  }
  const { address, stream = "", reason = "manual", detail = "", messageId, expiresAt } = given;
  if (reasonOf(reason) === undefined) {
    const problem = `The reason ${JSON.stringify(reason)} is none. There are: ${suppressionReasons.join(", ")}.`;
    throw new OutboxError("WX_OUTBOX_SUPPRESSION", problem);
  }
  const end = expiresAt === undefined ? expiryOf(reason, now, days) : (expiresAt ?? undefined);
  return { address, stream, reason, detail, messageId, createdAt: now, expiresAt: end };
}
