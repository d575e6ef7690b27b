/** The words of the account mails, in each language. */
import type { Locale } from "../../base/index.ts";
import type { MailContent } from "./layout.ts";

interface Words {
  activation(name: string, siteName: string, url: string, validFor: string): MailContent;
  alreadyRegistered(name: string, siteName: string, url: string): MailContent;
  duration(seconds: number): string;
}

const english: Words = {
  activation: (name, siteName, url, validFor) => ({
    subject: `Activate your ${siteName} account`,
    greeting: `Hello ${name},`,
    paragraphs: [
      `You signed up at ${siteName} with this address. One step is left: confirm that the address is yours.`,
    ],
    button: { label: "Activate my account", url },
    linkHint: "If the button does not work, open this link:",
    footnotes: [
      `The link works for ${validFor}. After that, the log-in page can send you a new one.`,
      "You did not sign up? Then do nothing: without the link the account stays closed.",
    ],
  }),
  alreadyRegistered: (name, siteName, url) => ({
    subject: `You already have a ${siteName} account`,
    greeting: `Hello ${name},`,
    paragraphs: [
      `Somebody asked for an activation mail at ${siteName} with this address. It belongs to your account ${name}, which is active already, so there is nothing to activate.`,
    ],
    button: { label: "Log in", url },
    linkHint: "If the button does not work, open this link:",
    footnotes: ["It was not you? Then do nothing: your account and its password are unchanged."],
  }),
  duration: (seconds) => plural(...wholeUnits(seconds)),
};

const chinese: Words = {
  activation: (name, siteName, url, validFor) => ({
    subject: `请激活您的 ${siteName} 账号`,
    greeting: `${name}，您好！`,
    paragraphs: [`您正在使用这个邮箱注册 ${siteName}。只差最后一步：请确认这个邮箱属于您。`],
    button: { label: "激活我的账号", url },
    linkHint: "如果按钮无法点击，请打开下面的链接：",
    footnotes: [
      `链接在 ${validFor}内有效。过期后，可以在登录页面重新发送激活邮件。`,
      "如果不是您本人注册，请忽略这封邮件：没有这个链接，账号就不会被激活。",
    ],
  }),
  alreadyRegistered: (name, siteName, url) => ({
    subject: `您已经有 ${siteName} 账号了`,
    greeting: `${name}，您好！`,
    paragraphs: [
      `有人在 ${siteName} 用这个邮箱申请了激活邮件。这个邮箱属于您的账号 ${name}，该账号已经激活，无需再次激活。`,
    ],
    button: { label: "去登录", url },
    linkHint: "如果按钮无法点击，请打开下面的链接：",
    footnotes: ["如果不是您本人操作，请忽略这封邮件：您的账号和密码没有任何变化。"],
  }),
  duration: (seconds) => {
    const [amount, unit] = wholeUnits(seconds);
    return `${amount} ${{ day: "天", hour: "小时", minute: "分钟", second: "秒" }[unit]}`;
  },
};

export const mailWords: Readonly<Record<Locale, Words>> = { en: english, "zh-CN": chinese };

type Unit = "day" | "hour" | "minute" | "second";

/** The largest unit in which the time is a whole number. */
function wholeUnits(seconds: number): [number, Unit] {
  for (const [size, unit] of [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return [seconds / size, unit];
  }
  return [seconds, "second"];
}

function plural(amount: number, unit: Unit): string {
  return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
}
