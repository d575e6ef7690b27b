/** Further providers in China: Sina, Sohu, China Mobile (139), China Telecom (189), 263, TOM, Feishu. */
import { neteaseRules } from "./netease.ts";
import { both, DAY, MINUTE, type Provider, type ProviderAuth, rule } from "./provider.ts";

const authorizationCode: ProviderAuth = {
  kind: "authorization-code",
  how: both(
    "Sign in on the web, switch SMTP on in the settings for clients, and use the authorization code that is shown there.",
    "登录网页邮箱，在客户端设置中开启 SMTP 服务，并使用其中显示的授权码。",
  ),
};

const password: ProviderAuth = {
  kind: "password",
  how: both(
    "The mailbox's password, or the client password where the settings offer one; SMTP must be switched on there.",
    "使用邮箱密码；若设置中提供客户端专用密码，请使用它，并开启 SMTP 服务。",
  ),
};

const sinaRules: Provider["rules"] = [
  rule(
    { text: /too many connect/i },
    {
      id: "sina.too-many-connections",
      about: "settings",
      retryable: true,
      retryAfterSeconds: 5 * MINUTE,
      meaning: both("There are more connections than Sina takes.", "连接数超过新浪邮箱的限制。"),
      advice: both("Lower maxConnections, and wait some minutes.", "请调小 maxConnections，并等待几分钟。"),
    },
  ),
  // The codes are those of NetEase's software; RP:TRC is known from Sina too.
  ...neteaseRules.filter(({ diagnosis }) => diagnosis.id === "netease.daily-recipients"),
];

const sohuRules: Provider["rules"] = [
  rule(
    { replies: [553], text: /SENDER REJECT/i },
    {
      id: "sohu.quota",
      about: "account",
      retryable: true,
      retryAfterSeconds: DAY,
      meaning: both("The account has sent as much as it may.", "该账号的发送数量已达上限。"),
      advice: both("Send the rest tomorrow, or through another account.", "请明天再发其余邮件，或换一个账号。"),
    },
  ),
];

/** Sina's filter refuses a From that is folded over two lines. */
const sinaHeaders = { words: "base64", foldFrom: false } as const;

type Differences = Pick<Provider, "id" | "name" | "domains"> & Partial<Provider>;

function provider(host: string, { id, name, domains, ...more }: Differences): Provider {
  const usual = { port: 465, security: "tls", auth: password, fromMustBeLogin: true, rules: [] } as const;
  return { id, name, domains, host, ...usual, ...more };
}

function sina(domain: string, aliases: readonly string[] = []): Provider {
  return provider(`smtp.${domain}`, {
    id: domain,
    name: both(`Sina Mail ${domain}`, `新浪邮箱 ${domain}`),
    aliases,
    domains: [domain],
    auth: authorizationCode,
    headerEncoding: sinaHeaders,
    rules: sinaRules,
  });
}

export const chineseProviders: readonly Provider[] = [
  sina("sina.com", ["sina"]),
  sina("sina.cn"),
  sina("vip.sina.com", ["sina-vip"]),
  provider("smtp.sohu.com", {
    id: "sohu",
    name: both("Sohu Mail", "搜狐邮箱"),
    aliases: ["sohu.com"],
    domains: ["sohu.com"],
    auth: authorizationCode,
    rules: sohuRules,
  }),
  provider("smtp.139.com", {
    id: "139",
    name: both("China Mobile 139 Mail", "中国移动 139 邮箱"),
    aliases: ["139.com"],
    domains: ["139.com"],
    auth: authorizationCode,
  }),
  provider("smtp.189.cn", {
    id: "189",
    name: both("China Telecom 189 Mail", "中国电信 189 邮箱"),
    aliases: ["189.cn"],
    domains: ["189.cn"],
    auth: authorizationCode,
  }),
  provider("smtp.263.net", {
    id: "263",
    name: both("263 enterprise mail", "263 企业邮箱"),
    aliases: ["263.net"],
    domains: ["263.net"],
  }),
  provider("smtp.tom.com", {
    id: "tom",
    name: both("TOM Mail", "TOM 邮箱"),
    aliases: ["tom.com"],
    domains: ["tom.com"],
  }),
  provider("smtp.feishu.cn", {
    id: "feishu",
    name: both("Feishu Mail", "飞书邮箱"),
    domains: [],
    auth: {
      kind: "app-password",
      how: both(
        "Make a dedicated password for clients in Feishu Mail's settings (third-party clients).",
        "在飞书邮箱的设置中，为第三方客户端生成专用密码。",
      ),
    },
  }),
  provider("smtp.larksuite.com", {
    id: "lark",
    name: both("Lark Mail", "Lark 邮箱"),
    domains: [],
    auth: {
      kind: "app-password",
      how: both(
        "Make a dedicated password for clients in Lark Mail's settings (third-party clients).",
        "在 Lark 邮箱的设置中，为第三方客户端生成专用密码。",
      ),
    },
  }),
];
