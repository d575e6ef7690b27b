/** Mailboxes elsewhere: iCloud, Yahoo, Zoho, Yandex, Mail.ru, Naver, Proton, Fastmail, GMX and others. */
import { both, DAY, HOUR, type Provider, type ProviderAuth, rule } from "./provider.ts";

function appPassword(en: string, zh: string): ProviderAuth {
  return { kind: "app-password", how: both(en, zh) };
}

type Differences = Pick<Provider, "id" | "name" | "domains" | "auth"> & Partial<Provider>;

function provider(host: string, { id, name, domains, auth, ...more }: Differences): Provider {
  const usual = { port: 465, security: "tls", fromMustBeLogin: true, rules: [] } as const;
  return { id, name, domains, host, auth, ...usual, ...more };
}

const submission = { port: 587, security: "starttls" } as const;

const icloudRules: Provider["rules"] = [
  rule(
    { stages: ["mail", "rcpt", "final"], replies: [450, 451, 452], text: /limit|quota|exceed|too many/i },
    {
      id: "icloud.quota",
      about: "account",
      retryAfterSeconds: HOUR,
      meaning: both("The account has sent as much as it may for now.", "该账号的发送数量已达上限。"),
      advice: both("Wait, and send the rest later.", "请稍后再发其余邮件。"),
    },
  ),
];

const yahooRules: Provider["rules"] = [
  rule(
    { replies: [421, 451], enhanced: ["4.7."] },
    {
      id: "yahoo.rate",
      about: "account",
      retryAfterSeconds: HOUR,
      meaning: both("Yahoo holds mail back for its rate or for complaints.", "Yahoo 因发送过快或被投诉而暂缓收信。"),
      advice: both("Wait an hour, then send more slowly.", "请等待一小时，并放慢发送速度。"),
    },
  ),
];

const yandexRules: Provider["rules"] = [
  rule(
    { text: /suspicion of spam/i },
    {
      id: "yandex.spam",
      about: "content",
      // Trying on makes the block longer.
      retryAfterSeconds: DAY,
      meaning: both(
        "Yandex suspects spam, and blocks the account for 24 hours.",
        "Yandex 怀疑是垃圾邮件，并封禁账号 24 小时。",
      ),
      advice: both(
        "Send nothing for 24 hours: each further try makes the block longer. Then change the content.",
        "请停止发送 24 小时，继续尝试会延长封禁；之后请修改内容。",
      ),
    },
  ),
  rule(
    { replies: [553], text: /not owned by auth user|sender address rejected/i },
    {
      id: "yandex.from-not-login",
      about: "account",
      meaning: both("From is not the address that logs in.", "发件人与登录账号不一致。"),
      advice: both(
        "Set from (DEFAULT_FROM_EMAIL) to the address in user.",
        "请把发件人（DEFAULT_FROM_EMAIL）设为登录账号的地址。",
      ),
    },
  ),
];

const purelymailRules: Provider["rules"] = [
  rule(
    { replies: [501], enhanced: ["5.1.7"] },
    {
      id: "purelymail.encoded-from",
      about: "content",
      meaning: both("The server takes no From whose name is encoded.", "该服务器不接受编码过的发件人姓名。"),
      advice: both("Write the sender's name in ASCII, or leave it out.", "请用 ASCII 书写发件人姓名，或去掉姓名。"),
    },
  ),
];

const zohoAuth = appPassword(
  "The account's password, or an app password from accounts.zoho.com where two-factor is on; a log-in at another region's server is refused.",
  "使用账号密码；若开启了双重验证，请生成应用专用密码。登录其他区域的服务器会被拒绝。",
);

function zoho(region: string, more: readonly string[] = []): Provider {
  return provider(`smtp.zoho.${region}`, {
    id: region === "com" ? "zoho" : `zoho-${region.split(".").at(-1)}`,
    name: both(`Zoho Mail (zoho.${region})`, `Zoho 邮箱（zoho.${region}）`),
    aliases: [`zoho.${region}`],
    domains: [`zoho.${region}`, ...more],
    auth: zohoAuth,
    limits: { messagesPerDay: 50, source: "Zoho's pages: 50 to 300 a day by plan" },
  });
}

const gmxAuth: ProviderAuth = {
  kind: "password",
  how: both(
    "Switch POP3 and IMAP on in the mailbox's settings; with two-factor on, make an app password.",
    "在邮箱设置中开启 POP3/IMAP；若开启了双重验证，请生成应用专用密码。",
  ),
};

export const internationalProviders: readonly Provider[] = [
  provider("smtp.mail.me.com", {
    id: "icloud",
    name: both("iCloud Mail", "iCloud 邮箱"),
    aliases: ["apple", "me.com"],
    domains: ["icloud.com", "me.com", "mac.com"],
    ...submission,
    auth: appPassword(
      "Make an app-specific password at account.apple.com, Sign-In and Security.",
      "在 account.apple.com 的“登录与安全”中生成 App 专用密码。",
    ),
    limits: {
      messagesPerDay: 1_000,
      recipientsPerDay: 1_000,
      recipientsPerMessage: 500,
      source: "Apple's help: 1,000 messages and recipients a day, 500 per message",
    },
    rules: icloudRules,
  }),
  provider("smtp.mail.yahoo.com", {
    id: "yahoo",
    name: both("Yahoo Mail", "Yahoo 邮箱"),
    aliases: ["yahoo.com", "ymail"],
    domains: [
      "yahoo.com",
      "ymail.com",
      "rocketmail.com",
      "yahoo.co.uk",
      "yahoo.fr",
      "yahoo.de",
      "yahoo.it",
      "yahoo.es",
      "yahoo.ca",
      "yahoo.co.in",
      "yahoo.com.br",
      "yahoo.com.au",
      "yahoo.com.hk",
      "yahoo.com.tw",
      "yahoo.com.sg",
    ],
    auth: appPassword(
      "Make an app password in Yahoo's account security page.",
      "在 Yahoo 的账号安全页面生成应用专用密码。",
    ),
    limits: {
      recipientsPerMessage: 100,
      messagesPerDay: 500,
      messagesPerConnection: 20,
      source: "Yahoo's help: 500 a day, 100 recipients per message, 20 messages per connection",
    },
    rules: yahooRules,
  }),
  provider("smtp.aol.com", {
    id: "aol",
    name: both("AOL Mail", "AOL 邮箱"),
    aliases: ["aol.com"],
    domains: ["aol.com", "aim.com"],
    auth: appPassword(
      "Make an app password in AOL's account security page.",
      "在 AOL 的账号安全页面生成应用专用密码。",
    ),
    rules: yahooRules,
  }),
  zoho("com", ["zohomail.com"]),
  zoho("eu", ["zohomail.eu"]),
  zoho("in", ["zohomail.in"]),
  zoho("com.au"),
  zoho("jp"),
  zoho("com.cn"),
  zoho("sa"),
  provider("smtp.yandex.ru", {
    id: "yandex",
    name: both("Yandex Mail", "Yandex 邮箱"),
    aliases: ["yandex.ru", "yandex.com"],
    domains: ["yandex.ru", "yandex.com", "ya.ru", "yandex.by", "yandex.kz"],
    auth: appPassword(
      "Allow mail clients in the mailbox's settings, and make an app password at id.yandex.ru.",
      "在邮箱设置中允许邮件客户端，并在 id.yandex.ru 生成应用密码。",
    ),
    limits: {
      recipientsPerMessage: 35,
      recipientsPerDay: 500,
      source: "Yandex's help: 500 recipients in 24 hours, 35 per message by SMTP",
    },
    rules: yandexRules,
  }),
  provider("smtp.mail.ru", {
    id: "mail.ru",
    name: both("Mail.ru", "Mail.ru 邮箱"),
    aliases: ["mailru"],
    domains: ["mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"],
    auth: appPassword(
      "Make a password for external applications in the account's security settings.",
      "在账号的安全设置中生成外部应用专用密码。",
    ),
  }),
  provider("smtp.naver.com", {
    id: "naver",
    name: both("Naver Mail", "Naver 邮箱"),
    aliases: ["naver.com"],
    domains: ["naver.com"],
    ...submission,
    auth: appPassword(
      "Switch SMTP on in the mail settings; with two-step verification on, make an application password.",
      "在邮箱设置中开启 SMTP；若开启了两步验证，请生成应用密码。",
    ),
  }),
  provider("smtp.protonmail.ch", {
    id: "proton",
    name: both("Proton Mail (SMTP submission)", "Proton 邮箱（SMTP 令牌）"),
    aliases: ["protonmail"],
    domains: [],
    ...submission,
    auth: {
      kind: "app-password",
      how: both(
        "Make an SMTP token in Proton's settings (paid plans, for addresses of your own domain); other accounts use the Bridge.",
        "在 Proton 设置中生成 SMTP 令牌（付费方案，仅限自有域名）；其他账号请使用 Bridge。",
      ),
    },
  }),
  provider("127.0.0.1", {
    id: "proton-bridge",
    name: both("Proton Mail Bridge", "Proton Mail Bridge"),
    aliases: ["bridge"],
    domains: ["proton.me", "protonmail.com", "pm.me", "protonmail.ch"],
    port: 1025,
    security: "starttls",
    auth: {
      kind: "app-password",
      how: both(
        "Run Proton Mail Bridge on this machine, use the user and password that it shows, and give its exported certificate as tls.ca.",
        "在本机运行 Proton Mail Bridge，使用它显示的用户名和密码，并把导出的证书设为 tls.ca。",
      ),
    },
  }),
  provider("smtp.fastmail.com", {
    id: "fastmail",
    name: both("Fastmail", "Fastmail"),
    domains: ["fastmail.com", "fastmail.fm"],
    auth: appPassword(
      "Make an app password in Settings, Privacy & Security.",
      "在设置的“Privacy & Security”中生成应用专用密码。",
    ),
  }),
  provider("mail.gmx.net", {
    id: "gmx",
    name: both("GMX (gmx.de, gmx.net)", "GMX(gmx.de、gmx.net)"),
    aliases: ["gmx.net"],
    domains: ["gmx.de", "gmx.net", "gmx.at", "gmx.ch"],
    ...submission,
    auth: gmxAuth,
  }),
  provider("mail.gmx.com", {
    id: "gmx.com",
    name: both("GMX (gmx.com)", "GMX(gmx.com)"),
    domains: ["gmx.com", "gmx.us", "gmx.co.uk"],
    ...submission,
    auth: gmxAuth,
  }),
  provider("smtp.web.de", {
    id: "web.de",
    name: both("WEB.DE", "WEB.DE"),
    aliases: ["webde"],
    domains: ["web.de"],
    ...submission,
    auth: gmxAuth,
  }),
  provider("posteo.de", {
    id: "posteo",
    name: both("Posteo", "Posteo"),
    domains: ["posteo.de", "posteo.net"],
    auth: { kind: "password", how: both("The mailbox's password.", "使用邮箱密码。") },
  }),
  provider("smtp.mailbox.org", {
    id: "mailbox.org",
    name: both("mailbox.org", "mailbox.org"),
    domains: ["mailbox.org"],
    auth: {
      kind: "password",
      how: both("The mailbox's password, or an application password.", "使用邮箱密码或应用专用密码。"),
    },
  }),
  provider("smtp.purelymail.com", {
    id: "purelymail",
    name: both("Purelymail", "Purelymail"),
    domains: ["purelymail.com"],
    auth: appPassword(
      "The account's password; with two-factor on, an app password.",
      "使用账号密码；若开启了双重验证，请生成应用专用密码。",
    ),
    rules: purelymailRules,
  }),
];
