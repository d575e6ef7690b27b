/** A mail provider as the simulation plays it: quotas in rolling windows, connections, outages, greylisting, unknown addresses. */
import { findProvider, type SmtpDiagnosis } from "../../src/mail/index.ts";
import type { AttemptResult } from "../../src/outbox/policy.ts";

/** How a provider behaves; what is not given does not happen. */
export interface ProviderModel {
  /** Of one message, in milliseconds; each takes from half of it to half more. */
  latencyMs: number;
  /** Messages in any stretch of so many seconds; what goes beyond is refused as 163 refuses it, a rate as Amazon SES does. */
  quotas?: readonly { count: number; seconds: number; isRate?: boolean }[];
  /** So many at once, each message being one; what goes beyond is turned away as 163 does it. */
  connections?: number;
  /** When it cannot be reached, in milliseconds from the start. */
  outages?: readonly { from: number; to: number }[];
  /** The share of messages that it puts off the first time. */
  greylisted?: number;
  /** The share of recipients that do not exist. */
  dead?: number;
}

/** What a provider counted. */
export interface ProviderCounts {
  accepted: number;
  quotaRefusals: number;
  /** For too many connections at once. */
  turnedAway: number;
  /** Attempts that found nobody. */
  unreached: number;
  /** The most that was accepted in a stretch of each quota's length, of its count. */
  fullest: number[];
}

export interface SimulatedProvider {
  send(message: { id: string; attempts: number }, now: number): { result: AttemptResult; latencyMs: number };
  readonly counts: ProviderCounts;
}

/** How long a connection that nobody answers is waited for, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How soon a connection is turned away, in milliseconds: a round trip, and the greeting. */
const GREETING_MS = 50;

export function simulateProvider(model: ProviderModel, random: () => number): SimulatedProvider {
  const { latencyMs, quotas = [], connections = Infinity, outages = [], greylisted = 0, dead = 0 } = model;
  const fullest = quotas.map(() => 0);
  const counts: ProviderCounts = { accepted: 0, quotaRefusals: 0, turnedAway: 0, unreached: 0, fullest };
  /** When each connection ends that is open. */
  let open: number[] = [];
  const taken: number[] = [];
  const longest = Math.max(0, ...quotas.map(({ seconds }) => seconds)) * 1000;

  function within(ms: number, now: number): number {
    let count = 0;
    for (let index = taken.length - 1; index >= 0 && (taken[index] ?? 0) > now - ms; index--) count++;
    return count;
  }

  function answer(message: { attempts: number }, now: number): AttemptResult {
    const full = quotas.find(({ count, seconds }) => within(seconds * 1000, now) >= count);
    if (full !== undefined) {
      counts.quotaRefusals++;
      if (full.isRate === true) return refusal("data", 454, tooFast);
      return full.seconds >= 86_400 ? refusal("mail", 554, dayQuota) : refusal("mail", 451, quarterHourQuota);
    }
    if (message.attempts === 0 && random() < greylisted) return refusal("rcpt", 450, undefined);
    if (message.attempts === 0 && random() < dead) return refusal("rcpt", 550, undefined, false);
    taken.push(now);
    if (taken.length > 100_000)
      taken.splice(
        0,
        taken.findIndex((at) => at > now - longest),
      );
    counts.accepted++;
    for (const [index, { seconds }] of quotas.entries()) {
      counts.fullest[index] = Math.max(counts.fullest[index] ?? 0, within(seconds * 1000, now));
    }
    return { kind: "accepted", receipt: { server: "mx", accepted: [], rejected: [], response: "250 ok" } };
  }

  return {
    counts,
    send: (message, now) => {
      const since = now; // times are from the start of the run
      if (outages.some(({ from, to }) => since >= from && since < to)) {
        counts.unreached++;
        return { result: refusal("connect", 0, undefined), latencyMs: CONNECT_TIMEOUT_MS };
      }
      open = open.filter((endsAt) => endsAt > now);
      if (open.length >= connections) {
        counts.turnedAway++;
        return { result: refusal("greeting", 421, tooManyConnections), latencyMs: GREETING_MS };
      }
      const answered = { result: answer(message, now), latencyMs: latencyMs * (0.5 + random()) };
      open.push(now + answered.latencyMs);
      return answered;
    },
  };
}

function knownDiagnosis(provider: string, id: string): SmtpDiagnosis {
  const found = findProvider(provider)?.rules.find(({ diagnosis }) => diagnosis.id === id);
  if (found === undefined) throw new Error(`There is no rule ${id} any more.`);
  return found.diagnosis;
}

const quarterHourQuota = knownDiagnosis("163", "netease.quarter-hour-quota");
const dayQuota = knownDiagnosis("163", "netease.daily-quota");
const tooManyConnections = knownDiagnosis("163", "netease.too-many-connections");
const tooFast = knownDiagnosis("ses-us-east-1", "ses.rate");

function refusal(
  stage: string,
  code: number,
  diagnosis: SmtpDiagnosis | undefined,
  retryable: boolean = diagnosis?.retryable ?? code < 500,
): AttemptResult {
  return {
    kind: "failed",
    retryable,
    mayHaveArrived: false,
    refused: [],
    retryAfterMs: (diagnosis?.retryAfterSeconds ?? 0) * 1000,
    attempt: { server: "mx", stage, code, enhancedCode: "", text: `${code}`, diagnosis },
  };
}
