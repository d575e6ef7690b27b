/** What a rule of the lint is. */
import type { Facts } from "./facts.ts";

/** What a rule found. */
export interface Finding {
  /** The field of the message that is meant. */
  field: string;
  /** What there is, as a sentence. */
  message: string;
  /** What to do, as a sentence. */
  fix: string;
}

/** Looks at a message; undefined where nothing is amiss. */
export type Rule = (facts: Facts) => Finding | undefined;

/** A few of many, for a sentence. */
export function some(items: Iterable<string>): string {
  const [first = "", second, third, ...rest] = new Set(items);
  const shown = [first, second, third].filter((item) => item !== undefined).map((item) => item.slice(0, 80));
  return `${shown.join(", ")}${rest.length > 0 ? ` and ${rest.length} more` : ""}`;
}
