import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { fixedClock } from "../../../../test/support/fixed-clock.ts";
import { createWebhookSecret, keyOf, signatureHeader } from "./signature.ts";
import { verifyWebhook } from "./verify.ts";

const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="; // 01234567890123456789012345678901
const body = '{"type":"mail.sent","data":{"text":"好"}}';
const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const clock = fixedClock(now);
const signed = (keys = [keyOf("test", secret)], timestamp = now / 1000): Record<string, string> => ({
  "webhook-id": "call_1",
  "webhook-timestamp": String(timestamp),
  "webhook-signature": signatureHeader(keys, { id: "call_1", timestamp, body }),
});

test("the signature is the HMAC-SHA256 of id, time and body under the secret's bytes", () => {
  const right = createHmac("sha256", "01234567890123456789012345678901")
    .update(`call_1.${now / 1000}.${body}`)
    .digest("base64");
  expect(signed()["webhook-signature"]).toBe(`v1,${right}`);
});

test("a signed call is believed, whatever form its headers and body have", () => {
  const payload = JSON.parse(body) as unknown;
  const headers = signed();
  const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]));
  for (const form of [headers, new Headers(headers), upper]) {
    for (const raw of [body, Buffer.from(body)]) expect(verifyWebhook(secret, form, raw, { clock })).toEqual(payload);
  }
});

test("while one secret replaces another, a receiver who knows either believes the call", () => {
  const next = createWebhookSecret();
  const headers = signed([keyOf("test", secret), keyOf("test", next)]);
  for (const known of [secret, next, [createWebhookSecret(), next]]) {
    expect(verifyWebhook(known, headers, body, { clock })).toBeDefined();
  }
});

test.each([
  ["another secret", createWebhookSecret(), {}, body, "WX_WEBHOOK_SIGNATURE"],
  ["a changed body", secret, {}, `${body} `, "WX_WEBHOOK_SIGNATURE"],
  ["a changed id", secret, { "webhook-id": "call_2" }, body, "WX_WEBHOOK_SIGNATURE"],
  ["a changed time", secret, { "webhook-timestamp": String(now / 1000 + 1) }, body, "WX_WEBHOOK_SIGNATURE"],
  ["an old time", secret, signed(undefined, now / 1000 - 301), body, "WX_WEBHOOK_TIME"],
  ["a time to come", secret, signed(undefined, now / 1000 + 301), body, "WX_WEBHOOK_TIME"],
  ["no time", secret, { "webhook-timestamp": "soon" }, body, "WX_WEBHOOK_TIME"],
  ["no signature", secret, { "webhook-signature": "" }, body, "WX_WEBHOOK_HEADERS"],
  ["a signature of another version", secret, { "webhook-signature": "v2,AAAA" }, body, "WX_WEBHOOK_SIGNATURE"],
])("a call with %s is refused", (_what, known, change, raw, code) => {
  expect(() => verifyWebhook(known, { ...signed(), ...change }, raw, { clock })).toThrow(
    expect.objectContaining({ code }),
  );
});

test.each(["", "secret", "whsec_", "whsec_c2hvcnQ=", `whsec_${Buffer.alloc(65).toString("base64")}`])(
  "%j is no secret, and the refusal does not repeat it",
  (wrong) => {
    const refusal = expect.objectContaining({
      code: "WX_OBSERVE_OPTION",
      message: expect.not.stringContaining("c2hv"),
    });
    expect(() => verifyWebhook(wrong, signed(), body, { clock })).toThrow(refusal);
  },
);
