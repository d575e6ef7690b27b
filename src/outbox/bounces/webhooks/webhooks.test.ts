import { sign } from "node:crypto";
import { generate } from "selfsigned";
import { describe, expect, test } from "vitest";
import {
  NOW,
  SECONDS,
  clock,
  ann,
  EARLIER,
  desk,
  post,
  type Provider,
  secret,
  resend,
  postmark,
  ec,
  sendgrid,
  mailgun,
  topic,
  certificateUrl,
  rsa,
  snsCall,
  sns,
  ses,
  providers,
} from "../../../../test/support/webhook-calls.ts";
import type { Logger } from "../../../base/index.ts";
import type { Bounces } from "../bounces.ts";
import { mailgunWebhook } from "./mailgun.ts";
import { postmarkWebhook } from "./postmark.ts";
import { resendWebhook } from "./resend.ts";
import { sendgridWebhook } from "./sendgrid.ts";
import { sesWebhook } from "./ses.ts";

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
    certificateUrl.replace("https:", "http:"),
    certificateUrl.replace(".com", ".com.evil.example"),
    certificateUrl.replace("sns.", "evil.example/sns."),
    certificateUrl.replace("sns.", "s3."),
    certificateUrl.replace("sns.", "user@sns."),
    certificateUrl.replace(".com", ".com:8443"),
    certificateUrl.replace("eu-west-1", "evil.s3"),
    `${certificateUrl}?Action=GetEndpointAttributes`,
    "https://sns.eu-west-1.amazonaws.com/?Action=GetEndpointAttributes&x=/SimpleNotificationService-1.pem",
    "https://sns.eu-west-1.amazonaws.com/x/../SimpleNotificationService-1.pem?",
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

  test("what signed itself is not SNS, whatever it calls itself", async () => {
    const at = await desk();
    const own = await generate([{ name: "commonName", value: "sns.amazonaws.com" }], {
      notBeforeDate: new Date(NOW - 1000),
      notAfterDate: new Date(NOW + 86_400_000),
    });
    const webhook = ses.webhook(at.bounces, (async () => new Response(own.cert)) as typeof globalThis.fetch);
    expect((await post(webhook, snsCall(ses.bounce(at), SECONDS, { key: own.private }))).status).toBe(401);
    expect(await at.bounces.list()).toEqual([]);
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
