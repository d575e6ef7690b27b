/** What a person may do to a message, and when each makes sense. */
import type { DeliveryState, OutboxSummary } from "../outbox/index.ts";
import type { ConsoleOutbox } from "./desk.ts";

/** The actions, as they stand in addresses. */
export const outboxActions = ["redrive", "release", "hold", "cancel", "mark-sent", "mark-failed"] as const;
export type OutboxAction = (typeof outboxActions)[number];

/** The action of this name. */
export function actionNamed(name: string): OutboxAction | undefined {
  return outboxActions.find((action) => action === name);
}

/** What would change something now; nothing while a worker has the message. */
export function actionsFor({ state, recipients, nextAttemptAt, wait }: OutboxSummary, now: number): OutboxAction[] {
  if (state === "sending") return [];
  const has = (...states: DeliveryState[]): boolean => recipients.some((recipient) => states.includes(recipient.state));
  const waits = has("queued", "deferred");
  const fits: Record<OutboxAction, boolean> = {
    redrive: has("failed", "unknown", "suppressed"),
    // What a limit or a pause keeps back would be put off again.
    release: has("held") || (waits && !isKeptBack(wait) && nextAttemptAt !== undefined && nextAttemptAt > now),
    hold: waits,
    cancel: waits || has("held"),
    "mark-sent": has("unknown"),
    "mark-failed": has("unknown"),
  };
  return outboxActions.filter((action) => fits[action]);
}

function isKeptBack(wait: OutboxSummary["wait"]): boolean {
  return wait?.kind === "limit" || wait?.kind === "pause";
}

/**
 * Does it.
 *
 * @returns Whether anything changed.
 * @throws OutboxError `WX_OUTBOX_NO_BODY` where a message can be sent no more
 */
export async function perform(outbox: ConsoleOutbox, id: string, action: OutboxAction): Promise<boolean> {
  switch (action) {
    case "redrive":
      return (await outbox.redrive(id)) > 0;
    case "release":
    case "hold":
    case "cancel":
      return outbox[action](id);
    case "mark-sent":
      return outbox.resolve(id, "sent");
    case "mark-failed":
      return outbox.resolve(id, "failed");
  }
}
