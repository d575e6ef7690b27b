/** The providers of webhooks as a test needs them: how each signs, and what it calls with. */
import { createHmac, generateKeyPairSync, type KeyPairKeyObjectResult, sign } from "node:crypto";
import { generate } from "selfsigned";
import type { Clock } from "../../src/base/index.ts";
import { type Bounces, createBounces } from "../../src/outbox/bounces/bounces.ts";
import { mailgunWebhook } from "../../src/outbox/bounces/webhooks/mailgun.ts";
import { postmarkWebhook } from "../../src/outbox/bounces/webhooks/postmark.ts";
import { resendWebhook } from "../../src/outbox/bounces/webhooks/resend.ts";
import { sendgridWebhook } from "../../src/outbox/bounces/webhooks/sendgrid.ts";
import { sesWebhook } from "../../src/outbox/bounces/webhooks/ses.ts";
import type { Webhook } from "../../src/outbox/bounces/webhooks/webhook.ts";
import { fixedClock } from "./fixed-clock.ts";
import { insertSent } from "./sent-message.ts";
import { testDatabase } from "./test-database.ts";

export const NOW: number = Date.parse("2026-03-02T12:00:00Z");
export const SECONDS: number = NOW / 1000;
export const clock: Clock = fixedClock(NOW);
export const ann = "ann@example.com";
/** Long enough ago for the provider's answer to be written down. */
export const EARLIER = "2026-03-02T11:58:00.000Z";

interface Desk {
  bounces: Bounces;
  id: string;
  messageId: string;
}

/** A message that an HTTP provider took under the id `provider-id`. */
export async function desk(): Promise<Desk> {
  const database = await testDatabase();
  const sent = await insertSent(database);
  await database.kysely
    .insertInto("outbox_attempts")
    .values({
      message_id: sent.id,
      number: 1,
      at: NOW,
      outcome: "sent",
      server: "api.example",
      stage: "",
      code: 0,
      enhanced_code: "",
      text: "provider-id",
      diagnosis: null,
    })
    .execute();
  return { bounces: createBounces({ database, clock }), ...sent };
}

/** A call that may be changed on its way. */
interface Call {
  body: string;
  headers: Record<string, string>;
}

export function post(webhook: Webhook, { body, headers }: Call): Promise<Response> {
  return webhook(new Request("https://app.example/hooks", { method: "POST", body, headers }));
}

/** How one provider signs, and what it calls with. */
export interface Provider {
  name: string;
  webhook(bounces: Bounces, fetch?: typeof globalThis.fetch): Webhook;
  /** A signed call, made at `seconds`. */
  call(event: object, seconds?: number): Call;
  /** The same, signed with somebody else's key. */
  forged(event: object): Call;
  /** A bounce of the message. */
  bounce(desk: Desk): object;
  /** Whether the signature is over the body. */
  signsBody: boolean;
  /** Whether the signature has a time. */
  signsTime: boolean;
}

export const secret: string = "whsec_" + Buffer.from("the key of the resend webhook").toString("base64");

function svix(event: object, seconds: number, key: string): Call {
  const body = JSON.stringify(event);
  const signature = createHmac("sha256", key).update(`msg_1.${seconds}.${body}`).digest("base64");
  // During a change of the secret there are two.
  const headers = {
    "svix-id": "msg_1",
    "svix-timestamp": String(seconds),
    "svix-signature": `v1,AAAA v1,${signature}`,
  };
  return { body, headers };
}

export const resend: Provider = {
  name: "resend",
  webhook: (bounces) => resendWebhook({ bounces, secret, clock }),
  call: (event, seconds = SECONDS) => svix(event, seconds, "the key of the resend webhook"),
  forged: (event) => svix(event, SECONDS, "the key of somebody else"),
  bounce: () => ({
    type: "email.bounced",
    created_at: EARLIER,
    data: {
      created_at: EARLIER,
      email_id: "provider-id",
      from: "Shop <app@shop.example>",
      to: [ann],
      subject: "Hello",
      bounce: {
        message: "The recipient's mail server permanently rejected it.",
        type: "Permanent",
        subType: "General",
        diagnosticCode: ["smtp; 550 5.1.1 user unknown"],
      },
      tags: { category: "welcome" },
    },
  }),
  signsBody: true,
  signsTime: true,
};

const basicAuth = { user: "postmark", password: "a password of some length" };

export const postmark: Provider = {
  name: "postmark",
  webhook: (bounces) => postmarkWebhook({ bounces, basicAuth, clock }),
  call: (event) => ({
    body: JSON.stringify(event),
    headers: { authorization: `Basic ${Buffer.from(`${basicAuth.user}:${basicAuth.password}`).toString("base64")}` },
  }),
  forged: (event) => ({
    body: JSON.stringify(event),
    headers: { authorization: `Basic ${Buffer.from("postmark:a password of another").toString("base64")}` },
  }),
  bounce: () => ({
    RecordType: "Bounce",
    ID: 42,
    Type: "HardBounce",
    TypeCode: 1,
    MessageID: "provider-id",
    Email: ann,
    From: "app@shop.example",
    Details: "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
    BouncedAt: EARLIER,
    Inactive: true,
    MessageStream: "outbound",
  }),
  signsBody: false,
  signsTime: false,
};

export const ec: KeyPairKeyObjectResult = generateKeyPairSync("ec", { namedCurve: "P-256" });
const otherEc = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicKey = ec.publicKey.export({ format: "der", type: "spki" }).toString("base64");

function ecdsa(event: object, seconds: number, key: typeof ec): Call {
  const body = JSON.stringify([event]);
  const signature = sign("sha256", Buffer.from(`${seconds}${body}`), key.privateKey).toString("base64");
  const headers = {
    "x-twilio-email-event-webhook-signature": signature,
    "x-twilio-email-event-webhook-timestamp": String(seconds),
  };
  return { body, headers };
}

export const sendgrid: Provider = {
  name: "sendgrid",
  webhook: (bounces) => sendgridWebhook({ bounces, publicKey, clock }),
  call: (event, seconds = SECONDS) => ecdsa(event, seconds, ec),
  forged: (event) => ecdsa(event, SECONDS, otherEc),
  bounce: ({ messageId }) => ({
    email: ann,
    event: "bounce",
    type: "bounce",
    bounce_classification: "Invalid Address",
    reason: "550 5.1.1 The email account that you tried to reach does not exist",
    status: "5.1.1",
    ip: "192.0.2.1",
    sg_event_id: "e1",
    sg_message_id: "unknown.filterdrecv-1",
    "smtp-id": messageId,
    timestamp: SECONDS - 120,
  }),
  signsBody: true,
  signsTime: true,
};

const signingKey = "key-of-the-mailgun-account";
let tokens = 0;

function mailgunCall(event: object, seconds: number, key: string): Call {
  const token = `token${tokens++}`;
  const signature = createHmac("sha256", key).update(`${seconds}${token}`).digest("hex");
  const body = { signature: { timestamp: String(seconds), token, signature }, "event-data": event };
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

export const mailgun: Provider = {
  name: "mailgun",
  webhook: (bounces) => mailgunWebhook({ bounces, signingKey, clock }),
  call: (event, seconds = SECONDS) => mailgunCall(event, seconds, signingKey),
  forged: (event) => mailgunCall(event, SECONDS, "key-of-somebody-else"),
  bounce: ({ messageId }) => ({
    event: "failed",
    severity: "permanent",
    reason: "bounce",
    id: "G9Bn5sl1TC6nu79C8C0bwg",
    timestamp: SECONDS - 120.5,
    recipient: ann,
    "delivery-status": {
      code: 550,
      "enhanced-code": "5.1.1",
      message: "5.1.1 No such user",
      description: "",
      "mx-host": "mx.example.com",
    },
    message: { headers: { "message-id": messageId.slice(1, -1), to: ann, from: "app@shop.example" } },
  }),
  signsBody: false,
  signsTime: true,
};

export const topic = "arn:aws:sns:eu-west-1:123456789012:bounces";
export const certificateUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem";
const snsDays = { notBeforeDate: new Date(NOW - 86_400_000), notAfterDate: new Date(NOW + 86_400_000) };
const snsIssuer = await generate([{ name: "commonName", value: "Amazon RSA 2048 M01" }], {
  ...snsDays,
  keySize: 2048,
  extensions: [{ name: "basicConstraints", cA: true, critical: true }],
});
/** What SNS signs with; without the one that issued it, as SNS serves it. */
export const rsa: Awaited<ReturnType<typeof generate>> = await generate(
  [{ name: "commonName", value: "sns.amazonaws.com" }],
  {
    ...snsDays,
    keySize: 2048,
    algorithm: "sha256",
    ca: { key: snsIssuer.private, cert: snsIssuer.cert },
  },
);
const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

interface SnsChanges {
  version?: "1" | "2";
  key?: string;
  [field: string]: string | undefined;
}

export function snsCall(
  event: object,
  seconds: number,
  { version = "2", key = rsa.private, ...changes }: SnsChanges = {},
): Call {
  const message: Record<string, string | undefined> = {
    Type: "Notification",
    MessageId: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    TopicArn: topic,
    Subject: "Amazon SES Email Event Notification",
    Message: JSON.stringify(event),
    Timestamp: new Date(seconds * 1000).toISOString(),
    ...changes,
  };
  const names =
    message["Type"] === "Notification"
      ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
      : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  const content = names.map((name) => `${name}\n${message[name]}\n`).join("");
  const signature = sign(version === "1" ? "sha1" : "sha256", Buffer.from(content), key).toString("base64");
  const signed = { SigningCertURL: certificateUrl, ...message, SignatureVersion: version, Signature: signature };
  return { body: JSON.stringify(signed), headers: { "content-type": "text/plain; charset=UTF-8" } };
}

export const sns = (url: string): Response =>
  url === certificateUrl ? new Response(rsa.cert) : new Response("", { status: 404 });
const snsFetch = (async (url: string) => sns(url)) as typeof globalThis.fetch;

export const ses: Provider = {
  name: "ses",
  webhook: (bounces, fetch = snsFetch) => sesWebhook({ bounces, topics: [topic], fetch, clock }),
  call: (event, seconds = SECONDS) => snsCall(event, seconds),
  forged: (event) =>
    snsCall(event, SECONDS, { key: otherRsa.privateKey.export({ format: "pem", type: "pkcs8" }) as string }),
  bounce: ({ messageId }) => ({
    notificationType: "Bounce",
    bounce: {
      bounceType: "Permanent",
      bounceSubType: "General",
      bouncedRecipients: [
        { emailAddress: ann, action: "failed", status: "5.1.1", diagnosticCode: "smtp; 550 5.1.1 user unknown" },
      ],
      timestamp: EARLIER,
      feedbackId: "0000",
      reportingMTA: "dns; email.example.com",
    },
    mail: {
      timestamp: EARLIER,
      source: "app@shop.example",
      messageId: "00000138111222aa-33322211",
      destination: [ann],
      headersTruncated: false,
      headers: [
        { name: "From", value: "app@shop.example" },
        { name: "Message-ID", value: messageId },
      ],
      commonHeaders: { from: ["app@shop.example"], messageId },
    },
  }),
  signsBody: true,
  signsTime: true,
};

export const providers: readonly Provider[] = [resend, postmark, sendgrid, mailgun, ses];
