import { expect, test } from "vitest";
import { listenHttpProvider } from "../../../../test/support/http-provider.ts";
import {
  AMP,
  HTML,
  LOGO,
  PLAIN,
  PLAIN_ENVELOPE,
  REPORT,
  RICH,
  RICH_ENVELOPE,
} from "../../../../test/support/rich-message.ts";
import { postmarkBackend } from "./postmark.ts";

const apiKey = "server-token";
const taken = {
  status: 200,
  body: { To: "ann@example.com", SubmittedAt: "", MessageID: "b7bc2f4a", ErrorCode: 0, Message: "OK" },
};

test("a message is posted as Postmark documents it", async () => {
  const provider = await listenHttpProvider(taken);
  const backend = postmarkBackend({ apiKey, baseUrl: provider.url, messageStream: "outbound" });
  const receipt = await backend.send(RICH_ENVELOPE, RICH);
  const [request] = provider.requests;
  expect(request).toMatchObject({ method: "POST", target: "/email" });
  expect(request?.headers).toMatchObject({
    accept: "application/json",
    "content-type": "application/json",
    "x-postmark-server-token": "server-token",
  });
  expect(JSON.parse(String(request?.body))).toEqual({
    From: "天天生鲜 <shop@example.com>",
    To: '"Doe, Ann" <ann@example.com>, bob@example.com',
    Cc: "麦克 <mike@xn--fsqu00a.cn>",
    Bcc: "hidden@example.com",
    ReplyTo: "Help <help@example.com>",
    Subject: "欢迎信息",
    TextBody: expect.stringMatching(/^你好\n/),
    HtmlBody: expect.stringContaining(HTML),
    Headers: [
      { Name: "Message-ID", Value: "<7f0c@example.com>" },
      { Name: "X-PM-KeepID", Value: "true" },
      { Name: "List-Unsubscribe", Value: "<https://example.com/off>" },
      { Name: "X-Tag", Value: `=?utf-8?B?${Buffer.from("标签").toString("base64")}?=` },
    ],
    Attachments: [
      {
        Name: "logo.png",
        Content: LOGO.toString("base64"),
        ContentType: "image/png",
        ContentID: "cid:logo@example.com",
      },
      { Name: "报告.pdf", Content: REPORT.toString("base64"), ContentType: "application/pdf" },
    ],
    Tag: "welcome",
    Metadata: { user: "7" },
    MessageStream: "outbound",
  });
  expect(receipt).toMatchObject({ accepted: RICH_ENVELOPE.to, rejected: [], response: "b7bc2f4a" });
});

test("several tags all stand in the metadata", async () => {
  const provider = await listenHttpProvider(taken);
  const envelope = { ...PLAIN_ENVELOPE, tags: ["welcome", "new"] };
  await postmarkBackend({ apiKey, baseUrl: provider.url }).send(envelope, PLAIN);
  const body: unknown = JSON.parse(String(provider.requests[0]?.body));
  expect(body).toMatchObject({ Tag: "welcome", Metadata: { tags: "welcome,new" } });
});

test("an answer that leaves out inactive recipients says who they are", async () => {
  const Message = "Message OK, but will not deliver to these inactive addresses: bob@example.com";
  const provider = await listenHttpProvider({ status: 200, body: { ErrorCode: 0, Message, MessageID: "x" } });
  const receipt = await postmarkBackend({ apiKey, baseUrl: provider.url }).send(RICH_ENVELOPE, RICH);
  expect(receipt.accepted).toEqual(["ann@example.com", "mike@xn--fsqu00a.cn", "hidden@example.com"]);
  expect(receipt.rejected).toMatchObject([{ address: "bob@example.com", retryable: false, text: Message }]);
});

test("inactive recipients are named one by one", async () => {
  const Message =
    "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: Ann@Example.com, bob@example.com.";
  const provider = await listenHttpProvider({ status: 422, body: { ErrorCode: 406, Message } });
  const sent = postmarkBackend({ apiKey, baseUrl: provider.url }).send(RICH_ENVELOPE, RICH);
  await expect(sent).rejects.toMatchObject({
    code: "WX_DELIVERY_REFUSED",
    recipients: [{ address: "ann@example.com" }, { address: "bob@example.com" }],
  });
});

test.each([
  [401, 10, "WX_DELIVERY_REFUSED", "auth"],
  [422, 100, "WX_DELIVERY_DEFERRED", "response"],
  [422, 300, "WX_DELIVERY_REFUSED", "response"],
  [422, 400, "WX_DELIVERY_REFUSED", "auth"],
  [422, 412, "WX_DELIVERY_REFUSED", "auth"],
  [429, 429, "WX_DELIVERY_DEFERRED", "response"],
  [503, 0, "WX_DELIVERY_DEFERRED", "response"],
])("status %i with ErrorCode %i becomes %s", async (status, ErrorCode, code, stage) => {
  const provider = await listenHttpProvider({ status, body: { ErrorCode, Message: "No." } });
  const sent = postmarkBackend({ apiKey, baseUrl: provider.url }).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ code, stage, outcome: "not-sent", recipients: [] });
});

test("AMP is refused, and so is a misspelt option", async () => {
  const sent = postmarkBackend({ apiKey }).send(PLAIN_ENVELOPE, AMP);
  await expect(sent).rejects.toMatchObject({ stage: "unsupported" });
  // @ts-expect-error no such option
  expect(() => postmarkBackend({ apiKey, stream: "x" })).toThrow("Postmark: stream is no option.");
});

test("an answer that leaves everybody out is no delivery", async () => {
  const Message = "Message OK, but will not deliver to these inactive addresses: ann@example.com";
  const provider = await listenHttpProvider({ status: 200, body: { ErrorCode: 0, MessageID: "b7bc2f4a", Message } });
  const sent = postmarkBackend({ apiKey: "x", baseUrl: provider.url }).send(
    { ...PLAIN_ENVELOPE, to: ["ann@example.com"] },
    PLAIN,
  );
  await expect(sent).rejects.toMatchObject({
    code: "WX_DELIVERY_REFUSED",
    recipients: [{ address: "ann@example.com", retryable: false }],
  });
});
