import { expect, test } from "vitest";
import { fixedClock } from "../../../../test/support/fixed-clock.ts";
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
import { sendgridBackend } from "./sendgrid.ts";

const apiKey = "SG.secret";
const taken = { status: 202, headers: { "x-message-id": "14c5d75ce93" }, body: "" };

test("a message is posted as SendGrid documents it", async () => {
  const provider = await listenHttpProvider(taken);
  const receipt = await sendgridBackend({ apiKey, baseUrl: provider.url }).send(RICH_ENVELOPE, RICH);
  const [request] = provider.requests;
  expect(request).toMatchObject({ method: "POST", target: "/v3/mail/send" });
  expect(request?.headers).toMatchObject({ authorization: "Bearer SG.secret", "content-type": "application/json" });
  expect(JSON.parse(String(request?.body))).toEqual({
    personalizations: [
      {
        to: [{ email: "ann@example.com", name: "Doe, Ann" }, { email: "bob@example.com" }],
        cc: [{ email: "mike@xn--fsqu00a.cn", name: "麦克" }],
        bcc: [{ email: "hidden@example.com" }],
      },
    ],
    from: { email: "shop@example.com", name: "天天生鲜" },
    reply_to_list: [{ email: "help@example.com", name: "Help" }],
    subject: "欢迎信息",
    content: [
      { type: "text/plain", value: expect.stringMatching(/^你好\n/) },
      { type: "text/html", value: expect.stringContaining(HTML) },
    ],
    attachments: [
      {
        content: LOGO.toString("base64"),
        type: "image/png",
        filename: "logo.png",
        disposition: "inline",
        content_id: "logo@example.com",
      },
      {
        content: REPORT.toString("base64"),
        type: "application/pdf",
        filename: "报告.pdf",
        disposition: "attachment",
      },
    ],
    headers: {
      "Message-ID": "<7f0c@example.com>",
      "List-Unsubscribe": "<https://example.com/off>",
      "X-Tag": `=?utf-8?B?${Buffer.from("标签").toString("base64")}?=`,
    },
    categories: ["welcome"],
    custom_args: { user: "7" },
  });
  expect(receipt).toMatchObject({ accepted: RICH_ENVELOPE.to, response: "14c5d75ce93" });
});

test("AMP stands between text and HTML", async () => {
  const provider = await listenHttpProvider(taken);
  await sendgridBackend({ apiKey, baseUrl: provider.url }).send(PLAIN_ENVELOPE, AMP);
  const { content } = JSON.parse(String(provider.requests[0]?.body)) as { content: { type: string }[] };
  expect(content.map(({ type }) => type)).toEqual(["text/plain", "text/x-amp-html", "text/html"]);
});

test("an address that is not valid is the recipient's fault; a wrong list is the message's", async () => {
  const field = "personalizations.0.to.1.email";
  const message = "The email address bob@example.com is not valid.";
  const provider = await listenHttpProvider(
    { status: 400, body: { errors: [{ message, field, help: null }] } },
    { status: 400, body: { errors: [{ message: "The to array is required.", field: "personalizations.0.to" }] } },
  );
  const backend = sendgridBackend({ apiKey, baseUrl: provider.url });
  await expect(backend.send(RICH_ENVELOPE, RICH)).rejects.toMatchObject({
    retryable: false,
    recipients: [{ address: "bob@example.com" }],
  });
  await expect(backend.send(RICH_ENVELOPE, RICH)).rejects.toMatchObject({ retryable: false, recipients: [] });
});

test.each([
  [401, "WX_DELIVERY_REFUSED", "auth"],
  [403, "WX_DELIVERY_REFUSED", "auth"],
  [413, "WX_DELIVERY_REFUSED", "response"],
  [500, "WX_DELIVERY_DEFERRED", "response"],
])("%i becomes %s", async (status, code, stage) => {
  const body = { errors: [{ message: "First.", field: null }, { message: "Second." }] };
  const provider = await listenHttpProvider({ status, body });
  const sent = sendgridBackend({ apiKey, baseUrl: provider.url }).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ code, stage });
  await expect(sent).rejects.toThrow("First. Second.");
});

test("a rate limit that names the time of its reset says how long to wait", async () => {
  const clock = fixedClock(1_700_000_000_000);
  const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000007" };
  const provider = await listenHttpProvider({ status: 429, headers, body: { errors: [{ message: "too many" }] } });
  const sent = sendgridBackend({ apiKey, baseUrl: provider.url, clock }).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ retryable: true, retryAfterMs: 7000 });
});
