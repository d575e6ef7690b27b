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
import { resendBackend } from "./resend.ts";

const apiKey = "re_secret";
const taken = { status: 200, body: { id: "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" } };

test("a message is posted as Resend documents it", async () => {
  const provider = await listenHttpProvider(taken);
  const receipt = await resendBackend({ apiKey, baseUrl: provider.url }).send(RICH_ENVELOPE, RICH);
  const [request] = provider.requests;
  expect(request).toMatchObject({ method: "POST", target: "/emails" });
  expect(request?.headers).toMatchObject({ authorization: "Bearer re_secret", "content-type": "application/json" });
  expect(JSON.parse(String(request?.body))).toEqual({
    from: "天天生鲜 <shop@example.com>",
    to: ['"Doe, Ann" <ann@example.com>', "bob@example.com"],
    cc: ["麦克 <mike@xn--fsqu00a.cn>"],
    bcc: ["hidden@example.com"],
    reply_to: ["Help <help@example.com>"],
    subject: "欢迎信息",
    html: expect.stringContaining(HTML),
    text: expect.stringMatching(/^你好\n/),
    headers: {
      "List-Unsubscribe": "<https://example.com/off>",
      "X-Tag": `=?utf-8?B?${Buffer.from("标签").toString("base64")}?=`,
    },
    attachments: [
      {
        filename: "logo.png",
        content: LOGO.toString("base64"),
        content_type: "image/png",
        content_id: "logo@example.com",
      },
      { filename: "报告.pdf", content: REPORT.toString("base64"), content_type: "application/pdf" },
    ],
    tags: [
      { name: "welcome", value: "1" },
      { name: "user", value: "7" },
    ],
  });
  expect(receipt).toEqual({
    server: provider.host,
    accepted: RICH_ENVELOPE.to,
    rejected: [],
    response: "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794",
  });
});

test("the same message has the same idempotency key and body, and another for other recipients", async () => {
  const provider = await listenHttpProvider(taken);
  const backend = resendBackend({ apiKey, baseUrl: provider.url });
  await backend.send(RICH_ENVELOPE, RICH);
  await backend.send(RICH_ENVELOPE, RICH);
  await backend.send({ ...RICH_ENVELOPE, to: ["hidden@example.com"] }, RICH);
  const keys = provider.requests.map(({ headers }) => headers["idempotency-key"] ?? "");
  expect(keys[0]).toMatch(/^waxseal\/[0-9a-f]{64}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(provider.requests[1]?.body.equals(provider.requests[0]?.body ?? Buffer.alloc(0))).toBe(true);
  expect(keys[2]).not.toBe(keys[0]);
  expect(JSON.parse(String(provider.requests[2]?.body))).toMatchObject({ to: ["hidden@example.com"] });
});

test("a form of the body that Resend has no field for is refused before anything is sent", async () => {
  const provider = await listenHttpProvider(taken);
  const sent = resendBackend({ apiKey, baseUrl: provider.url }).send(PLAIN_ENVELOPE, AMP);
  await expect(sent).rejects.toMatchObject({ code: "WX_DELIVERY_REFUSED", stage: "unsupported" });
  await expect(sent).rejects.toThrow(
    "Resend cannot carry this message: its API has no field for a body of type text/x-amp-html",
  );
  expect(provider.requests).toEqual([]);
});

test("a header that stands there twice is refused: an object would keep one of the two", async () => {
  const provider = await listenHttpProvider(taken);
  const twice = Buffer.concat([Buffer.from("X-Own: 1\r\nx-own: 2\r\n"), PLAIN]);
  const sent = resendBackend({ apiKey, baseUrl: provider.url }).send(PLAIN_ENVELOPE, twice);
  await expect(sent).rejects.toThrow("x-own stands there twice");
  expect(provider.requests).toEqual([]);
});

test.each([
  [422, "missing_required_field", "WX_DELIVERY_REFUSED", "response"],
  [400, "validation_error", "WX_DELIVERY_REFUSED", "response"],
  [401, "missing_api_key", "WX_DELIVERY_REFUSED", "auth"],
  [403, "invalid_api_key", "WX_DELIVERY_REFUSED", "auth"],
  [409, "concurrent_idempotent_requests", "WX_DELIVERY_DEFERRED", "response"],
  [409, "invalid_idempotent_request", "WX_DELIVERY_REFUSED", "response"],
  [429, "rate_limit_exceeded", "WX_DELIVERY_DEFERRED", "response"],
  [429, "daily_quota_exceeded", "WX_DELIVERY_DEFERRED", "response"],
  [500, "internal_server_error", "WX_DELIVERY_DEFERRED", "response"],
])("%i %s becomes %s", async (statusCode, name, code, stage) => {
  const provider = await listenHttpProvider({ status: statusCode, body: { statusCode, name, message: "No." } });
  const sent = resendBackend({ apiKey, baseUrl: provider.url }).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ code, stage, outcome: "not-sent", server: provider.host });
  await expect(sent).rejects.toThrow(`Resend answered ${statusCode} ${name}: No.`);
});

test("a code that is the name of something in JavaScript is a code like any other", async () => {
  const provider = await listenHttpProvider({
    status: 503,
    body: { statusCode: 503, name: "constructor", message: "No." },
  });
  const sent = resendBackend({ apiKey, baseUrl: provider.url }).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ code: "WX_DELIVERY_DEFERRED", retryable: true });
});

test("a rate limit says how long to wait", async () => {
  const body = { statusCode: 429, name: "rate_limit_exceeded", message: "Too many requests." };
  const provider = await listenHttpProvider({ status: 429, headers: { "retry-after": "3" }, body });
  const sent = resendBackend({ apiKey, baseUrl: provider.url }).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ retryable: true, retryAfterMs: 3000 });
});

test("wrong options are refused, and the key is not shown", () => {
  // @ts-expect-error no key
  expect(() => resendBackend({})).toThrow("Resend: apiKey is missing.");
  expect(() => resendBackend({ apiKey: "two words" })).toThrow("Resend: apiKey must be one word of visible ASCII.");
  // @ts-expect-error no such option
  expect(() => resendBackend({ apikey: "x" })).toThrow("Resend: apikey is no option. Did you mean apiKey?");
  for (const baseUrl of ["ftp://x", "http://api.example.com", "http://127.0.0.1.example.com"]) {
    expect(() => resendBackend({ apiKey, baseUrl })).toThrow("Resend: baseUrl must be an https URL");
  }
  expect(() => resendBackend({ apiKey, timeoutMs: 0 })).toThrow("Resend: timeoutMs is 0");
});
