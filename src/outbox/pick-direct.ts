/** Which new messages go to their delivery from memory, without a claim. */
import type { Entry } from "./entry.ts";
import type { Job } from "./job.ts";
import type { Allowance } from "./seams.ts";
import type { Insert } from "./turn-items.ts";

/** Those of the new messages that this worker delivers itself, as many as there is room for and the limits allow. */
export function pickDirect(
  inserts: readonly Insert[],
  wanted: number,
  now: number,
  allowances: ReadonlyMap<string, Allowance> | undefined,
  claimed: readonly Pick<Job, "message">[] = [],
): ReadonlySet<Entry> {
  const picked = new Set<Entry>();
  const taken = new Map<string, number>();
  for (const { message } of claimed) taken.set(message.mailer, (taken.get(message.mailer) ?? 0) + 1);
  const urgentFirst = inserts.toSorted((a, b) => a.entry.message.priority - b.entry.message.priority);
  for (const { entry } of urgentFirst) {
    const { mailer, due_at: dueAt, priority } = entry.message;
    if (picked.size >= wanted) break;
    if (dueAt === null || dueAt > now) continue;
    const count = taken.get(mailer) ?? 0;
    const allowance = allowances?.get(mailer);
    const allowed = allowance === undefined ? wanted : priority === 0 ? allowance.critical : allowance.others;
    if (allowances !== undefined && count >= allowed) continue;
    taken.set(mailer, count + 1);
    picked.add(entry);
  }
  return picked;
}
