/** Tencent (腾讯): QQ, Foxmail, the enterprise mail (exmail), and the cloud's mail push by SMTP. */
import { both, HOUR, MINUTE, type Provider, rule } from "./provider.ts";

const qqRules: Provider["rules"] = [
  rule(
    { stages: ["auth"], replies: [535] },
    {
      id: "qq.log-in-refused",
      about: "account",
      // Quick log-ins are answered by this too, and by a lock of a quarter of an hour or more.
      retryAfterSeconds: 15 * MINUTE,
      meaning: both(
        "QQ says the same for five causes: a wrong authorization code, SMTP not switched on, an abnormal account, too many log-ins, or a busy system.",
        "QQ 邮箱对五种原因给出同样的答复：授权码错误、未开启服务、账号异常、登录过于频繁、系统繁忙。",
      ),
      advice: both(
        "Use the 16-letter authorization code from Settings, Account, not the QQ password; if it is right, wait 15 minutes before the next log-in.",
        "请使用“设置 - 账号”中生成的 16 位授权码，而不是 QQ 密码；若授权码无误，请等待 15 分钟再登录。",
      ),
    },
  ),
  rule(
    { replies: [550], text: /from.{0,3} header/i },
    {
      id: "qq.from-header",
      about: "content",
      meaning: both("The From header is not written as QQ reads it.", "信头 From 的写法不符合 QQ 邮箱的要求。"),
      advice: both(
        'Write From as a name in ASCII or =?UTF-8?B?...?=, a space and <address>: headerEncoding { words: "base64", foldFrom: false } does.',
        'From 须为“ASCII 昵称或 =?UTF-8?B?...?= + 空格 + <地址>”；headerEncoding { words: "base64", foldFrom: false } 会这样写。',
      ),
    },
  ),
  rule(
    { text: /must be same as authori|mail from address must/i },
    {
      id: "qq.from-not-login",
      about: "account",
      meaning: both("From is not the address that logs in.", "发件人与登录账号不一致。"),
      advice: both(
        "Set from (DEFAULT_FROM_EMAIL) to the address in user (EMAIL_HOST_USER).",
        "请把发件人（DEFAULT_FROM_EMAIL）设为登录账号（EMAIL_HOST_USER）的地址。",
      ),
    },
  ),
  rule(
    { stages: ["mail"], replies: [501, 553] },
    {
      id: "qq.from-not-login",
      about: "account",
      meaning: both("From is not the address that logs in.", "发件人与登录账号不一致。"),
      advice: both(
        "Set from (DEFAULT_FROM_EMAIL) to the address in user (EMAIL_HOST_USER).",
        "请把发件人（DEFAULT_FROM_EMAIL）设为登录账号（EMAIL_HOST_USER）的地址。",
      ),
    },
  ),
  rule(
    { text: /\bip frequency limit|connection frequency limit/i },
    {
      id: "qq.address-rate",
      about: "address",
      retryable: true,
      retryAfterSeconds: HOUR,
      meaning: both("This machine's address sends or connects too often.", "本机 IP 的连接或发送过于频繁。"),
      advice: both(
        "Wait an hour or more, then send more slowly over fewer connections.",
        "请等待一小时以上，并减少连接、放慢速度。",
      ),
    },
  ),
  rule(
    { text: /(?:sender|domain) frequency limit|frequency limited/i },
    {
      id: "qq.sender-rate",
      about: "account",
      retryable: true,
      retryAfterSeconds: HOUR,
      meaning: both(
        "The account or its domain sends too often; QQ keeps the figures secret.",
        "账号或其域名的发送频率超过限制（具体数值不公开）。",
      ),
      advice: both(
        "Wait an hour or more, then send more slowly: set maxPerWindow.",
        "请等待一小时以上，并用 maxPerWindow 放慢速度。",
      ),
    },
  ),
  rule(
    { replies: [550], text: /content denied/i },
    {
      id: "qq.content-denied",
      about: "content",
      meaning: both("QQ takes the content for spam.", "邮件内容被判定为垃圾邮件。"),
      advice: both(
        "Change subject, text and links; the same message will be refused again.",
        "请修改主题、正文和链接；原样重发仍会被拒。",
      ),
    },
  ),
  rule(
    { replies: [550], text: /mailbox (?:unavailable|not found)/i },
    {
      id: "qq.mailbox-unavailable",
      about: "recipient",
      meaning: both("The recipient's mailbox does not exist or takes no mail.", "收件人的邮箱不存在或拒收。"),
      advice: both("Check the address; do not send there again as it is.", "请检查地址；确认之前不要再向它发送。"),
    },
  ),
  rule(
    { replies: [503], text: /mail ?from first/i },
    {
      id: "qq.sender-first",
      about: "account",
      meaning: both("The sender was not taken before.", "此前的发件人（MAIL FROM）未被接受。"),
      advice: both(
        "Set from (DEFAULT_FROM_EMAIL) to the address in user.",
        "请把发件人（DEFAULT_FROM_EMAIL）设为登录账号的地址。",
      ),
    },
  ),
];

const qqHeaders = { words: "base64", foldFrom: false } as const;
const secretLimits = {
  connections: 2,
  logInsPerQuarterHour: 20,
  source:
    "one report of a lock after about 20 quick log-ins; the connections are chosen here, as QQ keeps its limits secret",
};

export const tencentProviders: readonly Provider[] = [
  {
    id: "qq",
    name: both("QQ Mail", "QQ 邮箱"),
    aliases: ["qq.com", "foxmail", "qqmail"],
    domains: ["qq.com", "vip.qq.com", "foxmail.com"],
    host: "smtp.qq.com",
    port: 465,
    security: "tls",
    auth: {
      kind: "authorization-code",
      looksLike: /^[A-Za-z]{16}$/,
      how: both(
        "Sign in on the web, open Settings, Account, switch IMAP/SMTP on and make an authorization code: 16 letters.",
        "登录网页邮箱，打开“设置 - 账号”，开启 IMAP/SMTP 服务并生成 16 位授权码。",
      ),
    },
    fromMustBeLogin: true,
    limits: secretLimits,
    headerEncoding: qqHeaders,
    rules: qqRules,
  },
  {
    id: "exmail",
    name: both("Tencent enterprise mail (exmail)", "腾讯企业邮箱"),
    aliases: ["qq-enterprise", "exmail.qq.com", "wecom"],
    domains: ["exmail.qq.com"],
    host: "smtp.exmail.qq.com",
    port: 465,
    security: "tls",
    auth: {
      kind: "password",
      how: both(
        "The account's password, or the client password made in the mailbox's settings where secure log-in is switched on.",
        "使用账号密码；若开启了安全登录，请在邮箱设置中生成客户端专用密码。",
      ),
    },
    fromMustBeLogin: true,
    limits: { ...secretLimits, source: "as QQ, and a daily quota that the whole domain shares and that changes" },
    headerEncoding: qqHeaders,
    rules: qqRules,
  },
  {
    id: "tencent-ses",
    name: both("Tencent Cloud SES by SMTP", "腾讯云邮件推送 SMTP"),
    aliases: ["qcloudmail"],
    domains: [],
    host: "smtp.qcloudmail.com",
    port: 465,
    security: "tls",
    auth: {
      kind: "password",
      how: both(
        "Set an SMTP password for the sender address in the SES console.",
        "在邮件推送控制台为发信地址设置 SMTP 密码。",
      ),
    },
    fromMustBeLogin: true,
    rules: [],
  },
];
