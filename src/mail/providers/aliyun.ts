/** Alibaba Cloud (阿里云): personal mail, enterprise mail, and DirectMail by SMTP. */
import { both, HOUR, MINUTE, type Provider, rule } from "./provider.ts";

const rules: Provider["rules"] = [
  rule(
    { replies: [440] },
    {
      id: "aliyun.from-not-login",
      about: "account",
      // 440 looks as if it could pass; it cannot.
      retryable: false,
      meaning: both("From is not the address that logs in.", "发件人与登录账号不一致。"),
      advice: both(
        "Set from (DEFAULT_FROM_EMAIL) to the address in user (EMAIL_HOST_USER).",
        "请把发件人（DEFAULT_FROM_EMAIL）设为登录账号（EMAIL_HOST_USER）的地址。",
      ),
    },
  ),
  rule(
    { stages: ["auth"], replies: [526], text: /too many|frequen|limit/i },
    {
      id: "aliyun.log-in-lock",
      about: "account",
      retryAfterSeconds: 30 * MINUTE,
      meaning: both("Too many log-ins failed.", "登录失败次数过多。"),
      advice: both(
        "Correct the password, and wait half an hour before the next log-in.",
        "请改正密码，并等待半小时后再登录。",
      ),
    },
  ),
  rule(
    { stages: ["auth"], replies: [523, 524, 526, 535] },
    {
      id: "aliyun.log-in-refused",
      about: "account",
      meaning: both(
        "User or password is wrong, or other clients are not allowed in.",
        "账号或密码错误，或未允许第三方客户端登录。",
      ),
      advice: both(
        "Switch third-party clients on in the mailbox's (or the administrator's) security settings, and use the client password that is made there.",
        "请在邮箱（或管理员）的安全设置中允许第三方客户端，并使用其中生成的安全密码。",
      ),
    },
  ),
  rule(
    { replies: [454] },
    {
      id: "aliyun.spam-suspected",
      about: "content",
      retryAfterSeconds: 10 * MINUTE,
      meaning: both("The server suspects spam for now.", "服务器暂时怀疑是垃圾邮件。"),
      advice: both("Try again later; if that fails, change the content.", "请稍后重试；若仍被拒，请修改内容。"),
    },
  ),
  rule(
    { replies: [541] },
    {
      id: "aliyun.may-not-send",
      about: "account",
      meaning: both("The account may not send.", "该账号没有发信权限。"),
      advice: both("Ask the administrator, or use another account.", "请联系管理员，或更换账号。"),
    },
  ),
  rule(
    { stages: ["rcpt", "mail"], replies: [504, 505] },
    {
      id: "aliyun.recipients",
      about: "settings",
      meaning: both("There are more recipients than the account may write to.", "收件人数超过限制。"),
      advice: both("Lower maxRecipients, and send less.", "请调小 maxRecipients，并减少发送。"),
    },
  ),
  rule(
    { replies: [510] },
    {
      id: "aliyun.too-large",
      about: "content",
      meaning: both("The message is larger than the server takes.", "邮件超过了允许的大小。"),
      advice: both("Link to a file in place of attaching it.", "请用下载链接代替附件。"),
    },
  ),
  rule(
    { stages: ["data", "content", "final"], replies: [551] },
    {
      id: "aliyun.virus",
      about: "content",
      meaning: both("The server has found a virus.", "邮件中检测到病毒。"),
      advice: both("Check the attachments.", "请检查附件。"),
    },
  ),
  rule(
    { replies: [554], text: /behavio|frequen|too many|rate/i },
    {
      id: "aliyun.behaviour",
      about: "account",
      retryAfterSeconds: HOUR,
      retryable: true,
      meaning: both("The account sends in a way that looks like spam.", "账号的发送行为异常。"),
      advice: both("Wait an hour or more, then send more slowly.", "请等待一小时以上，并放慢发送速度。"),
    },
  ),
];

export const aliyunProviders: readonly Provider[] = [
  {
    id: "aliyun",
    name: both("Aliyun Mail", "阿里云邮箱（个人版）"),
    aliases: ["aliyun.com"],
    domains: ["aliyun.com"],
    host: "smtp.aliyun.com",
    port: 465,
    security: "tls",
    auth: {
      kind: "password",
      how: both(
        "The mailbox's password; SMTP must be switched on in its settings.",
        "使用邮箱密码，并在邮箱设置中开启 SMTP。",
      ),
    },
    fromMustBeLogin: true,
    rules,
  },
  {
    id: "aliyun-enterprise",
    name: both("Alibaba Mail (enterprise)", "阿里邮箱企业版"),
    aliases: ["aliyun-qiye", "alimail", "qiye.aliyun"],
    domains: [],
    host: "smtp.qiye.aliyun.com",
    port: 465,
    security: "tls",
    auth: {
      kind: "app-password",
      how: both(
        "Make a client password (三方客户端安全密码) in the mailbox's security settings; the administrator can switch them on.",
        "在邮箱的安全设置中生成“三方客户端安全密码”；如无此项，请管理员开启。",
      ),
    },
    fromMustBeLogin: true,
    rules,
  },
  {
    id: "aliyun-directmail",
    name: both("Aliyun DirectMail by SMTP", "阿里云邮件推送 SMTP"),
    aliases: ["directmail", "smtpdm"],
    domains: [],
    host: "smtpdm.aliyun.com",
    port: 465,
    security: "tls",
    auth: {
      kind: "password",
      how: both(
        "Set an SMTP password for the sender address in the DirectMail console.",
        "在邮件推送控制台为发信地址设置 SMTP 密码。",
      ),
    },
    fromMustBeLogin: true,
    rules,
  },
];
