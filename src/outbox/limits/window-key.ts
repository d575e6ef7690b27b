/** The key under which a scope's window is stored. */
import type { LimitWindow } from "./rules.ts";

/** Before the scope's key: behind it, it could be part of a tenant's name. */
const RECIPIENTS = "recipients:";

/** The scope's key; messages and recipients are counted beside each other. */
export function windowKey(scope: string, { counts }: Pick<LimitWindow, "counts">): string {
  return counts === "recipients" ? `${RECIPIENTS}${scope}` : scope;
}

/** The scope, and what is counted, of a stored key. */
export function readWindowKey(key: string): { scope: string; counts: "messages" | "recipients" } {
  return key.startsWith(RECIPIENTS)
    ? { scope: key.slice(RECIPIENTS.length), counts: "recipients" }
    : { scope: key, counts: "messages" };
}
