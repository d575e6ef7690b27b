/** The token in an activation link: signed, short-lived, and bound to one purpose and to the claim as it stands. */
import { createHash } from "node:crypto";
import { BadData, SignatureExpired, TimedJSONWebSignatureSerializer } from "../signing/index.ts";
import type { UserRow } from "./store.ts";

/** Part of the key: a token made for anything else does not verify here. */
const PURPOSE = "waxseal.accounts.activate";
/** Longer than any token of ours; what is longer is not looked at. */
const MAX_LENGTH = 1024;

export interface ActivationTokens {
  mint(user: UserRow): string;
  /** Reads a token. `stamp` must still be the claim's when the claim is looked up. */
  read(token: string): TokenReading;
}

export type TokenReading = { status: "valid" | "expired"; userId: string; stamp: string } | { status: "invalid" };

/** Changes when the address or the password does, and every link sent before with it. */
export function stampOf(user: Pick<UserRow, "email_key" | "password_hash">): string {
  return createHash("sha256").update(`${user.email_key}\0${user.password_hash}`).digest("base64url").slice(0, 16);
}

export function createActivationTokens(
  secretKey: string | Uint8Array | readonly (string | Uint8Array)[],
  options: { maxAgeSeconds: number; now: () => number },
): ActivationTokens {
  const serializer = new TimedJSONWebSignatureSerializer(secretKey, {
    expiresIn: options.maxAgeSeconds,
    salt: PURPOSE,
    now: () => Math.floor(options.now() / 1000),
  });
  return {
    mint: (user) => serializer.dumps({ confirm: user.id, stamp: stampOf(user) }),
    read: (token) => {
      if (typeof token !== "string" || token.length > MAX_LENGTH) return { status: "invalid" };
      try {
        return reading("valid", serializer.loads(token));
      } catch (error) {
        if (error instanceof SignatureExpired) return reading("expired", error.payload);
        if (error instanceof BadData) return { status: "invalid" };
        throw error;
      }
    },
  };
}

function reading(status: "valid" | "expired", payload: unknown): TokenReading {
  const { confirm, stamp } = (payload ?? {}) as { confirm?: unknown; stamp?: unknown };
  if (typeof confirm !== "string" || typeof stamp !== "string") return { status: "invalid" };
  return { status, userId: confirm, stamp };
}
