/** NetEase (网易): 163, 126, yeah.net, 188, their VIP mailboxes and the enterprise mail. */
import { both, DAY, HOUR, MINUTE, type Provider, type ProviderAuth, rule } from "./provider.ts";

/**
 * By NetEase's list of return codes, as it is mirrored in public pages (mail.163.com/help/help_spam_16): two letters for
 * who refuses, three for why.
 */
export const neteaseRules: Provider["rules"] = [
  rule(
    { text: /ERR\.LOGIN\.PASSERR/i },
    {
      id: "netease.wrong-password",
      about: "account",
      // The enterprise mail says it by 460, as if it could pass.
      retryable: false,
      meaning: both("User or password is wrong.", "账号或密码错误。"),
      advice: both(
        "Check both; where client passwords are switched on, use one of those.",
        "请核对账号和密码；若已启用客户端专用密码，请使用它。",
      ),
    },
  ),
  rule(
    { text: /too much fail/i },
    {
      id: "netease.log-in-lock",
      about: "account",
      retryAfterSeconds: 30 * MINUTE,
      meaning: both(
        "Too many log-ins failed, so the account is locked for a while.",
        "登录失败次数过多，账号被暂时锁定。",
      ),
      advice: both(
        "Correct the authorization code, and wait half an hour before the next log-in.",
        "请改正授权码，并等待半小时后再登录。",
      ),
    },
  ),
  rule(
    { replies: [550], text: /User has no permission/i },
    {
      id: "netease.smtp-off",
      about: "account",
      meaning: both("SMTP is not switched on for this mailbox.", "该邮箱没有开启 SMTP 服务。"),
      advice: both(
        "Sign in on the web, open Settings, POP3/SMTP/IMAP, switch SMTP on, and use the authorization code that is shown then.",
        "请登录网页邮箱，在“设置 - POP3/SMTP/IMAP”中开启 SMTP 服务，并使用随后显示的授权码。",
      ),
    },
  ),
  rule(
    { stages: ["auth"], replies: [535] },
    {
      id: "netease.log-in-refused",
      about: "account",
      meaning: both(
        "User or authorization code is wrong, or SMTP is not switched on.",
        "账号或授权码错误，或没有开启 SMTP 服务。",
      ),
      advice: both(
        "Sign in on the web, open Settings, POP3/SMTP/IMAP, switch SMTP on, and use the authorization code, not the password of the web page. A code ends when the password is changed.",
        "请登录网页邮箱，在“设置 - POP3/SMTP/IMAP”中开启 SMTP 服务，使用授权码而不是登录密码；修改密码后授权码会失效。",
      ),
    },
  ),
  rule(
    { replies: [553], text: /Mail from must equal authorized user/i },
    {
      id: "netease.from-not-login",
      about: "account",
      meaning: both("From is not the address that logs in.", "发件人与登录账号不一致。"),
      advice: both(
        "Set from (DEFAULT_FROM_EMAIL) to the address in user (EMAIL_HOST_USER).",
        "请把发件人（DEFAULT_FROM_EMAIL）设为登录账号（EMAIL_HOST_USER）的地址。",
      ),
    },
  ),
  rule(
    { replies: [553], text: /Local user only/i },
    {
      id: "netease.from-not-login",
      about: "account",
      meaning: both("From is not an address of this provider.", "发件人不是网易的邮箱地址。"),
      advice: both(
        "Log in, and set from (DEFAULT_FROM_EMAIL) to the address in user (EMAIL_HOST_USER).",
        "请先登录，并把发件人（DEFAULT_FROM_EMAIL）设为登录账号（EMAIL_HOST_USER）的地址。",
      ),
    },
  ),
  rule(
    { text: /\bDT:SUM\b/ },
    {
      id: "netease.from-mismatch",
      about: "content",
      meaning: both("The envelope's sender and the From header differ.", "信封发件人与信头 From 不一致。"),
      advice: both("Use one address for both, that of the log-in.", "请让两者一致，都使用登录账号的地址。"),
    },
  ),
  rule(
    { text: /\bHL:ICC\b/ },
    {
      id: "netease.too-many-connections",
      about: "settings",
      retryAfterSeconds: MINUTE,
      meaning: both("This address has too many connections at once.", "本机 IP 同时打开的连接过多。"),
      advice: both("Lower maxConnections.", "请调小 maxConnections。"),
    },
  ),
  rule(
    { text: /\bHL:(?:IFC|ITC)\b/ },
    {
      id: "netease.address-rate",
      about: "address",
      retryable: true,
      retryAfterSeconds: HOUR,
      meaning: both("This machine's address has sent too much.", "本机 IP 的发送频率或数量超过限制。"),
      advice: both("Wait an hour or more, then send more slowly.", "请等待一小时以上，并放慢发送速度。"),
    },
  ),
  rule(
    { text: /\bHL:REP\b/ },
    {
      id: "netease.address-reputation",
      about: "address",
      retryAfterSeconds: HOUR,
      meaning: both("This machine's address has a bad reputation.", "本机 IP 的信誉过低，或发往不存在用户的邮件过多。"),
      advice: both(
        "Send less and only to addresses that exist, or from another address.",
        "请减少发送、只发给真实存在的地址，或更换 IP。",
      ),
    },
  ),
  rule(
    { text: /\bHL:IHU\b/ },
    {
      id: "netease.address-hung",
      about: "address",
      meaning: both("This machine's address is suspended.", "本机 IP 已被挂起。"),
      advice: both("Send from another address, or ask NetEase to lift it.", "请更换 IP，或向网易申诉解除。"),
    },
  ),
  rule(
    { text: /\bMI:DMC\b/ },
    {
      id: "netease.connection-full",
      about: "settings",
      retryable: true,
      meaning: both("The connection has carried as many messages as it may.", "同一连接发送的邮件数量超过限制。"),
      advice: both(
        "Lower maxMessagesPerConnection; the message goes by a new connection.",
        "请调小 maxMessagesPerConnection；该邮件会经新的连接发送。",
      ),
    },
  ),
  rule(
    { text: /\bMI:SFQ\b/ },
    {
      id: "netease.quarter-hour-quota",
      about: "account",
      retryable: true,
      retryAfterSeconds: 15 * MINUTE,
      meaning: both("The account has sent as much as it may in 15 minutes.", "该账号 15 分钟内的发送数量超过限制。"),
      advice: both(
        "Wait 15 minutes, then send more slowly: set maxPerWindow.",
        "请等待 15 分钟，并用 maxPerWindow 放慢发送速度。",
      ),
    },
  ),
  rule(
    { text: /\bRP:QRC\b/ },
    {
      id: "netease.recipient-rate",
      about: "account",
      retryable: true,
      retryAfterSeconds: 15 * MINUTE,
      meaning: both(
        "The account has written to too many recipients in a short time.",
        "该账号短时间内的收件人数超过限制。",
      ),
      advice: both("Wait 15 minutes, then send more slowly.", "请等待 15 分钟，并放慢发送速度。"),
    },
  ),
  rule(
    { text: /\bMI:STC\b/ },
    {
      id: "netease.daily-quota",
      about: "account",
      retryable: true,
      retryAfterSeconds: DAY,
      meaning: both("The account has sent as much as it may in a day.", "该账号当天的发送数量已达上限。"),
      advice: both("Send the rest tomorrow, or through another account.", "请明天再发其余邮件，或换一个账号。"),
    },
  ),
  rule(
    { text: /\bRP:TRC\b/ },
    {
      id: "netease.daily-recipients",
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
    { text: /\bRP:RCL\b/ },
    {
      id: "netease.too-many-recipients",
      about: "settings",
      meaning: both("The message has more recipients than one may have.", "单封邮件的收件人数超过限制。"),
      advice: both("Lower maxRecipients.", "请调小 maxRecipients。"),
    },
  ),
  rule(
    { replies: [451], text: /\bDT:SPM\b/ },
    {
      id: "netease.content-suspected",
      about: "content",
      retryAfterSeconds: 2 * MINUTE,
      meaning: both(
        "The message looks like spam; the server wants to see it once more.",
        "邮件内容疑似垃圾邮件，服务器要求稍后重试。",
      ),
      advice: both(
        "Try again after two minutes; if that fails, change the content.",
        "请两分钟后重试；若仍被拒，请修改内容。",
      ),
    },
  ),
  rule(
    { text: /\bDT:SPM\b/ },
    {
      id: "netease.content-spam",
      about: "content",
      meaning: both("The server takes the message for spam.", "邮件内容被判定为垃圾邮件。"),
      advice: both(
        "Change subject, text and links; the same message will be refused again.",
        "请修改主题、正文和链接；原样重发仍会被拒。",
      ),
    },
  ),
  rule(
    { text: /\bMI:SPB\b/ },
    {
      id: "netease.sender-barred",
      about: "account",
      meaning: both("The account is barred from sending.", "该账号已被禁止发信。"),
      advice: both(
        "Sign in on the web and follow what it asks for, or use another account.",
        "请登录网页邮箱按提示处理，或更换账号。",
      ),
    },
  ),
  rule(
    { text: /\bMI:(?:SPF|DMA)\b/ },
    {
      id: "netease.domain-not-vouching",
      about: "settings",
      meaning: both(
        "The sender's domain does not vouch for this server (SPF or DMARC).",
        "发件人域名的 SPF 或 DMARC 校验未通过。",
      ),
      advice: both(
        "Name the sending server in the domain's SPF record, and sign with DKIM.",
        "请在域名的 SPF 记录中加入发信服务器，并配置 DKIM 签名。",
      ),
    },
  ),
  rule(
    { stages: ["data", "content", "final"], replies: [552] },
    {
      id: "netease.attachment",
      about: "content",
      meaning: both("An attachment is of a type or size that is not taken.", "附件的类型或大小不被接受。"),
      advice: both("Link to the file in place of attaching it.", "请用下载链接代替附件。"),
    },
  ),
];

const authorizationCode: ProviderAuth = {
  kind: "authorization-code",
  looksLike: /^[A-Za-z0-9]{16}$/,
  how: both(
    "Sign in on the web, open Settings, POP3/SMTP/IMAP, switch SMTP on and note the authorization code; it is shown once.",
    "登录网页邮箱，打开“设置 - POP3/SMTP/IMAP”，开启 SMTP 服务并记下授权码（只显示一次）。",
  ),
};

function netease(domain: string, aliases: readonly string[] = []): Provider {
  const id = domain.replace(/\.com$/, "");
  return {
    id,
    name: both(`NetEase ${domain}`, `网易邮箱 ${domain}`),
    aliases: [domain, ...aliases],
    domains: [domain],
    host: `smtp.${domain}`,
    port: 465,
    security: "tls",
    auth: authorizationCode,
    fromMustBeLogin: true,
    rules: neteaseRules,
  };
}

export const neteaseProviders: readonly Provider[] = [
  netease("163.com", ["netease"]),
  netease("126.com"),
  netease("yeah.net", ["yeah"]),
  netease("188.com"),
  netease("vip.163.com"),
  netease("vip.126.com"),
  netease("vip.188.com"),
  {
    id: "netease-enterprise",
    name: both("NetEase enterprise mail", "网易企业邮箱"),
    aliases: ["qiye.163", "ym.163"],
    domains: [],
    host: "smtp.qiye.163.com",
    port: 994,
    security: "tls",
    auth: {
      kind: "authorization-code",
      how: both(
        "Make a client password (authorization code) in the mailbox's settings, where the administrator asks for one; else the mailbox's password.",
        "若管理员启用了客户端授权密码，请在邮箱设置中生成；否则使用邮箱密码。",
      ),
    },
    fromMustBeLogin: true,
    rules: neteaseRules,
  },
];
