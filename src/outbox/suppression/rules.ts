/** Which entry keeps which mail back; docs/guide/suppressions.md shows it as a table. */
import { type Suppression, type SuppressionReason, suppressionReasons } from "./types.ts";

/** Days for which an entry holds, by its reason; null for ever. */
export type SuppressionDays = Readonly<Record<SuppressionReason, number | null>>;

/** A mailbox that was full or closed may open again; what a person said holds until a person says otherwise. */
export const defaultSuppressionDays: SuppressionDays = {
  bounce: 90,
  invalid: null,
  complaint: null,
  manual: null,
  unsubscribe: null,
};

const DAY_MS = 86_400_000;

/** When an entry made now ends. */
export function expiryOf(reason: SuppressionReason, now: number, days: SuppressionDays): number | undefined {
  const count = days[reason];
  return count === null ? undefined : now + count * DAY_MS;
}

/**
 * Reasons that are about mail somebody does not want, rather than about a mailbox that takes none. They never keep back
 * mail of no stream: who left a newsletter, or called it spam, must still be able to activate an account.
 */
const ABOUT_STREAMS: ReadonlySet<SuppressionReason> = new Set(["complaint", "unsubscribe"]);

/** Whether an entry keeps back mail of this stream (null: of none, such as account mail). */
function keepsBack(entry: Pick<Suppression, "reason" | "stream">, stream: string | null): boolean {
  if (entry.stream !== "") return entry.stream === stream;
  return stream !== null || !ABOUT_STREAMS.has(entry.reason);
}

/** The weightiest of the entries that keep back mail of this stream; undefined where none does. */
export function heaviest<T extends Pick<Suppression, "reason" | "stream">>(
  entries: readonly T[],
  stream: string | null,
): T | undefined {
  const found = entries.filter((entry) => keepsBack(entry, stream));
  return found.toSorted((a, b) => suppressionReasons.indexOf(a.reason) - suppressionReasons.indexOf(b.reason))[0];
}

/** The reason that a text names; undefined where it is none. */
export function reasonOf(text: string): SuppressionReason | undefined {
  return suppressionReasons.find((reason) => reason === text);
}
