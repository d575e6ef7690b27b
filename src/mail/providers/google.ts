/** Google: Gmail, and the relay of Workspace. */
import { both, DAY, HOUR, type Provider, rule } from "./provider.ts";

const rules: Provider["rules"] = [
  rule(
    { enhanced: ["5.4.5"] },
    {
      id: "gmail.daily-quota",
      about: "account",
      retryable: true,
      retryAfterSeconds: DAY,
      meaning: both(
        "The account has written to as many recipients as it may in 24 hours.",
        "该账号 24 小时内的收件人数已达上限。",
      ),
      advice: both("Send the rest tomorrow, or through another account.", "请明天再发其余邮件，或换一个账号。"),
    },
  ),
  rule(
    { enhanced: ["4.2.1"] },
    {
      id: "gmail.recipient-rate",
      about: "recipient",
      retryAfterSeconds: HOUR,
      meaning: both("The recipient gets mail faster than Gmail allows.", "该收件人收信过于频繁。"),
      advice: both("Try again later.", "请稍后再试。"),
    },
  ),
  rule(
    { stages: ["auth"], enhanced: ["5.7.9"] },
    {
      id: "gmail.app-password-needed",
      about: "account",
      meaning: both("Google wants an app password in place of the account's.", "Google 要求使用应用专用密码。"),
      advice: both(
        "Switch 2-step verification on and make an app password at myaccount.google.com/apppasswords, or use auth.oauth2.",
        "请开启两步验证，并在 myaccount.google.com/apppasswords 生成应用专用密码，或改用 auth.oauth2。",
      ),
    },
  ),
  rule(
    { stages: ["auth"], enhanced: ["4.7.0"] },
    {
      id: "gmail.log-in-lock",
      about: "account",
      retryAfterSeconds: HOUR,
      meaning: both("There were too many log-ins.", "登录次数过多。"),
      advice: both(
        "Wait an hour, and keep connections open in place of logging in for each message.",
        "请等待一小时，并复用连接，不要每封邮件都登录。",
      ),
    },
  ),
  rule(
    { stages: ["auth"], replies: [535] },
    {
      id: "gmail.log-in-refused",
      about: "account",
      meaning: both(
        "User and password are not taken; the account's own password never is.",
        "账号或密码不被接受；Google 账号本身的密码不能用于 SMTP。",
      ),
      advice: both(
        "Switch 2-step verification on and make an app password at myaccount.google.com/apppasswords, or use auth.oauth2.",
        "请开启两步验证，并在 myaccount.google.com/apppasswords 生成应用专用密码，或改用 auth.oauth2。",
      ),
    },
  ),
  rule(
    { stages: ["data", "content", "final"], replies: [552], enhanced: ["5.7.0"] },
    {
      id: "gmail.attachment",
      about: "content",
      meaning: both("An attachment is of a kind that Gmail blocks.", "附件属于 Gmail 禁止的类型。"),
      advice: both("Link to the file in place of attaching it.", "请用下载链接代替附件。"),
    },
  ),
];

const appPassword = {
  kind: "app-password",
  // Google shows it in four groups with blanks between, which may stay.
  looksLike: /^(?:[a-z]{4} ?){3}[a-z]{4}$/,
  how: both(
    'Switch 2-step verification on and make an app password at myaccount.google.com/apppasswords: 16 letters. Or use auth.oauth2 with provider "google".',
    '开启两步验证后，在 myaccount.google.com/apppasswords 生成 16 位应用专用密码；或使用 auth.oauth2（provider "google"）。',
  ),
} as const;

export const googleProviders: readonly Provider[] = [
  {
    id: "gmail",
    name: both("Gmail and Google Workspace", "Gmail 与 Google Workspace"),
    aliases: ["google", "gmail.com", "googlemail", "workspace"],
    domains: ["gmail.com", "googlemail.com"],
    host: "smtp.gmail.com",
    port: 465,
    security: "tls",
    auth: appPassword,
    fromMustBeLogin: false,
    limits: {
      recipientsPerMessage: 100,
      recipientsPerDay: 500,
      source: "Google's help: about 500 recipients in 24 hours (Workspace 2,000), 100 per message by SMTP",
    },
    rules,
  },
  {
    id: "workspace-relay",
    name: both("Google Workspace SMTP relay", "Google Workspace SMTP 中继"),
    aliases: ["gmail-relay", "google-relay"],
    domains: [],
    host: "smtp-relay.gmail.com",
    port: 465,
    security: "tls",
    auth: {
      kind: "app-password",
      how: both(
        "Switch the SMTP relay on in the Admin console; log in with an app password, or register this machine's address there.",
        "在管理控制台开启 SMTP 中继；用应用专用密码登录，或在那里登记本机 IP。",
      ),
    },
    fromMustBeLogin: false,
    limits: {
      recipientsPerDay: 10_000,
      source: "Google's help: 10,000 recipients a day per user",
    },
    rules,
  },
];
