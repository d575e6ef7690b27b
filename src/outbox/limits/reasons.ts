/** Why a message waits, as its row keeps it: in English and in Chinese. */
import type { WaitReason } from "../seams.ts";
import type { BilingualText } from "./forecast-text.ts";
import type { PauseReason } from "./pause.ts";
import type { ScopeWindow } from "./scopes.ts";
import type { PauseRow } from "./store.ts";

const UNITS: readonly [seconds: number, en: string, zh: string][] = [
  [86_400, "day", "天"],
  [3_600, "hour", "小时"],
  [60, "minute", "分钟"],
  [1, "second", "秒"],
];

/** A length of time in words: "15 minutes", "day"; "每 15 分钟", "每天". */
function lengthInWords(seconds: number): { en: string; zh: string } {
  const [unit, en, zh] = UNITS.find(([size]) => seconds % size === 0) ?? [1, "second", "秒"];
  const count = seconds / unit;
  return count === 1 ? { en, zh: `每${zh}` } : { en: `${count} ${en}s`, zh: `每 ${count} ${zh}` };
}

/** How much a window lets through, and since when it is so. */
export function windowText({ count, seconds, counts = "messages", isLearned }: ScopeWindow): BilingualText {
  const length = lengthInWords(seconds);
  const [since, sinceZh] = isLearned === true ? [" since it was refused for more", "曾因发送过快被拒，现在"] : ["", ""];
  const what = counts === "messages" ? "封邮件" : "个收件人";
  return {
    en: `may send ${count} ${counts} per ${length.en}${since}`,
    zh: `${sinceZh}${length.zh}最多发送 ${count} ${what}`,
  };
}

export function quotaReason(key: string, window: ScopeWindow): WaitReason {
  const { en, zh } = windowText(window);
  return { kind: "limit", key, detail: `${key} ${en}, and has`, zh: `${key} ${zh}，已用完` };
}

/** How many messages go at once, and since when it is so. */
export function concurrencyText(count: number, isLearned: boolean): BilingualText {
  const [since, sinceZh] = isLearned ? [" since it was refused for more", "曾因同时连接过多被拒，现在"] : ["", ""];
  return {
    en: `may deliver ${count} ${count === 1 ? "message" : "messages"} at once${since}`,
    zh: `${sinceZh}最多同时发送 ${count} 封邮件`,
  };
}

export function concurrencyReason(key: string, count: number, isLearned = false): WaitReason {
  const { en, zh } = concurrencyText(count, isLearned);
  return { kind: "limit", key, detail: `${key} ${en}, and does`, zh: `${key} ${zh}，目前已满` };
}

/** Why a scope rests, in Chinese; in English the reason's own word says it. */
const restsZh: Readonly<Record<PauseReason, string>> = {
  auth: "登录被拒绝",
  quota: "发送额度已用完",
  rate: "发送过快",
  barred: "账号被限制发信",
  connection: "无法连接服务器",
  operator: "人工暂停",
};

/** What stands beside a scope that rests or failed: why, and the words that it was learned from. */
export function restText({ reason, detail, detail_zh }: PauseRow): BilingualText {
  const why = restsZh[reason as PauseReason] ?? reason;
  const zh = detail_zh ?? detail;
  return {
    en: detail === "" ? reason : `${reason}: ${detail}`,
    zh: zh === "" ? why : `${why}：${zh}`,
  };
}

export function pauseReason(row: PauseRow): WaitReason {
  const { key, reason, detail, detail_zh, probe } = row;
  const rests = probe === null ? "rests" : "rests while one message tries";
  const why = restsZh[reason as PauseReason] ?? reason;
  const zh = detail_zh ?? detail;
  return {
    kind: "pause",
    key,
    detail: `${key} ${rests} (${reason})${detail === "" ? "" : `: ${detail}`}`,
    zh: `${key} ${probe === null ? "暂停发送" : "暂停发送，正用一封邮件试探"}（${why}）${zh === "" ? "" : `：${zh}`}`,
  };
}

/** What was put off for a scope that has become open since, and comes back at the time it was given. */
export function putOffReason(key: string): WaitReason {
  return {
    kind: "scheduled",
    key,
    detail: `it was put off for ${key}, which is open again`,
    zh: `曾因 ${key} 受限而推迟，该限制现已解除`,
  };
}
