/** Why a message waits, as its row keeps it. */
import type { WaitReason } from "../seams.ts";
import type { LimitWindow } from "./rules.ts";
import type { PauseRow } from "./store.ts";

const UNITS: readonly [seconds: number, name: string][] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** A length of time in words: "15 minutes", "day". */
function lengthInWords(seconds: number): string {
  const [unit, name] = UNITS.find(([size]) => seconds % size === 0) ?? [1, "second"];
  const count = seconds / unit;
  return count === 1 ? name : `${count} ${name}s`;
}

export function quotaReason(key: string, { count, seconds, counts = "messages" }: LimitWindow): WaitReason {
  return { kind: "limit", key, detail: `${key} may send ${count} ${counts} per ${lengthInWords(seconds)}, and has` };
}

export function concurrencyReason(key: string, concurrency: number): WaitReason {
  return { kind: "limit", key, detail: `${key} may deliver ${concurrency} messages at once, and does` };
}

export function pauseReason({ key, reason, detail, probe }: PauseRow): WaitReason {
  const rests = probe === null ? "rests" : "rests while one message tries";
  return { kind: "pause", key, detail: `${key} ${rests} (${reason}): ${detail}` };
}
