/** What can be configured of the outbox and its neighbours: limits, webhooks, bounces, retention, submission. */
import type {
  BounceMailboxOptions,
  LimitRule,
  MailgunWebhookOptions,
  PostmarkWebhookOptions,
  ResendWebhookOptions,
  Retention,
  SendgridWebhookOptions,
  SesWebhookOptions,
  SuppressionDays,
  WebhookEndpoint,
} from "../outbox/index.ts";
import {
  type Check,
  isBoolean,
  isCount,
  isOneOf,
  isOwnPort,
  isPlainObject,
  isSeconds,
  isText,
  type Shape,
  show,
} from "./check.ts";

/** The queue itself. */
export interface OutboxConfig {
  /** The wait after a first failure, in seconds; it doubles up to 4 hours. Default 30. */
  retrySeconds?: number | undefined;
  /** How long a worker's claim on a message holds without being renewed, in seconds. Default 30. */
  leaseSeconds?: number | undefined;
  /** How many messages leave at once. Default 32. */
  concurrency?: number | undefined;
  /** An alarm is raised when mail is late by more, in seconds: nobody sends what could go, or a fault keeps it back. Default 600. */
  alertSeconds?: number | undefined;
  /** What says that messages are due: the outbox' own table, or pg-boss on Postgres. Default "embedded". */
  engine?: "embedded" | "pg-boss" | undefined;
}

/** A mailbox that bounces come to, read by IMAP. */
export type ImapConfig = Pick<
  BounceMailboxOptions,
  "host" | "port" | "user" | "password" | "security" | "mailbox" | "everySeconds" | "after"
>;

/** What comes back of messages, and how it gets here. */
export interface BouncesConfig {
  /** A domain of its own, all of whose mail comes to us: each message gets a signed bounce address there (VERP). */
  domain?: string | undefined;
  /** A mailbox that takes `+` and more, for the same. */
  mailbox?: string | undefined;
  /** Fixed bounce addresses, whose mail is matched by Message-ID. */
  addresses?: readonly string[] | undefined;
  /** Opens `POST /hooks/bounces` for mails as they came: who calls must know it. */
  token?: string | undefined;
  imap?: ImapConfig | undefined;
  /** Providers that report to `/hooks/NAME`, such as `/hooks/resend`. */
  providers?:
    | {
        resend?: Pick<ResendWebhookOptions, "secret"> | undefined;
        postmark?: Pick<PostmarkWebhookOptions, "basicAuth" | "header"> | undefined;
        sendgrid?: Pick<SendgridWebhookOptions, "publicKey"> | undefined;
        mailgun?: Pick<MailgunWebhookOptions, "signingKey"> | undefined;
        ses?: Pick<SesWebhookOptions, "topics" | "confirmSubscriptions"> | undefined;
      }
    | undefined;
}

/** Mail from other programs, by SMTP. */
export interface SubmissionConfig {
  /** The port that offers STARTTLS; 0 for any free one. Default: `waxseal serve` takes no mail by SMTP. */
  port?: number | undefined;
  /** Default 127.0.0.1. */
  host?: string | undefined;
  /** A second port, on which TLS begins at once. */
  tlsPort?: number | undefined;
  /** A certificate, a file in PEM; given with `keyFile`, or neither. */
  certFile?: string | undefined;
  /** Its key, a file in PEM. */
  keyFile?: string | undefined;
  /** Takes keys over an unencrypted connection, also from other machines. Default false. */
  allowPlaintextAuth?: boolean | undefined;
  /** The largest message that is taken, in bytes. Default 25 MiB. */
  maxMessageBytes?: number | undefined;
  /** What the server calls itself. Default: the machine's name. */
  name?: string | undefined;
}

/** All of it. */
export interface OutboxSettings {
  outbox?: OutboxConfig | undefined;
  /** How fast mail may leave, by mailer, account, recipient's domain or tenant. Default: what the providers declare. */
  limits?: readonly LimitRule[] | undefined;
  /** Endpoints of yours that are told what happens to messages, by a name that stays. */
  webhooks?: Readonly<Record<string, WebhookEndpoint>> | undefined;
  /** Calls webhooks on the public internet only: for a service whose users name them. Default false. */
  webhooksPublicOnly?: boolean | undefined;
  bounces?: BouncesConfig | undefined;
  suppression?:
    | {
        /** Days for which an entry holds, by its reason; null for ever. */
        days?: Partial<SuppressionDays> | undefined;
      }
    | undefined;
  unsubscribe?:
    | {
        /** An address that takes unsubscriptions by mail, named beside each link. Default: none. */
        mailto?: string | undefined;
      }
    | undefined;
  /** Days for which what is done with is kept. */
  retention?: Partial<Retention> | undefined;
  /** Prometheus at `/metrics`, for who carries the token. Needs `prom-client`. */
  metrics?: { token?: string | undefined } | undefined;
  /** Traces by OpenTelemetry; needs `@opentelemetry/api` and an SDK that the application sets up. Default false. */
  tracing?: boolean | undefined;
  submission?: SubmissionConfig | undefined;
}

const isList: Check = (value) => (Array.isArray(value) ? undefined : `it is ${show(value)}; it must be a list.`);
/** What the part that takes it checks itself, with better words. */
const isObject: Check = (value) => (isPlainObject(value) ? undefined : `it is ${show(value)}; it must be an object.`);
/** Not shown: it is a secret. */
const isToken: Check = (value) =>
  typeof value === "string" && value.length >= 16
    ? undefined
    : "it must have 16 characters or more. Make one with: node -p 'crypto.randomBytes(32).toString(\"base64url\")'";
const isSecret: Check = (value) =>
  typeof value === "string" && value !== "" ? undefined : "it must be a text that is not empty.";

const isMailto: Check = (value) =>
  typeof value === "string" && /^(?:mailto:)?[^\s<>@]+@[^\s<>@]+$/i.test(value)
    ? undefined
    : `it is ${show(value)}; it must be an address, such as leave@example.com.`;

/** The checks of the plain values. */
export const outboxShape: Shape = {
  outbox: {
    retrySeconds: isSeconds,
    leaseSeconds: isSeconds,
    concurrency: isCount,
    alertSeconds: isSeconds,
    engine: isOneOf("embedded", "pg-boss"),
  },
  limits: isList,
  webhooks: isObject,
  webhooksPublicOnly: isBoolean,
  bounces: {
    domain: isText,
    mailbox: isText,
    addresses: isList,
    token: isToken,
    imap: {
      host: isText,
      port: isOwnPort,
      user: isText,
      password: isSecret,
      security: isOneOf("tls", "starttls", "none"),
      mailbox: isText,
      everySeconds: isSeconds,
      after: (value) => (isPlainObject(value) ? undefined : isOneOf("keep", "seen", "delete")(value)),
    },
    providers: { resend: isObject, postmark: isObject, sendgrid: isObject, mailgun: isObject, ses: isObject },
  },
  suppression: { days: isObject },
  unsubscribe: { mailto: isMailto },
  retention: isObject,
  metrics: { token: isToken },
  tracing: isBoolean,
  submission: {
    port: isOwnPort,
    host: isText,
    tlsPort: isOwnPort,
    certFile: isText,
    keyFile: isText,
    allowPlaintextAuth: isBoolean,
    maxMessageBytes: isCount,
    name: isText,
  },
};
