/** What servers mean by their refusals, whoever's they are: by enhanced code (RFC 3463), by common words, by step. */
import type { SmtpDiagnosisRule } from "./rule.ts";

const MINUTE = 60;
const HOUR = 3_600;
/** A daily quota is full again within a day; when a day begins, few providers say. */
const DAY = 86_400;

/** The first that fits speaks: the narrow ones stand before the wide ones. */
export const replyRules: readonly SmtpDiagnosisRule[] = [
  {
    when: { stages: ["auth"], enhanced: ["5.7.11"] },
    diagnosis: {
      id: "log-in-needs-tls",
      about: "settings",
      meaning: { en: "The server lets nobody log in without TLS.", zh: "服务器不允许在未加密的连接上登录。" },
      advice: { en: 'Set security to "tls" or "starttls".', zh: '请把 security 设为 "tls" 或 "starttls"。' },
    },
  },
  {
    when: { text: /must issue (?:a )?STARTTLS|STARTTLS (?:is )?(?:required|first)|encryption required/i },
    diagnosis: {
      id: "tls-required",
      about: "settings",
      meaning: { en: "The server wants TLS first.", zh: "服务器要求先启用 TLS。" },
      advice: {
        en: 'Set security to "starttls", or to "tls" for port 465.',
        zh: '请把 security 设为 "starttls",465 端口则设为 "tls"。',
      },
    },
  },
  {
    when: {
      stages: ["auth", "greeting", "mail"],
      text: /too many (?:failed )?(?:auth|log-?in|bad auth)|too much fail|log-?in frequency|temporarily locked/i,
    },
    diagnosis: {
      id: "log-in-lock",
      about: "account",
      retryAfterSeconds: 30 * MINUTE,
      meaning: {
        en: "There were too many log-ins, so the provider locks the account for a while.",
        zh: "登录次数过多，服务商暂时锁定了账号。",
      },
      advice: {
        en: "Check the password, then wait half an hour or more before the next log-in; keep connections open in place of logging in for each message.",
        zh: "请先核对密码，再等半小时以上；请复用连接，不要每封邮件都登录一次。",
      },
    },
  },
  {
    when: { stages: ["auth"], replies: [454, 421, 451, 450] },
    diagnosis: {
      id: "log-in-not-now",
      about: "server",
      retryAfterSeconds: 5 * MINUTE,
      meaning: { en: "The server cannot check log-ins now.", zh: "服务器暂时无法验证登录。" },
      advice: { en: "Try again later.", zh: "请稍后再试。" },
    },
  },
  {
    when: { stages: ["auth"], replies: [534], text: /application-specific|app password|web ?login|browser/i },
    diagnosis: {
      id: "app-password-needed",
      about: "account",
      meaning: {
        en: "The provider wants an app password, or a log-in in the browser first.",
        zh: "服务商要求使用应用专用密码，或先在浏览器中登录。",
      },
      advice: {
        en: "Make an app password in the mailbox's security settings.",
        zh: "请在邮箱的安全设置中生成应用专用密码。",
      },
    },
  },
  {
    when: { stages: ["auth"], replies: [504, 534, 538, 502, 500] },
    diagnosis: {
      id: "mechanism-refused",
      about: "settings",
      meaning: { en: "The server does not take this way of logging in.", zh: "服务器不接受这种登录方式。" },
      advice: {
        en: 'Set auth.method to another one, such as "PLAIN" or "LOGIN".',
        zh: '请把 auth.method 改为其他方式，如 "PLAIN" 或 "LOGIN"。',
      },
    },
  },
  {
    when: { stages: ["auth"] },
    diagnosis: {
      id: "log-in-refused",
      about: "account",
      meaning: { en: "The server does not take this user and password.", zh: "服务器不接受该账号和密码。" },
      advice: {
        en: "Check user and password; many providers want an authorization code or app password made in the mailbox's settings, and SMTP switched on there.",
        zh: "请核对账号和密码；许多邮箱要先在设置中开启 SMTP，并用授权码（或应用专用密码）代替登录密码。",
      },
    },
  },
  {
    when: { replies: [530] },
    diagnosis: {
      id: "log-in-missing",
      about: "settings",
      meaning: { en: "The server wants a log-in first.", zh: "服务器要求先登录。" },
      advice: { en: "Set auth.", zh: "请设置 auth（账号和授权码）。" },
    },
  },
  {
    when: { text: /gr[ae]y-?list/i },
    diagnosis: {
      id: "greylisted",
      about: "server",
      retryAfterSeconds: 5 * MINUTE,
      meaning: {
        en: "The server puts off senders that it does not know yet.",
        zh: "对方服务器对陌生发件人实行灰名单，首次投递会被推迟。",
      },
      advice: {
        en: "Try again after some minutes; the outbox does by itself.",
        zh: "请过几分钟再试；发件队列会自动重试。",
      },
    },
  },
  {
    when: {
      text: /(?:daily|24.?hours?|per day)[^.]{0,40}(?:limit|quota|exceed)|(?:sending|user sending|send) (?:limit|quota) (?:exceeded|reached)/i,
    },
    diagnosis: {
      id: "daily-quota",
      about: "account",
      retryable: true,
      retryAfterSeconds: DAY,
      meaning: { en: "The account has sent as much as it may in a day.", zh: "该账号已达到每日发送上限。" },
      advice: { en: "Send the rest tomorrow, or through another account.", zh: "请明天再发其余邮件，或换一个账号。" },
    },
  },
  {
    when: { enhanced: ["4.7.28", "5.7.28"] },
    diagnosis: {
      id: "unusual-rate",
      about: "address",
      retryAfterSeconds: HOUR,
      meaning: {
        en: "The server sees an unusual rate of mail from this address or domain.",
        zh: "对方认为来自本机地址或域名的邮件过多。",
      },
      advice: { en: "Send more slowly.", zh: "请降低发送速度。" },
    },
  },
  {
    when: {
      text: /too many (?:concurrent |parallel |simultaneous )?(?:smtp )?(?:connections|sessions)|too many connect/i,
    },
    diagnosis: {
      id: "too-many-connections",
      about: "settings",
      retryAfterSeconds: MINUTE,
      meaning: {
        en: "There are more connections at once than the server takes.",
        zh: "同时打开的连接超过了服务器的上限。",
      },
      advice: { en: "Lower maxConnections.", zh: "请调小 maxConnections。" },
    },
  },
  {
    when: { text: /rate.?limit|too many (?:messages|mails|emails)|throttl|too fast|slow down|frequency limited/i },
    diagnosis: {
      id: "rate-limited",
      about: "account",
      retryAfterSeconds: 10 * MINUTE,
      meaning: { en: "Mail comes faster than the server takes it.", zh: "发送速度超过了服务器允许的频率。" },
      advice: {
        en: "Wait, then send more slowly: set maxPerSecond or maxPerWindow.",
        zh: "请稍候并放慢速度：设置 maxPerSecond 或 maxPerWindow。",
      },
    },
  },
  {
    when: { enhanced: ["4.5.3", "5.5.3"] },
    diagnosis: {
      id: "too-many-recipients",
      about: "settings",
      meaning: {
        en: "The message has more recipients than the server takes at once.",
        zh: "一次发送的收件人数超过了服务器上限。",
      },
      advice: { en: "Lower maxRecipients.", zh: "请调小 maxRecipients。" },
    },
  },
  {
    when: { stages: ["rcpt", "data", "final"], enhanced: ["4.2.2", "5.2.2"] },
    diagnosis: {
      id: "mailbox-full",
      about: "recipient",
      retryAfterSeconds: 4 * HOUR,
      meaning: { en: "The recipient's mailbox is full.", zh: "收件人的邮箱已满。" },
      advice: { en: "Try again later, or reach the person in another way.", zh: "请稍后再试，或用其他方式联系对方。" },
    },
  },
  {
    when: { stages: ["rcpt", "data", "final"], enhanced: ["5.2.1"] },
    diagnosis: {
      id: "mailbox-disabled",
      about: "recipient",
      meaning: { en: "The recipient's mailbox is switched off.", zh: "收件人的邮箱已停用。" },
      advice: { en: "Do not send there any more.", zh: "请不要再向该地址发送。" },
    },
  },
  {
    when: { enhanced: ["5.1.2", "5.1.10", "5.4.4"], stages: ["rcpt", "final"] },
    diagnosis: {
      id: "recipient-domain",
      about: "recipient",
      meaning: { en: "The recipient's domain takes no mail.", zh: "收件人的域名不存在或不接收邮件。" },
      advice: { en: "Check the part after the @.", zh: "请检查 @ 之后的部分。" },
    },
  },
  {
    when: { stages: ["rcpt", "data", "final"], enhanced: ["5.1.1", "5.1.6"] },
    diagnosis: {
      id: "recipient-unknown",
      about: "recipient",
      meaning: { en: "There is no such mailbox.", zh: "收件人的邮箱不存在。" },
      advice: {
        en: "Check the address; do not send there again as it is.",
        zh: "请检查地址；确认之前不要再向它发送。",
      },
    },
  },
  {
    when: {
      stages: ["rcpt", "final"],
      text: /mailbox (?:is )?full|over ?quota|quota exceeded|insufficient (?:mailbox )?storage/i,
    },
    diagnosis: {
      id: "mailbox-full",
      about: "recipient",
      retryAfterSeconds: 4 * HOUR,
      meaning: { en: "The recipient's mailbox is full.", zh: "收件人的邮箱已满。" },
      advice: { en: "Try again later, or reach the person in another way.", zh: "请稍后再试，或用其他方式联系对方。" },
    },
  },
  {
    when: {
      stages: ["rcpt", "final"],
      replies: [550, 551, 553, 554, 511],
      text: /(?:user|mailbox|recipient|account|address)\b[^.]{0,40}(?:unknown|not found|no such|does(?:n't| not) exist|unavailable|invalid|not listed)|(?:no such|unknown|invalid) (?:user|mailbox|recipient|address)/i,
    },
    diagnosis: {
      id: "recipient-unknown",
      about: "recipient",
      meaning: { en: "There is no such mailbox.", zh: "收件人的邮箱不存在。" },
      advice: {
        en: "Check the address; do not send there again as it is.",
        zh: "请检查地址；确认之前不要再向它发送。",
      },
    },
  },
  {
    when: {
      text: /relay(?:ing)?\b[^.]{0,20}(?:denied|not (?:permitted|allowed)|prohibited)|not (?:permitted|allowed) to relay/i,
    },
    diagnosis: {
      id: "relay-denied",
      about: "settings",
      meaning: {
        en: "The server sends to other domains only for those who log in, or from its own addresses.",
        zh: "服务器只为已登录用户（或本域地址）转发邮件。",
      },
      advice: {
        en: "Set auth, and use the account's own address as From.",
        zh: "请设置 auth，并用账号自己的地址作为发件人。",
      },
    },
  },
  {
    when: { enhanced: ["5.7.25", "4.7.25"] },
    diagnosis: {
      id: "no-reverse-dns",
      about: "address",
      meaning: {
        en: "This machine's address has no matching name in DNS (PTR).",
        zh: "本机 IP 没有相符的反向解析（PTR）。",
      },
      advice: {
        en: "Send through your provider's server, or set the PTR record.",
        zh: "请通过邮件服务商发送，或设置 PTR 记录。",
      },
    },
  },
  {
    when: {
      replies: [550, 553, 554, 421, 450, 451, 521, 571],
      text: /spamhaus|spamcop|barracuda|black ?list|block ?list|\bdnsbl\b|\brbl\b|\bptr\b|reverse dns|(?:client host|\bip\b)[^.]{0,60}(?:block|reject|denied|reputation|banned)/i,
    },
    diagnosis: {
      id: "address-blocked",
      about: "address",
      retryAfterSeconds: HOUR,
      meaning: {
        en: "The server does not take mail from this machine's address.",
        zh: "对方服务器拒收来自本机 IP 的邮件。",
      },
      advice: {
        en: "Send through a provider's server; where the address is on a block list, ask that list to remove it.",
        zh: "请改用邮件服务商的服务器发送；若 IP 在黑名单中，请向该名单申请移除。",
      },
    },
  },
  {
    when: { enhanced: ["5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.26", "5.7.27", "4.7.26"] },
    diagnosis: {
      id: "not-authenticated-mail",
      about: "settings",
      meaning: {
        en: "The sender's domain does not vouch for this mail (SPF, DKIM or DMARC).",
        zh: "发件人域名的 SPF、DKIM 或 DMARC 校验未通过。",
      },
      advice: {
        en: "Sign with DKIM, and name the sending server in the domain's SPF record.",
        zh: "请配置 DKIM 签名，并在域名的 SPF 记录中加入发信服务器。",
      },
    },
  },
  {
    when: { replies: [550, 553, 554, 451], text: /\b(?:spf|dkim|dmarc)\b/i },
    diagnosis: {
      id: "not-authenticated-mail",
      about: "settings",
      meaning: {
        en: "The sender's domain does not vouch for this mail (SPF, DKIM or DMARC).",
        zh: "发件人域名的 SPF、DKIM 或 DMARC 校验未通过。",
      },
      advice: {
        en: "Sign with DKIM, and name the sending server in the domain's SPF record.",
        zh: "请配置 DKIM 签名，并在域名的 SPF 记录中加入发信服务器。",
      },
    },
  },
  {
    when: { stages: ["mail"], replies: [552] },
    diagnosis: {
      id: "too-large",
      about: "content",
      meaning: { en: "The message is larger than the server takes.", zh: "邮件超过了服务器允许的大小。" },
      advice: { en: "Link to a file in place of attaching it.", zh: "请用下载链接代替附件。" },
    },
  },
  {
    when: { stages: ["data", "content", "final"], replies: [552] },
    diagnosis: {
      id: "too-large",
      about: "content",
      meaning: { en: "The message is larger than the server takes.", zh: "邮件超过了服务器允许的大小。" },
      advice: { en: "Link to a file in place of attaching it.", zh: "请用下载链接代替附件。" },
    },
  },
  {
    when: { enhanced: ["5.3.4", "5.2.3"] },
    diagnosis: {
      id: "too-large",
      about: "content",
      meaning: { en: "The message is larger than the server takes.", zh: "邮件超过了服务器允许的大小。" },
      advice: { en: "Link to a file in place of attaching it.", zh: "请用下载链接代替附件。" },
    },
  },
  {
    when: {
      stages: ["data", "content", "final"],
      text: /spam|unsolicited|virus|malware|content (?:rejected|denied|not accept)|suspicious/i,
    },
    diagnosis: {
      id: "content-refused",
      about: "content",
      meaning: {
        en: "The server takes the message for spam, or for harmful.",
        zh: "服务器认为邮件是垃圾邮件或有害内容。",
      },
      advice: {
        en: "Change the text, links or attachments; the same message will be refused again.",
        zh: "请修改正文、链接或附件；原样重发仍会被拒。",
      },
    },
  },
  {
    when: { enhanced: ["5.6."] },
    diagnosis: {
      id: "content-form",
      about: "content",
      meaning: { en: "The server cannot take the message in this form.", zh: "服务器不接受邮件的这种格式。" },
      advice: { en: "Change the message as the server's words say.", zh: "请按服务器的答复修改邮件。" },
    },
  },
  {
    when: { enhanced: ["4.4.", "5.4."] },
    diagnosis: {
      id: "no-way-there",
      about: "server",
      meaning: { en: "The server has no way to the recipient's one now.", zh: "服务器暂时无法连到收件人的服务器。" },
      advice: { en: "Try again later, and check the recipient's domain.", zh: "请稍后再试，并检查收件人的域名。" },
    },
  },
  {
    when: { replies: [421] },
    diagnosis: {
      id: "server-closing",
      about: "server",
      retryAfterSeconds: MINUTE,
      meaning: { en: "The server ends the connection for now.", zh: "服务器暂时停止服务并关闭连接。" },
      advice: { en: "Try again later.", zh: "请稍后再试。" },
    },
  },
  {
    when: { replies: [452], stages: ["rcpt"] },
    diagnosis: {
      id: "too-many-recipients",
      about: "settings",
      meaning: { en: "The server takes no more recipients in one message now.", zh: "服务器暂不接受更多收件人。" },
      advice: {
        en: "Lower maxRecipients; the others are tried again.",
        zh: "请调小 maxRecipients；其余收件人会另行重试。",
      },
    },
  },
  {
    when: { stages: ["ehlo"], replies: [500, 501, 502, 503, 504, 550, 554] },
    diagnosis: {
      id: "name-refused",
      about: "settings",
      meaning: {
        en: "The server does not take the name that we introduce ourselves with.",
        zh: "服务器不接受我们在 EHLO 中使用的名称。",
      },
      advice: { en: "Set clientName to this machine's full host name.", zh: "请把 clientName 设为本机的完整主机名。" },
    },
  },
  {
    when: { stages: ["greeting"], replies: [500, 521, 550, 553, 554] },
    diagnosis: {
      id: "not-welcome",
      about: "address",
      meaning: { en: "The server turns this machine away at once.", zh: "服务器一开始就拒绝本机连接。" },
      advice: {
        en: "Ask its operator whether this machine's address may connect.",
        zh: "请向服务器管理员确认本机 IP 是否允许连接。",
      },
    },
  },
  {
    when: { stages: ["mail"], replies: [501, 550, 551, 553, 554] },
    diagnosis: {
      id: "sender-refused",
      about: "account",
      meaning: { en: "The account may not send from that address.", zh: "该账号不能以这个地址作为发件人。" },
      advice: { en: "Use the account's own address as From.", zh: "请用登录账号自己的地址作为发件人（From）。" },
    },
  },
  {
    when: { stages: ["rcpt"], replies: [501, 550, 551, 553, 554] },
    diagnosis: {
      id: "recipient-refused",
      about: "recipient",
      meaning: { en: "The server does not take mail for this recipient.", zh: "服务器不接受发给该收件人的邮件。" },
      advice: { en: "Check the recipient's address.", zh: "请检查收件人的地址。" },
    },
  },
  {
    when: { stages: ["data", "content", "final"], replies: [550, 551, 553, 554, 571] },
    diagnosis: {
      id: "message-refused",
      about: "content",
      meaning: { en: "The server does not take this message.", zh: "服务器不接受这封邮件。" },
      advice: {
        en: "Change the message as the server's words say; the same one will be refused again.",
        zh: "请按服务器的答复修改邮件；原样重发仍会被拒。",
      },
    },
  },
  {
    when: { replies: [450, 451, 452, 454, 455, 458, 459, 471, 472] },
    diagnosis: {
      id: "not-now",
      about: "server",
      meaning: { en: "The server does not take it now.", zh: "服务器暂时不能处理。" },
      advice: { en: "Try again later.", zh: "请稍后再试。" },
    },
  },
];
