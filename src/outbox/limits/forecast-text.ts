/** A forecast in words, English and Chinese. */
import type { WaitReason } from "../seams.ts";

/** The same in English and Chinese. */
export interface BilingualText {
  readonly en: string;
  readonly zh: string;
}

interface Facts {
  kind: "waiting" | "under-way" | "never";
  ahead: number;
  isAtLeast: boolean;
  leavesAt?: number;
  isTooLate: boolean;
  reason?: WaitReason | undefined;
  now: number;
}

export function forecastText(facts: Facts): BilingualText {
  if (facts.kind === "under-way") return { en: "A worker is sending it now.", zh: "正在发送。" };
  if (facts.kind === "never") {
    return { en: "Nothing more will be tried by itself.", zh: "不会再自动发送。" };
  }
  const sentences = [leaving(facts), before(facts), why(facts.reason), tooLate(facts.isTooLate)];
  const said = sentences.filter((sentence) => sentence !== undefined);
  return { en: said.map(({ en }) => en).join(" "), zh: said.map(({ zh }) => zh).join("") };
}

function leaving({ leavesAt = 0, now, isAtLeast }: Facts): BilingualText {
  if (leavesAt <= now) return { en: "It leaves as soon as a worker is free.", zh: "一有空闲的工作进程就会发送。" };
  const time = new Date(leavesAt).toISOString();
  return isAtLeast
    ? { en: `It leaves at ${time} at the earliest.`, zh: `最早于 ${time} 发送。` }
    : { en: `It leaves at about ${time}.`, zh: `预计于 ${time} 左右发送。` };
}

function before({ ahead, isAtLeast }: Facts): BilingualText | undefined {
  if (ahead === 0) return undefined;
  const [en, zh] = isAtLeast ? ["At least ", "至少"] : ["", ""];
  const are = ahead === 1 ? "message goes" : "messages go";
  return { en: `${en}${ahead} ${are} before it.`, zh: `前面${zh}有 ${ahead} 封邮件。` };
}

const chinese: Readonly<Record<WaitReason["kind"], string>> = {
  retry: "上次发送失败，等待重试",
  scheduled: "设定了稍后发送",
  limit: "发送数量已达上限",
  pause: "该通道暂停发送",
  hold: "等待人工处理",
};

function why(reason: WaitReason | undefined): BilingualText | undefined {
  if (reason === undefined) return undefined;
  const { kind, key, detail, zh = `${chinese[kind]}${key === "" ? "" : `（${key}）`}` } = reason;
  return { en: `It waits because ${detail.replace(/\.$/, "")}.`, zh: `原因：${zh.replace(/。$/, "")}。` };
}

function tooLate(isTooLate: boolean): BilingualText | undefined {
  if (!isTooLate) return undefined;
  return { en: "Its time is over before then: it will fail.", zh: "届时邮件已过期，将标记为失败。" };
}
