import { expect, test } from "vitest";
import { readAliyunForm } from "../../../../test/support/cloud-signatures.ts";
import { fixedClock } from "../../../../test/support/fixed-clock.ts";
import { listenHttpProvider } from "../../../../test/support/http-provider.ts";
import { AMP, PLAIN, PLAIN_ENVELOPE, RICH, RICH_ENVELOPE } from "../../../../test/support/rich-message.ts";
import { aliyunBackend } from "./aliyun.ts";

const account = { accessKeyId: "LTAI5t", secretAccessKey: "aliyun-secret" };
const taken = { status: 200, body: { EnvId: "600000012345", RequestId: "2D086F6-xxxx" } };

const message = Buffer.from(
  [
    `From: =?utf-8?B?${Buffer.from("天天生鲜").toString("base64")}?= <shop@example.com>`,
    "To: Ann <ann@example.com>",
    "Reply-To: Help <help@example.com>",
    `Subject: =?utf-8?B?${Buffer.from("激活 (1/2)*").toString("base64")}?=`,
    "Message-ID: <7f0c@example.com>",
    "List-Unsubscribe: <https://example.com/off>",
    "Auto-Submitted: auto-generated",
    "X-User-Batch: 7",
    "Content-Type: text/html; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from("<p>你好 ~'!()*&=+ </p>").toString("base64"),
    "",
  ].join("\r\n"),
);

test("a message is posted as DirectMail documents it, and signed", async () => {
  const provider = await listenHttpProvider(taken);
  const clock = fixedClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  const backend = aliyunBackend({ ...account, baseUrl: provider.url, clock });
  const receipt = await backend.send({ ...PLAIN_ENVELOPE, tags: ["welcome"] }, message);
  const [request] = provider.requests;
  if (request === undefined) throw new Error("nothing came");
  expect(request).toMatchObject({ method: "POST", target: "/" });
  expect(request.headers["content-type"]).toBe("application/x-www-form-urlencoded");
  expect(() => readAliyunForm(request, "another secret")).toThrow("where");
  const { HtmlBody, Headers, ...parameters } = readAliyunForm(request, "aliyun-secret");
  expect(parameters).toEqual({
    Action: "SingleSendMail",
    Version: "2015-11-23",
    Format: "JSON",
    AccessKeyId: "LTAI5t",
    SignatureMethod: "HMAC-SHA1",
    SignatureVersion: "1.0",
    SignatureNonce: expect.stringMatching(/^[0-9a-f-]{36}$/),
    Timestamp: "2026-01-02T03:04:05Z",
    AccountName: "shop@example.com",
    AddressType: "1",
    ReplyToAddress: "false",
    ToAddress: "ann@example.com",
    Subject: "激活 (1/2)*",
    FromAlias: "天天生鲜",
    ReplyAddress: "help@example.com",
    ReplyAddressAlias: "Help",
    TagName: "welcome",
  });
  expect(HtmlBody).toContain("<p>你好 ~'!()*&=+ </p>");
  expect(JSON.parse(Headers ?? "")).toEqual({
    "Message-ID": "<7f0c@example.com>",
    "List-Unsubscribe": "<https://example.com/off>",
    "X-User-Batch": "7",
  });
  expect(receipt).toMatchObject({ accepted: ["ann@example.com"], response: "600000012345" });
});

test("no two requests have the same nonce", async () => {
  const provider = await listenHttpProvider(taken);
  const backend = aliyunBackend({ ...account, baseUrl: provider.url });
  await backend.send(PLAIN_ENVELOPE, PLAIN);
  await backend.send(PLAIN_ENVELOPE, PLAIN);
  const nonces = provider.requests.map((request) => readAliyunForm(request, "aliyun-secret")["SignatureNonce"]);
  expect(new Set(nonces).size).toBe(2);
});

test("attachments, Cc, hidden recipients and AMP are refused before anything is sent", async () => {
  const provider = await listenHttpProvider(taken);
  const backend = aliyunBackend({ ...account, baseUrl: provider.url });
  await expect(backend.send(RICH_ENVELOPE, RICH)).rejects.toThrow("SingleSendMail takes no attachments");
  const hidden = { ...PLAIN_ENVELOPE, to: ["ann@example.com", "hidden@example.com"] };
  await expect(backend.send(hidden, PLAIN)).rejects.toThrow("SingleSendMail has no Cc and Bcc");
  await expect(backend.send(PLAIN_ENVELOPE, AMP)).rejects.toThrow("text/x-amp-html");
  expect(provider.requests).toEqual([]);
});

test.each([
  [400, "InvalidToAddress", "WX_DELIVERY_REFUSED", "response", 1],
  [400, "InvalidMailAddress.NotFound", "WX_DELIVERY_REFUSED", "auth", 0],
  [404, "InvalidAccessKeyId.NotFound", "WX_DELIVERY_REFUSED", "auth", 0],
  [400, "SignatureDoesNotMatch", "WX_DELIVERY_REFUSED", "auth", 0],
  [400, "InvalidSubject.Malformed", "WX_DELIVERY_REFUSED", "response", 0],
  [400, "Throttling.User", "WX_DELIVERY_DEFERRED", "response", 0],
  [500, "InternalServiceError", "WX_DELIVERY_DEFERRED", "response", 0],
])("%i %s becomes %s", async (status, Code, code, stage, named) => {
  const body = { RequestId: "x", HostId: "dm.aliyuncs.com", Code, Message: "No." };
  const provider = await listenHttpProvider({ status, body });
  const sent = aliyunBackend({ ...account, baseUrl: provider.url }).send(PLAIN_ENVELOPE, PLAIN);
  const error: unknown = await sent.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code, stage, message: `Aliyun DirectMail answered ${status} ${Code}: No.` });
  expect(error).toHaveProperty("recipients.length", named);
});
