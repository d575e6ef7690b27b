/** How urgent a message is: what is more urgent is sent first, and has a share of every limit to itself. */

/** Activation and reset mails are critical; a newsletter is low. */
export type Priority = "critical" | "high" | "normal" | "low";

/** In the order in which they are claimed; the place is what the table holds. */
export const priorities: readonly Priority[] = ["critical", "high", "normal", "low"];

/** What the table holds for a priority. */
export function rankOf(priority: Priority): number {
  return priorities.indexOf(priority);
}

/** The priority of what the table holds. */
export function priorityOf(rank: number): Priority {
  return priorities[rank] ?? "normal";
}
