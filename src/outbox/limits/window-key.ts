/** The key under which a scope's window is stored. */
import type { LimitWindow } from "./rules.ts";

const RECIPIENTS = "/recipients";

/** The scope's key; messages and recipients are counted beside each other. */
export function windowKey(scope: string, { counts }: Pick<LimitWindow, "counts">): string {
  return counts === "recipients" ? `${scope}${RECIPIENTS}` : scope;
}

/** The scope, and what is counted, of a stored key. */
export function readWindowKey(key: string): { scope: string; counts: "messages" | "recipients" } {
  return key.endsWith(RECIPIENTS)
    ? { scope: key.slice(0, -RECIPIENTS.length), counts: "recipients" }
    : { scope: key, counts: "messages" };
}
