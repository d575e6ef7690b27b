import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { generate } from "selfsigned";
import { describe, expect, test } from "vitest";
import { fixedClock } from "../../../../test/support/fixed-clock.ts";
import { insertSent } from "../../../../test/support/sent-message.ts";
import { testDatabase } from "../../../../test/support/test-database.ts";
import type { Logger } from "../../../base/index.ts";
import { type Bounces, createBounces } from "../bounces.ts";
import { mailgunWebhook } from "./mailgun.ts";
import { postmarkWebhook } from "./postmark.ts";
import { resendWebhook } from "./resend.ts";
import { sendgridWebhook } from "./sendgrid.ts";
import { sesWebhook } from "./ses.ts";
import type { Webhook } from "./webhook.ts";

const NOW = Date.parse("2026-03-02T12:00:00Z");
const SECONDS = NOW / 1000;
const clock = fixedClock(NOW);
const ann = "ann@example.com";
/** Long enough ago for the provider's answer to be written down. */
const EARLIER = "2026-03-02T11:58:00.000Z";

interface Desk {
  bounces: Bounces;
  id: string;
  messageId: string;
}

/** A message that an HTTP provider took under the id `provider-id`. */
async function desk(): Promise<Desk> {
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

function post(webhook: Webhook, { body, headers }: Call): Promise<Response> {
  return webhook(new Request("https://app.example/hooks", { method: "POST", body, headers }));
}

/** How one provider signs, and what it calls with. */
interface Provider {
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

const secret = "whsec_" + Buffer.from("the key of the resend webhook").toString("base64");

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

const resend: Provider = {
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

const postmark: Provider = {
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

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
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

const sendgrid: Provider = {
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

const mailgun: Provider = {
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

const topic = "arn:aws:sns:eu-west-1:123456789012:bounces";
const certificateUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem";
const rsa = await generate([{ name: "commonName", value: "sns.amazonaws.com" }], {
  keySize: 2048,
  algorithm: "sha256",
  notBeforeDate: new Date(NOW - 86_400_000),
  notAfterDate: new Date(NOW + 86_400_000),
});
const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

interface SnsChanges {
  version?: "1" | "2";
  key?: string;
  [field: string]: string | undefined;
}

function snsCall(
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

const sns = (url: string): Response =>
  url === certificateUrl ? new Response(rsa.cert) : new Response("", { status: 404 });
const snsFetch = (async (url: string) => sns(url)) as typeof globalThis.fetch;

const ses: Provider = {
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

const providers = [resend, postmark, sendgrid, mailgun, ses];

describe.each(providers)("$name", (provider) => {
  test("a signed bounce is written down, and once", async () => {
    const at = await desk();
    const webhook = provider.webhook(at.bounces);
    const call = provider.call(provider.bounce(at));
    for (let time = 0; time < 2; time++) expect((await post(webhook, call)).status).toBe(200);
    expect(await at.bounces.list()).toEqual([
      {
        messageId: at.id,
        address: ann,
        kind: "hard-bounce",
        status: "5.1.1",
        detail: expect.stringMatching(/user|account/i) as string,
        source: `webhook:${provider.name}`,
        at: expect.any(Number) as number,
      },
    ]);
  });

  test("a signature of another key is refused, and nothing is written", async () => {
    const at = await desk();
    expect((await post(provider.webhook(at.bounces), provider.forged(provider.bounce(at)))).status).toBe(401);
    expect(await at.bounces.list()).toEqual([]);
  });

  test("a call without any proof is refused", async () => {
    const at = await desk();
    const { body } = provider.call(provider.bounce(at));
    const bare =
      provider.name === "ses" || provider.name === "mailgun"
        ? JSON.stringify({ ...JSON.parse(body), Signature: "", signature: {} })
        : body;
    expect((await post(provider.webhook(at.bounces), { body: bare, headers: {} })).status).toBe(401);
    expect((await post(provider.webhook(at.bounces), { body: "", headers: {} })).status).toBe(401);
    expect((await post(provider.webhook(at.bounces), { body: "[]", headers: {} })).status).toBe(401);
    expect(await at.bounces.list()).toEqual([]);
  });

  test.runIf(provider.signsBody)("a changed event is refused", async () => {
    const at = await desk();
    const call = provider.call(provider.bounce(at));
    const changed = { ...call, body: call.body.replaceAll(ann, "bob@example.com") };
    expect((await post(provider.webhook(at.bounces), changed)).status).toBe(401);
    expect(await at.bounces.list()).toEqual([]);
  });

  test.runIf(provider.signsTime)("a call of two days ago, or of tomorrow, is refused", async () => {
    const at = await desk();
    const webhook = provider.webhook(at.bounces);
    for (const seconds of [SECONDS - 2 * 86_400, SECONDS + 86_400]) {
      expect((await post(webhook, provider.call(provider.bounce(at), seconds))).status).toBe(401);
    }
    expect(await at.bounces.list()).toEqual([]);
  });

  test("other methods, bodies without end and a database that fails", async () => {
    const at = await desk();
    const webhook = provider.webhook(at.bounces);
    expect((await webhook(new Request("https://app.example/hooks"))).status).toBe(405);
    expect((await post(webhook, { body: "x".repeat(11_000_000), headers: {} })).status).toBe(413);
    const broken = provider.webhook({ ...at.bounces, record: () => Promise.reject(new Error("disk full")) });
    expect((await post(broken, provider.call(provider.bounce(at)))).status).toBe(503);
  });
});

describe("what providers say, and what it is to us", () => {
  test.each<[Provider, string, object, string | undefined]>([
    [
      resend,
      "a temporary bounce",
      { type: "email.bounced", data: { to: [ann], email_id: "provider-id", bounce: { type: "Transient" } } },
      "soft-bounce",
    ],
    [resend, "a complaint", { type: "email.complained", data: { to: [ann], email_id: "provider-id" } }, "complaint"],
    [resend, "a delay", { type: "email.delivery_delayed", data: { to: [ann], email_id: "provider-id" } }, "delayed"],
    [
      resend,
      "an address on Resend's own list",
      { type: "email.suppressed", data: { to: [ann], email_id: "provider-id" } },
      "soft-bounce",
    ],
    [resend, "a delivery", { type: "email.delivered", data: { to: [ann], email_id: "provider-id" } }, undefined],
    [
      postmark,
      "a full mailbox",
      { RecordType: "Bounce", Type: "SoftBounce", MessageID: "provider-id", Email: ann },
      "soft-bounce",
    ],
    [postmark, "a delay", { RecordType: "Bounce", Type: "Transient", MessageID: "provider-id", Email: ann }, "delayed"],
    [
      postmark,
      "an automatic answer",
      { RecordType: "Bounce", Type: "AutoResponder", MessageID: "provider-id", Email: ann },
      undefined,
    ],
    [postmark, "a complaint", { RecordType: "SpamComplaint", MessageID: "provider-id", Email: ann }, "complaint"],
    [
      postmark,
      "who left a stream",
      {
        RecordType: "SubscriptionChange",
        MessageID: "provider-id",
        Recipient: ann,
        Origin: "Recipient",
        SuppressSending: true,
        SuppressionReason: "ManualSuppression",
      },
      "unsubscribe",
    ],
    [
      postmark,
      "whom an operator suppressed",
      {
        RecordType: "SubscriptionChange",
        MessageID: "provider-id",
        Recipient: ann,
        Origin: "Customer",
        SuppressSending: true,
        SuppressionReason: "ManualSuppression",
      },
      undefined,
    ],
    [
      sendgrid,
      "a full mailbox",
      { event: "bounce", type: "bounce", email: ann, reason: "552 5.2.2 over quota", sg_message_id: "provider-id.f" },
      "soft-bounce",
    ],
    [
      sendgrid,
      "a block",
      { event: "bounce", type: "blocked", email: ann, reason: "550 5.7.1 spam", sg_message_id: "provider-id.f" },
      "soft-bounce",
    ],
    [
      sendgrid,
      "a drop",
      { event: "dropped", email: ann, reason: "Bounced Address", sg_message_id: "provider-id.f" },
      "soft-bounce",
    ],
    [
      sendgrid,
      "a delay",
      { event: "deferred", email: ann, response: "450 later", sg_message_id: "provider-id.f" },
      "delayed",
    ],
    [sendgrid, "a complaint", { event: "spamreport", email: ann, sg_message_id: "provider-id.f" }, "complaint"],
    [
      sendgrid,
      "who left a group",
      { event: "group_unsubscribe", email: ann, sg_message_id: "provider-id.f" },
      "unsubscribe",
    ],
    [sendgrid, "an opening", { event: "open", email: ann, sg_message_id: "provider-id.f" }, undefined],
  ])("$0.name: %s, %s", async (provider, _name, event, kind) => {
    const at = await desk();
    expect(
      (
        await post(
          provider.webhook(at.bounces),
          provider.call({
            created_at: EARLIER,
            BouncedAt: EARLIER,
            ChangedAt: EARLIER,
            timestamp: SECONDS - 120,
            ...event,
          }),
        )
      ).status,
    ).toBe(200);
    const kinds = (await at.bounces.list({ messageId: at.id })).map((bounce) => bounce.kind);
    expect(kinds).toEqual(kind === undefined ? [] : [kind]);
  });

  test.each<[string, object, string | undefined]>([
    ["a temporary failure", { event: "failed", severity: "temporary" }, "delayed"],
    [
      "a failure for the content",
      {
        event: "failed",
        severity: "permanent",
        reason: "generic",
        "delivery-status": { code: 550, message: "5.7.1 spam" },
      },
      "soft-bounce",
    ],
    [
      "an address that bounced before",
      { event: "failed", severity: "permanent", reason: "suppress-bounce", "delivery-status": { code: 605 } },
      "hard-bounce",
    ],
    ["a complaint", { event: "complained" }, "complaint"],
    ["who left", { event: "unsubscribed" }, "unsubscribe"],
    ["an opening", { event: "opened" }, undefined],
  ])("mailgun: %s", async (_name, event, kind) => {
    const at = await desk();
    const whole = {
      recipient: ann,
      message: { headers: { "message-id": at.messageId.slice(1, -1) } },
      timestamp: SECONDS,
      ...event,
    };
    expect((await post(mailgun.webhook(at.bounces), mailgun.call(whole))).status).toBe(200);
    expect((await at.bounces.list({ messageId: at.id })).map((bounce) => bounce.kind)).toEqual(
      kind === undefined ? [] : [kind],
    );
  });

  test.each<[string, object, string | undefined]>([
    [
      "a temporary bounce",
      {
        eventType: "Bounce",
        bounce: { bounceType: "Transient", bounceSubType: "MailboxFull", bouncedRecipients: [{ emailAddress: ann }] },
      },
      "soft-bounce",
    ],
    [
      "a complaint",
      {
        eventType: "Complaint",
        complaint: { complainedRecipients: [{ emailAddress: ann }], complaintFeedbackType: "abuse" },
      },
      "complaint",
    ],
    [
      "one who moved it out of spam",
      {
        eventType: "Complaint",
        complaint: { complainedRecipients: [{ emailAddress: ann }], complaintFeedbackType: "not-spam" },
      },
      undefined,
    ],
    [
      "a complaint of one among several",
      {
        eventType: "Complaint",
        complaint: { complainedRecipients: [{ emailAddress: ann }, { emailAddress: "b@c.example" }] },
      },
      "complaint",
    ],
    [
      "a delay",
      {
        eventType: "DeliveryDelay",
        deliveryDelay: { delayType: "MailboxFull", delayedRecipients: [{ emailAddress: ann }] },
      },
      "delayed",
    ],
    ["a virus", { eventType: "Reject", reject: { reason: "Bad content" } }, "soft-bounce"],
    ["a delivery", { eventType: "Delivery", delivery: {} }, undefined],
  ])("ses: %s", async (_name, event, kind) => {
    const at = await desk();
    const whole = { ...event, mail: { messageId: "provider-id", destination: [ann], timestamp: EARLIER } };
    expect((await post(ses.webhook(at.bounces), ses.call(whole, SECONDS - 120))).status).toBe(200);
    expect((await at.bounces.list({ messageId: at.id })).map((bounce) => bounce.kind)).toEqual(
      kind === undefined ? [] : [kind],
    );
  });

  test("many events of one call are each written down", async () => {
    const at = await desk();
    const events = ["deferred", "spamreport"].map((event) => ({
      event,
      email: ann,
      "smtp-id": at.messageId,
      timestamp: SECONDS,
      sg_event_id: event,
    }));
    const body = JSON.stringify(events);
    const signature = sign("sha256", Buffer.from(`${SECONDS}${body}`), ec.privateKey).toString("base64");
    const headers = {
      "x-twilio-email-event-webhook-signature": signature,
      "x-twilio-email-event-webhook-timestamp": String(SECONDS),
    };
    expect(await (await post(sendgrid.webhook(at.bounces), { body, headers })).json()).toEqual({ reports: 2 });
    expect((await at.bounces.list({ messageId: at.id })).map(({ kind }) => kind).toSorted()).toEqual([
      "complaint",
      "delayed",
    ]);
  });

  test("an event that came before the provider's answer was written down is to be brought again", async () => {
    const at = await desk();
    const bounce = JSON.stringify(resend.bounce(at)).replaceAll("provider-id", "not-yet-known");
    const event = { ...(JSON.parse(bounce) as object), created_at: new Date(NOW).toISOString() };
    const response = await post(resend.webhook(at.bounces), resend.call(event));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "60"]);
    expect(await at.bounces.list()).toEqual([]);
  });
});

test("mailgun: a token that came with another event is refused", async () => {
  const at = await desk();
  const webhook = mailgun.webhook(at.bounces);
  const call = mailgun.call(mailgun.bounce(at));
  expect((await post(webhook, call)).status).toBe(200);
  const another = { ...call, body: call.body.replace('"failed"', '"complained"') };
  expect((await post(webhook, another)).status).toBe(406);
  expect(await at.bounces.list()).toHaveLength(1);
});

test("postmark: a header of one's own instead of a password", async () => {
  const at = await desk();
  const webhook = postmarkWebhook({ bounces: at.bounces, header: { name: "X-Hook", value: "a value of some length" } });
  const body = JSON.stringify(postmark.bounce(at));
  expect((await post(webhook, { body, headers: { "x-hook": "a value of some length" } })).status).toBe(200);
  expect((await post(webhook, { body, headers: { "x-hook": "a value of no length" } })).status).toBe(401);
});

describe("Amazon SNS", () => {
  test("a signature of version 1 is taken too, and the certificate is fetched once", async () => {
    const at = await desk();
    let fetched = 0;
    const counting = (async (url: string) => (fetched++, sns(url))) as typeof globalThis.fetch;
    const webhook = ses.webhook(at.bounces, counting);
    for (const version of ["1", "2"] as const) {
      expect((await post(webhook, snsCall(ses.bounce(at), SECONDS, { version }))).status).toBe(200);
    }
    expect(fetched).toBe(1);
  });

  test.each([
    "http://sns.eu-west-1.amazonaws.com/x.pem",
    "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
    "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
    "https://s3.eu-west-1.amazonaws.com/bucket/x.pem",
    "https://user@sns.eu-west-1.amazonaws.com/x.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
    "https://sns.evil.s3.amazonaws.com/x.pem",
    "not a URL",
  ])("a certificate at %s is not fetched", async (SigningCertURL) => {
    const at = await desk();
    const fetched: string[] = [];
    const webhook = ses.webhook(
      at.bounces,
      (async (url: string) => (fetched.push(url), new Response(rsa.cert))) as typeof globalThis.fetch,
    );
    expect((await post(webhook, snsCall(ses.bounce(at), SECONDS, { SigningCertURL }))).status).toBe(401);
    expect([fetched, await at.bounces.list()]).toEqual([[], []]);
  });

  test("another topic is refused before anything is fetched", async () => {
    const at = await desk();
    const fetched: string[] = [];
    const webhook = ses.webhook(
      at.bounces,
      (async (url: string) => (fetched.push(url), sns(url))) as typeof globalThis.fetch,
    );
    const call = snsCall(ses.bounce(at), SECONDS, { TopicArn: "arn:aws:sns:eu-west-1:999999999999:theirs" });
    expect((await post(webhook, call)).status).toBe(401);
    expect(fetched).toEqual([]);
  });

  test("a certificate that cannot be had is asked for again, not held against the message", async () => {
    const at = await desk();
    const webhook = ses.webhook(at.bounces, (async () => new Response("", { status: 500 })) as typeof globalThis.fetch);
    expect((await post(webhook, ses.call(ses.bounce(at)))).status).toBe(503);
  });

  const subscribe = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc";
  test.each([
    ["is confirmed where that was allowed", true, subscribe, [certificateUrl, subscribe]],
    ["waits for a person where it was not", false, subscribe, [certificateUrl]],
    ["is not confirmed at another host", true, "https://evil.example/?Action=ConfirmSubscription", [certificateUrl]],
  ])("a subscription %s", async (_name, confirmSubscriptions, SubscribeURL, expected) => {
    const at = await desk();
    const fetched: string[] = [];
    const logged: string[] = [];
    const logger: Logger = { log: (_level, event) => void logged.push(event) };
    const fetch = (async (url: string) => (
      fetched.push(url),
      url === subscribe ? new Response("ok") : sns(url)
    )) as typeof globalThis.fetch;
    const webhook = sesWebhook({ bounces: at.bounces, topics: [topic], confirmSubscriptions, fetch, clock, logger });
    const call = snsCall({}, SECONDS, { Type: "SubscriptionConfirmation", SubscribeURL, Token: "abc" });
    expect((await post(webhook, call)).status).toBe(200);
    expect(fetched).toEqual(expected);
    expect(logged).toEqual([expected.length === 2 ? "outbox.webhook-confirmed" : "outbox.webhook-unconfirmed"]);
  });
});

test.each<[string, () => unknown]>([
  ['resendWebhook has no option "secrt"', () => resendWebhook({ bounces: {} as Bounces, secret, secrt: "" } as never)],
  ["resendWebhook needs secret", () => resendWebhook({ bounces: {} as Bounces, secret: "" })],
  ["resendWebhook needs a secret such as", () => resendWebhook({ bounces: {} as Bounces, secret: "whsec_a" })],
  ["postmarkWebhook needs either", () => postmarkWebhook({ bounces: {} as Bounces })],
  [
    "postmarkWebhook needs a password",
    () => postmarkWebhook({ bounces: {} as Bounces, basicAuth: { user: "a", password: "b" } }),
  ],
  ["sendgridWebhook needs a publicKey", () => sendgridWebhook({ bounces: {} as Bounces, publicKey: "AAAA" })],
  ["mailgunWebhook needs signingKey", () => mailgunWebhook({ bounces: {} as Bounces, signingKey: " " })],
  ["sesWebhook needs topics", () => sesWebhook({ bounces: {} as Bounces, topics: [] })],
])("%s", (text, call) => {
  expect(call).toThrow(
    expect.objectContaining({ code: "WX_OUTBOX_OPTIONS", message: expect.stringContaining(text) as string }),
  );
});
