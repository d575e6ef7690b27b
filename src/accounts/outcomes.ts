/** What each account operation answers: outcomes that a person sees, as plain values. Faults are thrown instead. */

/** An account as it may be shown to its owner: never with a password hash. */
export interface Account {
  /** Opaque and stable. */
  id: string;
  username: string;
  /** The address exactly as it was typed; this is the one that is mailed. */
  email: string;
  /** Whether it was activated. */
  active: boolean;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** The fields of the sign-up form. */
export type RegisterField = "username" | "email" | "password";

/** What is wrong with one field; the page words it. */
export type FieldProblem =
  | "required"
  | "too-short"
  | "too-long"
  /** A character that the field does not take: control characters, line breaks, `<`, `>`. */
  | "not-allowed"
  | "not-an-address"
  /** A password that is the username or the address. */
  | "too-guessable"
  /** A username that somebody has. An address never answers this: an address is private. */
  | "taken";

/** The answer is the same whether or not the address has an account. */
export type RegisterOutcome =
  | { status: "registered"; email: string }
  | { status: "invalid"; problems: Partial<Record<RegisterField, FieldProblem>> };

/** What a link would do, without doing it. */
export type InspectOutcome =
  | { status: "ready"; username: string; email: string }
  | { status: "already-active" }
  | { status: "expired" }
  | { status: "invalid" };

/** What an activation link did. */
export type ActivateOutcome =
  | { status: "activated"; username: string }
  | { status: "already-active" }
  | { status: "expired" }
  | { status: "invalid" };

/** The answer is the same whether or not there is anything to send. */
export type ResendOutcome = { status: "accepted" } | { status: "invalid"; problem: FieldProblem };

/** What came of a log-in. */
export type LoginOutcome =
  /** `sessionId` is for the cookie, which need live no longer than `maxAgeSeconds`. */
  | { status: "logged-in"; account: Account; sessionId: string; maxAgeSeconds: number }
  /** The password was right, and the account waits for its activation. */
  | { status: "not-active" }
  | { status: "refused" };
