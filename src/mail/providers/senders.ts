/** Services that send for applications, by their SMTP servers: SendGrid, Mailgun, Postmark, Amazon SES, Resend and others. */
import { both, DAY, type Provider, type ProviderAuth, rule } from "./provider.ts";

function apiKey(en: string, zh: string): ProviderAuth {
  return { kind: "api-key", how: both(en, zh) };
}

type Differences = Pick<Provider, "id" | "name" | "auth"> & Partial<Provider>;

function sender(host: string, { id, name, auth, ...more }: Differences): Provider {
  const usual = { domains: [], port: 465, security: "tls", fromMustBeLogin: false, rules: [] } as const;
  return { id, name, host, auth, ...usual, ...more };
}

const sesRules: Provider["rules"] = [
  rule(
    { replies: [454], text: /daily message quota exceeded/i },
    {
      id: "ses.daily-quota",
      about: "account",
      retryAfterSeconds: DAY,
      meaning: both("The account has sent as much as it may in 24 hours.", "该账号 24 小时内的发送数量已达上限。"),
      advice: both("Send the rest tomorrow, or ask AWS for a larger quota.", "请明天再发，或向 AWS 申请提高配额。"),
    },
  ),
  rule(
    { replies: [454], text: /maximum sending rate exceeded/i },
    {
      id: "ses.rate",
      about: "account",
      retryAfterSeconds: 5,
      meaning: both("Mail comes faster than the account may send.", "发送速度超过账号的上限。"),
      advice: both("Set maxPerSecond to the account's sending rate.", "请把 maxPerSecond 设为账号的发送速率。"),
    },
  ),
  rule(
    { replies: [554], text: /address is not verified/i },
    {
      id: "ses.not-verified",
      about: "account",
      meaning: both(
        "An address is not verified; in the sandbox, recipients must be too.",
        "有地址未经验证；在沙盒中，收件人地址也须验证。",
      ),
      advice: both(
        "Verify the sender's domain in SES, and ask to leave the sandbox.",
        "请在 SES 中验证发件人域名，并申请移出沙盒。",
      ),
    },
  ),
];

const SES_REGIONS = [
  "us-east-1",
  "us-east-2",
  "us-west-2",
  "ca-central-1",
  "eu-west-1",
  "eu-west-2",
  "eu-central-1",
  "ap-south-1",
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-southeast-1",
  "ap-southeast-2",
  "sa-east-1",
];

const sesAuth = apiKey(
  "Create SMTP credentials in the SES console; they differ from access keys, and belong to one region.",
  "在 SES 控制台创建 SMTP 凭证；它不同于访问密钥，且只属于一个区域。",
);

const mailgunAuth = apiKey(
  "User and password of the domain's SMTP credentials in Mailgun's control panel.",
  "使用 Mailgun 控制台中该域名的 SMTP 用户名和密码。",
);

export const senderProviders: readonly Provider[] = [
  sender("smtp.sendgrid.net", {
    id: "sendgrid",
    name: both("SendGrid", "SendGrid"),
    auth: apiKey('The user is the word "apikey", the password an API key.', '用户名固定为 "apikey"，密码为 API 密钥。'),
  }),
  sender("smtp.mailgun.org", { id: "mailgun", name: both("Mailgun", "Mailgun"), auth: mailgunAuth }),
  sender("smtp.eu.mailgun.org", { id: "mailgun-eu", name: both("Mailgun (EU)", "Mailgun（欧盟）"), auth: mailgunAuth }),
  sender("smtp.postmarkapp.com", {
    id: "postmark",
    name: both("Postmark", "Postmark"),
    port: 587,
    security: "starttls",
    auth: apiKey("User and password are both the server's API token.", "用户名和密码都是该服务器的 API 令牌。"),
  }),
  sender("smtp.resend.com", {
    id: "resend",
    name: both("Resend", "Resend"),
    auth: apiKey('The user is the word "resend", the password an API key.', '用户名固定为 "resend"，密码为 API 密钥。'),
  }),
  sender("smtp-relay.brevo.com", {
    id: "brevo",
    name: both("Brevo", "Brevo"),
    aliases: ["sendinblue"],
    port: 587,
    security: "starttls",
    auth: apiKey(
      "The SMTP log-in and an SMTP key from Brevo's settings.",
      "使用 Brevo 设置中的 SMTP 登录名和 SMTP 密钥。",
    ),
  }),
  sender("in-v3.mailjet.com", {
    id: "mailjet",
    name: both("Mailjet", "Mailjet"),
    port: 587,
    security: "starttls",
    auth: apiKey("The user is the API key, the password the secret key.", "用户名为 API 密钥，密码为 Secret 密钥。"),
  }),
  sender("smtp.sparkpostmail.com", {
    id: "sparkpost",
    name: both("SparkPost", "SparkPost"),
    port: 587,
    security: "starttls",
    auth: apiKey(
      'The user is the word "SMTP_Injection", the password an API key that may send by SMTP.',
      '用户名固定为 "SMTP_Injection"，密码为允许 SMTP 的 API 密钥。',
    ),
  }),
  ...SES_REGIONS.map((region) =>
    sender(`email-smtp.${region}.amazonaws.com`, {
      id: `ses-${region}`,
      name: both(`Amazon SES ${region}`, `Amazon SES ${region}`),
      auth: sesAuth,
      limits: { recipientsPerMessage: 50, source: "Amazon's documentation: 50 recipients per message" },
      rules: sesRules,
    }),
  ),
];
