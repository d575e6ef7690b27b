/** What an attempt says about more than its message: which scope must rest, and for how long. */
import type { RecipientRefusal, SmtpDiagnosis } from "../../mail/index.ts";
import { isAccountBlockedToo, isAccountShut, reachedMail } from "../knowledge.ts";
import type { AttemptResult } from "../policy.ts";
import type { Lesson } from "./pause.ts";
import { domainsOf } from "./scopes.ts";
import { wordsOf } from "./words.ts";

/** The keys of the scopes that a lesson may be about. */
export interface LessonScopes {
  mailer: string;
  /** The mailer's, where there is no account. */
  account: string;
}

/** A failure with all that is known of it. */
interface Failure {
  text: string;
  diagnosis: SmtpDiagnosis | undefined;
  retryable: boolean;
  forMs: number;
  /** Those it was about. */
  addresses: readonly string[];
}

/** At most one lesson for each scope: that of the longest wait. */
export function lessonsOf(result: AttemptResult, addresses: readonly string[], scopes: LessonScopes): Lesson[] {
  const refusals = result.kind === "accepted" ? result.receipt.rejected : result.refused;
  const found = refusals.map((refusal) => aboutSender(ofRefusal(refusal), scopes));
  if (result.kind === "failed") found.push(ofAttempt(result, addresses, scopes));
  const byKey = new Map<string, Lesson>();
  for (const lesson of found) {
    const known = lesson === undefined ? undefined : byKey.get(lesson.key);
    if (lesson !== undefined && (known === undefined || lesson.forMs > known.forMs)) byKey.set(lesson.key, lesson);
  }
  return [...byKey.values()];
}

function ofRefusal({ address, text, diagnosis, retryable }: RecipientRefusal): Failure {
  return { text, diagnosis, retryable, forMs: (diagnosis?.retryAfterSeconds ?? 0) * 1000, addresses: [address] };
}

function ofAttempt(
  result: Extract<AttemptResult, { kind: "failed" }>,
  addresses: readonly string[],
  scopes: LessonScopes,
): Lesson | undefined {
  const { attempt, retryable, retryAfterMs: forMs } = result;
  const { text, diagnosis } = attempt;
  if (diagnosis?.about === "caller") return undefined;
  if (attempt.stage === "auth") return ofLogIn({ text, diagnosis, forMs }, scopes);
  const failure = { text, diagnosis, retryable, forMs, addresses };
  return aboutSender(failure, scopes) ?? (isServerAway(result) ? away(failure, scopes) : undefined);
}

function ofLogIn(
  { text, diagnosis, forMs }: Pick<Failure, "text" | "diagnosis" | "forMs">,
  { mailer, account }: LessonScopes,
): Lesson {
  if (diagnosis?.about === "server") return away({ text, diagnosis, forMs }, { mailer });
  const isLocked = diagnosis?.id === "log-in-paused" || diagnosis?.id.endsWith("log-in-lock") === true;
  return { key: account, reason: "auth", forMs, atOnce: isLocked, detail: wordsOf(text, diagnosis) };
}

/** What the server holds against the account, the way it is used, or this machine's address. */
function aboutSender(
  { text, diagnosis, retryable, forMs, addresses }: Failure,
  scopes: LessonScopes,
): Lesson | undefined {
  const { mailer, account } = scopes;
  const detail = wordsOf(text, diagnosis);
  if (diagnosis === undefined) {
    // A provider's API that names a time to come back.
    return retryable && forMs > 0 ? { key: account, reason: "rate", forMs, detail } : undefined;
  }
  const { about, id } = diagnosis;
  if (isAccountBlockedToo(diagnosis)) return { key: account, reason: "barred", forMs, detail };
  if (isAccountShut(diagnosis)) {
    return { key: about === "address" ? mailer : account, reason: "barred", forMs, detail };
  }
  if (about === "account") return retryable ? { key: account, reason: quotaOrRate(forMs), forMs, detail } : undefined;
  if (id.endsWith("too-many-connections")) return { key: mailer, reason: "rate", forMs, isOfConnections: true, detail };
  if (about !== "address" || forMs === 0) return undefined;
  return { key: throttledBy(id, addresses) ?? mailer, reason: "rate", forMs, detail };
}

/** The shortest quota that providers have, in milliseconds. */
const SHORTEST_QUOTA_MS = 15 * 60_000;

/** Who says to come back sooner than any quota would let us has nothing used up, but sees mail come too fast. */
function quotaOrRate(forMs: number): "quota" | "rate" {
  return forMs > 0 && forMs < SHORTEST_QUOTA_MS ? "rate" : "quota";
}

/**
 * The domain that throttles: where the words are not those of a provider that we log in to, and all the recipients are
 * of one domain, they are that domain's.
 */
function throttledBy(id: string, addresses: readonly string[]): string | undefined {
  const [domain, ...others] = domainsOf(addresses);
  return id.includes(".") || domain === undefined || others.length > 0 ? undefined : `domain:${domain}`;
}

/** Whether the server could not be reached, hung up, or is in trouble: then the next message need not find that out again. */
function isServerAway({ attempt, retryable }: Extract<AttemptResult, { kind: "failed" }>): boolean {
  const { diagnosis, code } = attempt;
  if (!reachedMail(attempt) || code === 421 || diagnosis?.about === "network") return true;
  // A provider's API without words for it: a gateway's error, or no answer.
  return attempt.stage !== "" && diagnosis === undefined && retryable && code === 0;
}

function away(
  { text, diagnosis, forMs }: Pick<Failure, "text" | "diagnosis" | "forMs">,
  { mailer }: Pick<LessonScopes, "mailer">,
): Lesson {
  return { key: mailer, reason: "connection", forMs, detail: wordsOf(text, diagnosis) };
}
