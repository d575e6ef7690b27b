import { expect, test } from "vitest";
import { assertTc3 } from "../../../../test/support/cloud-signatures.ts";
import { fixedClock } from "../../../../test/support/fixed-clock.ts";
import { listenHttpProvider } from "../../../../test/support/http-provider.ts";
import { AMP, PLAIN, PLAIN_ENVELOPE, RICH, RICH_ENVELOPE } from "../../../../test/support/rich-message.ts";
import { tencentBackend } from "./tencent.ts";

const account = { accessKeyId: "AKIDz8krbsJ5", secretAccessKey: "tencent-secret" };
const key = { id: "AKIDz8krbsJ5", secret: "tencent-secret" };
const taken = { status: 200, body: { Response: { MessageId: "qcloudses-30-41", RequestId: "x" } } };

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const message = Buffer.from(
  [
    `From: =?utf-8?B?${base64("天天生鲜")}?= <shop@example.com>`,
    "To: Ann <ann@example.com>",
    "Cc: bob@example.com",
    "Reply-To: help@example.com",
    `Subject: =?utf-8?B?${base64("激活")}?=`,
    "Content-Type: multipart/mixed; boundary=m",
    "",
    "--m",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    base64("你好"),
    "--m",
    'Content-Type: application/pdf; name="a.pdf"',
    "Content-Disposition: attachment; filename=a.pdf",
    "Content-Transfer-Encoding: base64",
    "",
    base64("%PDF"),
    "--m--",
    "",
  ].join("\r\n"),
);

test("a message is posted as Tencent documents it, and signed", async () => {
  const provider = await listenHttpProvider(taken);
  const clock = fixedClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  const backend = tencentBackend({ ...account, region: "ap-hongkong", baseUrl: provider.url, clock });
  const to = ["ann@example.com", "bob@example.com", "hidden@example.com"];
  const receipt = await backend.send({ from: "shop@example.com", to }, message);
  const [request] = provider.requests;
  if (request === undefined) throw new Error("nothing came");
  expect(request).toMatchObject({ method: "POST", target: "/" });
  expect(request.headers).toMatchObject({
    "x-tc-action": "SendEmail",
    "x-tc-version": "2020-10-02",
    "x-tc-region": "ap-hongkong",
    "x-tc-timestamp": String(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000),
  });
  assertTc3(request, key);
  expect(() => assertTc3(request, { ...key, secret: "another" })).toThrow("right");
  expect(JSON.parse(String(request.body))).toEqual({
    FromEmailAddress: "天天生鲜 <shop@example.com>",
    Destination: ["ann@example.com"],
    Cc: ["bob@example.com"],
    Bcc: ["hidden@example.com"],
    ReplyToAddresses: "help@example.com",
    Subject: "激活",
    TriggerType: 1,
    Attachments: [{ FileName: "a.pdf", Content: base64("%PDF") }],
    Simple: { Text: expect.stringMatching(new RegExp(`^${base64("你好")}`)) },
  });
  expect(receipt).toMatchObject({ accepted: to, response: "qcloudses-30-41" });
});

test("with a template, the metadata fills it in", async () => {
  const provider = await listenHttpProvider(taken);
  const backend = tencentBackend({ ...account, templateId: 7000, baseUrl: provider.url });
  await backend.send({ ...PLAIN_ENVELOPE, metadata: { link: "https://example.com/a" } }, PLAIN);
  const body: unknown = JSON.parse(String(provider.requests[0]?.body));
  expect(body).toMatchObject({ Template: { TemplateID: 7000, TemplateData: '{"link":"https://example.com/a"}' } });
  expect(body).not.toHaveProperty("Simple");
});

test("inline images and AMP are refused before anything is sent", async () => {
  const provider = await listenHttpProvider(taken);
  const backend = tencentBackend({ ...account, baseUrl: provider.url });
  await expect(backend.send(RICH_ENVELOPE, RICH)).rejects.toThrow("SendEmail has no inline images");
  await expect(backend.send(PLAIN_ENVELOPE, AMP)).rejects.toMatchObject({ stage: "unsupported" });
  expect(provider.requests).toEqual([]);
});

test.each([
  ["AuthFailure.SignatureFailure", "WX_DELIVERY_REFUSED", "auth", 0],
  ["FailedOperation.WithOutPermission", "WX_DELIVERY_REFUSED", "auth", 0],
  ["FailedOperation.FrequencyLimit", "WX_DELIVERY_DEFERRED", "response", 0],
  ["RequestLimitExceeded", "WX_DELIVERY_DEFERRED", "response", 0],
  ["InternalError", "WX_DELIVERY_DEFERRED", "response", 0],
  ["FailedOperation.ReceiverHasUnsubscribed", "WX_DELIVERY_REFUSED", "response", 1],
  ["InvalidParameterValue.SubjectLength", "WX_DELIVERY_REFUSED", "response", 0],
])("%s, which comes with status 200, becomes %s", async (Code, code, stage, named) => {
  const provider = await listenHttpProvider({ status: 200, body: { Response: { Error: { Code, Message: "No." } } } });
  const sent = tencentBackend({ ...account, baseUrl: provider.url }).send(PLAIN_ENVELOPE, PLAIN);
  const error: unknown = await sent.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code, stage, outcome: "not-sent", message: `Tencent SES answered 200 ${Code}: No.` });
  expect(error).toHaveProperty("recipients.length", named);
});

test("wrong options are refused by name", () => {
  // @ts-expect-error Tencent's own name for it
  expect(() => tencentBackend({ secretId: "x", secretKey: "y" })).toThrow("Tencent SES: secretId is no option.");
  expect(() => tencentBackend({ ...account, templateId: 1.5 })).toThrow("templateId must be the number of a template.");
});
