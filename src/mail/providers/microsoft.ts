/** Microsoft: Outlook.com and Microsoft 365. */
import { both, DAY, MINUTE, type Provider, rule } from "./provider.ts";

const rules: Provider["rules"] = [
  rule(
    { stages: ["auth"], enhanced: ["5.7.139"] },
    {
      id: "microsoft.basic-auth-off",
      about: "account",
      meaning: both(
        "Logging in by password is switched off for this account.",
        "该账号已停用密码登录（基本身份验证）。",
      ),
      advice: both(
        'Use auth.oauth2 with provider "microsoft"; in Microsoft 365, an administrator must also allow Authenticated SMTP for the mailbox.',
        '请使用 auth.oauth2（provider "microsoft"）；Microsoft 365 还需管理员为该邮箱启用“经过身份验证的 SMTP”。',
      ),
    },
  ),
  rule(
    { stages: ["auth"], replies: [535] },
    {
      id: "microsoft.log-in-refused",
      about: "account",
      meaning: both("The log-in is not taken.", "登录不被接受。"),
      advice: both(
        'Check user and secret; passwords are off for most accounts: use auth.oauth2 with provider "microsoft", and let an administrator allow Authenticated SMTP for the mailbox.',
        '请核对账号；多数账号已不允许密码登录：请使用 auth.oauth2（provider "microsoft"），并请管理员为该邮箱启用“经过身份验证的 SMTP”。',
      ),
    },
  ),
  rule(
    { enhanced: ["5.7.57"] },
    {
      id: "microsoft.log-in-missing",
      about: "settings",
      meaning: both("The server wants a log-in first.", "服务器要求先登录。"),
      advice: both("Set auth.", "请设置 auth。"),
    },
  ),
  rule(
    { text: /SendAsDenied|5\.2\.252/i },
    {
      id: "microsoft.from-not-login",
      about: "account",
      meaning: both("The account may not send as that From.", "该账号无权以此地址作为发件人。"),
      advice: both(
        "Use the account's own address, or let an administrator grant Send As.",
        "请使用账号自己的地址，或请管理员授予“代理发送（Send As）”权限。",
      ),
    },
  ),
  rule(
    { enhanced: ["5.7.60"] },
    {
      id: "microsoft.from-not-login",
      about: "account",
      meaning: both("The account may not send as that From.", "该账号无权以此地址作为发件人。"),
      advice: both(
        "Use the account's own address, or let an administrator grant Send As.",
        "请使用账号自己的地址，或请管理员授予“代理发送（Send As）”权限。",
      ),
    },
  ),
  rule(
    { enhanced: ["5.1.90"] },
    {
      id: "microsoft.daily-quota",
      about: "account",
      retryable: true,
      retryAfterSeconds: DAY,
      meaning: both(
        "The account has written to as many recipients as it may in a day.",
        "该账号当天的收件人数已达上限。",
      ),
      advice: both("Send the rest tomorrow, or through another account.", "请明天再发其余邮件，或换一个账号。"),
    },
  ),
  rule(
    { replies: [432], enhanced: ["4.3.2"] },
    {
      id: "microsoft.too-many-connections",
      about: "settings",
      retryAfterSeconds: MINUTE,
      meaning: both("The account sends over more connections than it may.", "该账号同时发送的连接过多。"),
      advice: both("Lower maxConnections to 3.", "请把 maxConnections 调到 3。"),
    },
  ),
  rule(
    { text: /OutboundSpamException/i },
    {
      id: "microsoft.outbound-spam",
      about: "account",
      meaning: both("Microsoft holds the account's mail for spam.", "Microsoft 认为该账号发送垃圾邮件。"),
      advice: both(
        "Sign in on the web and follow what it asks for; an administrator can release the account.",
        "请登录网页按提示处理；管理员可以解除限制。",
      ),
    },
  ),
  rule(
    { enhanced: ["5.7.501", "5.7.502", "5.7.503"] },
    {
      id: "microsoft.sender-barred",
      about: "account",
      meaning: both("The account is barred from sending.", "该账号已被禁止发信。"),
      advice: both(
        "Ask the administrator or Microsoft's support to release it.",
        "请联系管理员或 Microsoft 支持解除。",
      ),
    },
  ),
];

export const microsoftProviders: readonly Provider[] = [
  {
    id: "outlook",
    name: both("Outlook.com", "Outlook.com"),
    aliases: ["hotmail", "outlook.com", "live"],
    domains: [
      "outlook.com",
      "hotmail.com",
      "live.com",
      "msn.com",
      "live.cn",
      "outlook.jp",
      "outlook.de",
      "outlook.fr",
      "hotmail.co.uk",
      "hotmail.fr",
      "hotmail.de",
      "hotmail.it",
      "live.co.uk",
    ],
    host: "smtp-mail.outlook.com",
    port: 587,
    security: "starttls",
    auth: {
      kind: "oauth2",
      how: both(
        'Register an application at Microsoft Entra and use auth.oauth2 with provider "microsoft"; passwords and app passwords are refused in practice.',
        '在 Microsoft Entra 注册应用，并使用 auth.oauth2（provider "microsoft"）；密码和应用密码实际上已不能用。',
      ),
    },
    fromMustBeLogin: true,
    limits: { recipientsPerDay: 300, source: "a third party's page: 300 recipients a day" },
    rules,
  },
  {
    id: "microsoft365",
    name: both("Microsoft 365", "Microsoft 365"),
    aliases: ["office365", "exchange-online", "m365", "o365"],
    domains: [],
    host: "smtp.office365.com",
    port: 587,
    security: "starttls",
    auth: {
      kind: "oauth2",
      how: both(
        'Let an administrator allow Authenticated SMTP for the mailbox (it is off in new tenants), register an application at Microsoft Entra, and use auth.oauth2 with provider "microsoft".',
        '请管理员为邮箱启用“经过身份验证的 SMTP”（新租户默认关闭），在 Microsoft Entra 注册应用，并使用 auth.oauth2（provider "microsoft"）。',
      ),
    },
    fromMustBeLogin: true,
    limits: {
      connections: 3,
      messagesPerMinute: 30,
      recipientsPerDay: 10_000,
      recipientsPerMessage: 500,
      source: "Microsoft's limits of Exchange Online",
    },
    rules,
  },
];
