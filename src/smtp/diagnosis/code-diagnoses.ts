/** What each code of ours is about, where no words of a server say more. */
import type { SmtpErrorCode } from "../error-code.ts";
import type { SmtpDiagnosis } from "./rule.ts";

/** The connection was lost after the last byte had left. */
export const fateUnknown: SmtpDiagnosis = {
  id: "fate-unknown",
  about: "network",
  meaning: {
    en: "The whole message had left, and no answer came.",
    zh: "邮件已全部发出，但没有收到服务器的确认。",
  },
  advice: {
    en: "Whether the server took the message is not known: sending it again may deliver it twice.",
    zh: "无法确定服务器是否已收下邮件；再次发送可能使收件人收到两封。",
  },
};

/** By code; a refusal's words are looked at first. */
export const codeDiagnoses: Readonly<Record<SmtpErrorCode, SmtpDiagnosis>> = {
  WX_SMTP_OPTIONS: {
    id: "options",
    about: "settings",
    meaning: { en: "An option is missing, malformed or unknown.", zh: "有选项缺失、格式错误或不存在。" },
    advice: { en: "Correct the option that the text names.", zh: "请按原文所指改正该选项。" },
  },
  WX_SMTP_ENVELOPE: {
    id: "envelope",
    about: "content",
    meaning: { en: "An address cannot go into an SMTP command.", zh: "有地址不能写入 SMTP 命令。" },
    advice: { en: "Give plain addresses without names.", zh: "请只填写邮箱地址本身，不带姓名。" },
  },
  WX_SMTP_BARE_NEWLINE: {
    id: "bare-newline",
    about: "content",
    meaning: { en: "The message holds a CR or LF alone.", zh: "邮件内容中有单独的 CR 或 LF。" },
    advice: { en: "End every line with CRLF.", zh: "请让每一行都以 CRLF 结尾。" },
  },
  WX_SMTP_8BIT: {
    id: "eight-bit",
    about: "content",
    meaning: {
      en: "The message holds bytes above 127, which this server does not take.",
      zh: "邮件中有大于 127 的字节，而该服务器不支持 8BITMIME。",
    },
    advice: { en: "Encode it as quoted-printable or base64.", zh: "请用 quoted-printable 或 base64 编码。" },
  },
  WX_SMTP_UTF8: {
    id: "smtputf8",
    about: "content",
    meaning: {
      en: "The addresses or headers need SMTPUTF8, which this server does not offer.",
      zh: "地址或邮件头需要 SMTPUTF8，而该服务器不支持。",
    },
    advice: {
      en: "Use addresses in ASCII (domains as xn--...), or another server.",
      zh: "请改用 ASCII 地址（域名写成 xn-- 形式），或换一台服务器。",
    },
  },
  WX_SMTP_REQUIRETLS: {
    id: "require-tls",
    about: "content",
    meaning: {
      en: "The message asks for TLS all the way, which this server does not promise.",
      zh: "邮件要求全程使用 TLS，而该服务器不能保证。",
    },
    advice: {
      en: "Leave out requireTls, or use a server that offers REQUIRETLS over TLS.",
      zh: "请去掉 requireTls，或使用支持 REQUIRETLS 的服务器。",
    },
  },
  WX_SMTP_TOO_LARGE: {
    id: "too-large",
    about: "content",
    meaning: { en: "The message is larger than the server takes.", zh: "邮件超过了服务器允许的大小。" },
    advice: { en: "Link to a file in place of attaching it.", zh: "请用下载链接代替附件。" },
  },
  WX_SMTP_CLOSED: {
    id: "pool-closed",
    about: "caller",
    meaning: { en: "The pool is closed.", zh: "连接池已关闭。" },
    advice: { en: "Send through an open one.", zh: "请通过未关闭的连接池发送。" },
  },
  WX_SMTP_BUSY: {
    id: "pool-busy",
    about: "caller",
    meaning: { en: "Too many messages wait for a connection.", zh: "等待连接的邮件过多。" },
    advice: {
      en: "Await earlier sends first, or raise maxWaiting.",
      zh: "请先等待之前的邮件发完，或调大 maxWaiting。",
    },
  },
  WX_SMTP_ABORTED: {
    id: "aborted",
    about: "caller",
    meaning: { en: "The caller's signal stopped it.", zh: "调用方的 signal 中止了发送。" },
    advice: { en: "Send it again if it is still wanted.", zh: "如仍需要，请重新发送。" },
  },
  WX_SMTP_CONNECT: {
    id: "no-connection",
    about: "network",
    meaning: { en: "There is no connection to the server.", zh: "无法连接到服务器。" },
    advice: {
      en: "Check host, port, firewall and DNS; many cloud hosts block port 25.",
      zh: "请检查主机名、端口、防火墙和 DNS；许多云服务器封禁 25 端口，请改用 465。",
    },
  },
  WX_SMTP_TIMEOUT: {
    id: "timeout",
    about: "network",
    meaning: { en: "The server did not answer in time.", zh: "服务器没有及时应答。" },
    advice: {
      en: 'Try again later; for port 465, set security to "tls".',
      zh: '请稍后再试；若端口是 465，请把 security 设为 "tls"。',
    },
  },
  WX_SMTP_LOST: {
    id: "connection-lost",
    about: "network",
    meaning: { en: "The connection broke, or the server closed it.", zh: "连接中断，或被服务器关闭。" },
    advice: {
      en: 'Try again later; for port 465, set security to "tls".',
      zh: '请稍后再试；若端口是 465，请把 security 设为 "tls"。',
    },
  },
  WX_SMTP_PROTOCOL: {
    id: "not-smtp",
    about: "server",
    meaning: {
      en: "What the server said is not SMTP, or came out of turn.",
      zh: "服务器的应答不符合 SMTP，或次序错乱。",
    },
    advice: {
      en: "Check that host and port are those of a mail submission server, and look for a proxy on the way.",
      zh: "请确认主机和端口属于发信服务器（465 或 587），并检查中间是否有代理。",
    },
  },
  WX_SMTP_TLS: {
    id: "tls-handshake",
    about: "server",
    meaning: { en: "The TLS handshake failed.", zh: "TLS 握手失败。" },
    advice: {
      en: 'For port 587 or 25, set security to "starttls"; otherwise check host and port.',
      zh: '若端口是 587 或 25，请把 security 设为 "starttls"；否则请检查主机和端口。',
    },
  },
  WX_SMTP_TLS_CERTIFICATE: {
    id: "certificate",
    about: "server",
    meaning: {
      en: "The server's certificate is not to be trusted for this name.",
      zh: "服务器证书不可信，或与主机名不符。",
    },
    advice: {
      en: "Set host to the name that the certificate is for, or trust your own authority with tls.ca.",
      zh: "请把 host 设为证书上的名称；若是自建证书，请用 tls.ca 指定签发机构。",
    },
  },
  WX_SMTP_STARTTLS_MISSING: {
    id: "starttls-missing",
    about: "server",
    meaning: {
      en: "The server does not offer STARTTLS, so nothing was sent.",
      zh: "服务器没有提供 STARTTLS，因此什么也没有发送。",
    },
    advice: {
      en: 'Use port 465 with security "tls"; if it offered STARTTLS before, someone on the way may remove it.',
      zh: '请改用 465 端口和 security "tls"；若以前有 STARTTLS，可能被中间设备去掉了。',
    },
  },
  WX_SMTP_AUTH: {
    id: "log-in-impossible",
    about: "settings",
    meaning: { en: "There is no way to log in that both sides know.", zh: "双方没有共同支持的登录方式。" },
    advice: {
      en: "Do as the text says: leave out auth, change auth.method, or give the other kind of secret.",
      zh: "请按原文调整：去掉 auth、更换 auth.method，或改用密码/令牌。",
    },
  },
  WX_SMTP_OAUTH2: {
    id: "no-token",
    about: "account",
    meaning: { en: "No access token could be had.", zh: "无法取得 OAuth 2.0 访问令牌。" },
    advice: {
      en: "Do as the text says; for invalid_grant, let the user consent again.",
      zh: "请按原文处理；若是 invalid_grant，请让用户重新授权。",
    },
  },
  WX_SMTP_AUTH_PAUSED: {
    id: "log-in-paused",
    about: "account",
    meaning: {
      en: "The server refused several log-ins in a row, so none is made for a while.",
      zh: "服务器连续拒绝登录，为避免账号被锁，暂时不再尝试。",
    },
    advice: {
      en: "Correct user and password and make a new pool; otherwise one log-in is tried at the time that the text names.",
      zh: "请改正账号和授权码并重建连接池；否则到原文所示的时间会再试一次。",
    },
  },
  WX_SMTP_AUTH_PLAINTEXT: {
    id: "plaintext-password",
    about: "settings",
    meaning: {
      en: "The connection is not encrypted, so the password was not sent.",
      zh: "连接未加密，因此没有发送密码。",
    },
    advice: {
      en: 'Set security to "tls" or "starttls"; only for a server on your own machine, allowPlaintextAuth.',
      zh: '请把 security 设为 "tls" 或 "starttls"；只有本机的服务器才可以用 allowPlaintextAuth。',
    },
  },
  WX_SMTP_REFUSED: {
    id: "refused",
    about: "server",
    meaning: { en: "The server said no.", zh: "服务器拒绝了请求。" },
    advice: { en: "Read its words, which the text quotes.", zh: "请查看原文中服务器的答复。" },
  },
};
