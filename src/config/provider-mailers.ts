/** The mailers that post to a provider's API: what can be said of each, the check of it, and the backend it becomes. */
import {
  aliyunBackend,
  type Backend,
  mailgunBackend,
  postmarkBackend,
  resendBackend,
  sendgridBackend,
  sesBackend,
  tencentBackend,
} from "../mail/index.ts";
import { type Check, isCount, isSeconds, isText, type Shape, show, timerMs } from "./check.ts";

/** What every one of them takes. */
interface HttpMailerConfig {
  /** Where the API is, for another region. Default: the provider's own. */
  baseUrl?: string | undefined;
  /** How long one request may take, in seconds. Default 30. */
  timeoutSeconds?: number | undefined;
}

/** Those that know their customers by one key. */
interface ApiKeyMailerConfig extends HttpMailerConfig {
  apiKey: string;
}

/** Those that know their customers by a pair of keys, and have requests signed. */
interface SignedMailerConfig extends HttpMailerConfig {
  /** Aliyun's AccessKey ID, Tencent's SecretId. */
  accessKeyId: string;
  /** Aliyun's AccessKey secret, Tencent's SecretKey. */
  secretAccessKey: string;
}

export interface ResendMailerConfig extends ApiKeyMailerConfig {
  backend: "resend";
}

export interface PostmarkMailerConfig extends ApiKeyMailerConfig {
  backend: "postmark";
  messageStream?: string | undefined;
}

export interface SendgridMailerConfig extends ApiKeyMailerConfig {
  backend: "sendgrid";
}

export interface MailgunMailerConfig extends ApiKeyMailerConfig {
  backend: "mailgun";
  /** The sending domain. */
  domain: string;
}

export interface SesMailerConfig extends SignedMailerConfig {
  backend: "ses";
  /** Such as `eu-west-1`. */
  region: string;
  /** Of credentials that expire. */
  sessionToken?: string | undefined;
  configurationSet?: string | undefined;
}

export interface AliyunMailerConfig extends SignedMailerConfig {
  backend: "aliyun";
}

export interface TencentMailerConfig extends SignedMailerConfig {
  backend: "tencent";
  /** Default `ap-guangzhou`. */
  region?: string | undefined;
  templateId?: number | undefined;
}

/** A mailer that posts to a provider's API. */
export type ProviderMailerConfig =
  | ResendMailerConfig
  | PostmarkMailerConfig
  | SendgridMailerConfig
  | MailgunMailerConfig
  | SesMailerConfig
  | AliyunMailerConfig
  | TencentMailerConfig;

/** The value is never shown. */
const isKey: Check = (value) =>
  typeof value === "string" && /^[\x21-\x7e]+$/.test(value)
    ? undefined
    : "it must be one word of visible ASCII, with nothing before or after it.";

const isApiUrl: Check = (value) =>
  typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
    ? undefined
    : `it is ${show(value)}; it must be an http or https URL.`;

const isDomain: Check = (value) =>
  typeof value === "string" && /^[\w.-]+$/.test(value)
    ? undefined
    : `it is ${show(value)}; it must be a domain such as mg.example.com.`;

const isRegion: Check = (value) =>
  typeof value === "string" && /^[a-z0-9-]+$/.test(value)
    ? undefined
    : `it is ${show(value)}; it must be a region such as eu-west-1.`;

const http: Shape = { baseUrl: isApiUrl, timeoutSeconds: isSeconds };
const withKey: Shape = { apiKey: isKey, ...http };
const signed: Shape = { accessKeyId: isKey, secretAccessKey: isKey, ...http };

/** For each provider its options, and which of them it cannot do without. */
export const providerShapes: Readonly<
  Record<ProviderMailerConfig["backend"], { options: Shape; required: readonly string[] }>
> = {
  resend: { options: withKey, required: ["apiKey"] },
  postmark: { options: { ...withKey, messageStream: isText }, required: ["apiKey"] },
  sendgrid: { options: withKey, required: ["apiKey"] },
  mailgun: { options: { ...withKey, domain: isDomain }, required: ["apiKey", "domain"] },
  ses: {
    options: { ...signed, region: isRegion, sessionToken: isKey, configurationSet: isText },
    required: ["accessKeyId", "secretAccessKey", "region"],
  },
  aliyun: { options: signed, required: ["accessKeyId", "secretAccessKey"] },
  tencent: {
    options: { ...signed, region: isRegion, templateId: isCount },
    required: ["accessKeyId", "secretAccessKey"],
  },
};

/** The backend of a mailer whose description was checked. */
export function createProviderBackend(config: ProviderMailerConfig): Backend {
  switch (config.backend) {
    case "resend":
      return resendBackend(optionsOf(config));
    case "postmark":
      return postmarkBackend(optionsOf(config));
    case "sendgrid":
      return sendgridBackend(optionsOf(config));
    case "mailgun":
      return mailgunBackend(optionsOf(config));
    case "ses":
      return sesBackend(optionsOf(config));
    case "aliyun":
      return aliyunBackend(optionsOf(config));
    case "tencent":
      return tencentBackend(optionsOf(config));
  }
}

/** As the backends name them. */
function optionsOf<T extends ProviderMailerConfig>(
  config: T,
): Omit<T, "backend" | "timeoutSeconds"> & { timeoutMs?: number } {
  const { backend: _backend, timeoutSeconds, ...options } = config;
  return { ...options, ...(timeoutSeconds !== undefined && { timeoutMs: timerMs(timeoutSeconds) }) };
}
