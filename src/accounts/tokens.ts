/** The token in an activation link: signed, short-lived, and bound to one purpose and to the claim as it stands. */
import { BoundTokens } from "../signing/index.ts";
import type { UserRow } from "./store.ts";

/** Part of the key: a token made for anything else does not verify here. */
const PURPOSE = "waxseal.accounts.activate";

type ClaimState = Pick<UserRow, "email_key" | "password_hash">;

export interface ActivationTokens {
  mint(user: UserRow): string;
  /** Reads a token. `isFor` must still hold of the claim when it is looked up. */
  read(token: string): TokenReading;
}

export type TokenReading =
  | { status: "valid" | "expired"; userId: string; isFor: (user: ClaimState) => boolean }
  | { status: "invalid" };

/** When the address or the password changes, every link sent before dies. An active claim is found active before this. */
function stateOf({ email_key, password_hash }: ClaimState): string[] {
  return [email_key, password_hash];
}

export function createActivationTokens(
  secretKey: string | Uint8Array | readonly (string | Uint8Array)[],
  { maxAgeSeconds, now }: { maxAgeSeconds: number; now: () => number },
): ActivationTokens {
  const tokens = new BoundTokens(secretKey, { purpose: PURPOSE, maxAgeSeconds, now: () => Math.floor(now() / 1000) });
  return {
    mint: (user) => tokens.mint(user.id, stateOf(user)),
    read: (text) => {
      const reading = tokens.read(text);
      if (reading.status === "invalid") return reading;
      const { status, token } = reading;
      return { status, userId: token.subject, isFor: (user) => token.isFor(stateOf(user)) };
    },
  };
}
