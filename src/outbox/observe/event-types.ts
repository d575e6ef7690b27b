/** The names of events, and which of them a webhook gets told of. */
import { hintFor } from "../../base/index.ts";
import type { OutboxEventType } from "../events.ts";
import { ObserveError } from "./errors.ts";

const all = {
  queued: true,
  sending: true,
  sent: true,
  deferred: true,
  failed: true,
  unknown: true,
  held: true,
  cancelled: true,
  suppressed: true,
  bounced: true,
  complained: true,
  unsubscribed: true,
} satisfies Record<OutboxEventType, true>;

/** Every type of event. */
const eventTypes: readonly OutboxEventType[] = Object.keys(all) as OutboxEventType[];

/** What an endpoint is told of unless it asks for others: all but that a message was queued, or an attempt begun. */
export const toldByDefault: readonly OutboxEventType[] = eventTypes.filter(
  (type) => type !== "queued" && type !== "sending",
);

/** @throws ObserveError WX_OBSERVE_OPTION for a type there is not */
export function requireEventType(owner: string, type: string): void {
  if (Object.hasOwn(all, type)) return;
  throw new ObserveError(
    "WX_OBSERVE_OPTION",
    `${owner}: there is no event ${JSON.stringify(type)}. ${hintFor(type, eventTypes)}`,
  );
}
