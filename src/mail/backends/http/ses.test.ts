import { expect, test } from "vitest";
import { assertSigv4 } from "../../../../test/support/cloud-signatures.ts";
import { fixedClock } from "../../../../test/support/fixed-clock.ts";
import { listenHttpProvider } from "../../../../test/support/http-provider.ts";
import { AMP, PLAIN, PLAIN_ENVELOPE, RICH, RICH_ENVELOPE } from "../../../../test/support/rich-message.ts";
import { sesBackend } from "./ses.ts";

const account = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPx", region: "eu-west-1" };
const key = { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPx", region: "eu-west-1", service: "ses" };
const taken = { status: 200, body: { MessageId: "0102018" } };

test("the bytes are posted exactly, signed, to the envelope's recipients", async () => {
  const provider = await listenHttpProvider(taken);
  const clock = fixedClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const backend = sesBackend({ ...account, baseUrl: provider.url, configurationSet: "web", clock });
  const receipt = await backend.send(RICH_ENVELOPE, RICH);
  const [request] = provider.requests;
  if (request === undefined) throw new Error("nothing came");
  expect(request).toMatchObject({ method: "POST", target: "/v2/email/outbound-emails" });
  expect(request.headers).toMatchObject({ host: provider.host, "x-amz-date": "20260102T030405Z" });
  assertSigv4(request, key);
  expect(() => assertSigv4({ ...request, body: Buffer.concat([request.body, Buffer.from(" ")]) }, key)).toThrow(
    "right",
  );
  expect(JSON.parse(String(request.body))).toEqual({
    FromEmailAddress: "shop@example.com",
    Destination: { ToAddresses: RICH_ENVELOPE.to },
    Content: { Raw: { Data: RICH.toString("base64") } },
    EmailTags: [
      { Name: "welcome", Value: "1" },
      { Name: "user", Value: "7" },
    ],
    ConfigurationSetName: "web",
  });
  expect(receipt).toMatchObject({ accepted: RICH_ENVELOPE.to, response: "0102018" });
});

test("credentials that expire have their token signed too; below another path the signature holds", async () => {
  const provider = await listenHttpProvider(taken);
  const backend = sesBackend({ ...account, sessionToken: "FwoGZXIvYXdz", baseUrl: `${provider.url}/proxy/` });
  await backend.send({ from: "", to: ["ann@example.com"] }, AMP);
  const [request] = provider.requests;
  if (request === undefined) throw new Error("nothing came");
  assertSigv4(request, key);
  expect(request.target).toBe("/proxy/v2/email/outbound-emails");
  expect(request.headers["x-amz-security-token"]).toBe("FwoGZXIvYXdz");
  expect(request.headers["authorization"]).toContain("x-amz-security-token,");
  expect(JSON.parse(String(request.body))).not.toHaveProperty("FromEmailAddress");
});

test.each([
  [400, "MessageRejected", "WX_DELIVERY_REFUSED", "response"],
  [400, "BadRequestException", "WX_DELIVERY_REFUSED", "response"],
  [400, "AccountSuspendedException", "WX_DELIVERY_REFUSED", "auth"],
  [400, "MailFromDomainNotVerifiedException", "WX_DELIVERY_REFUSED", "auth"],
  [400, "LimitExceededException", "WX_DELIVERY_DEFERRED", "response"],
  [403, "SignatureDoesNotMatch", "WX_DELIVERY_REFUSED", "auth"],
  [429, "TooManyRequestsException", "WX_DELIVERY_DEFERRED", "response"],
  [500, "InternalFailure", "WX_DELIVERY_DEFERRED", "response"],
])("%i %s becomes %s", async (status, type, code, stage) => {
  const headers = { "x-amzn-errortype": `${type}:http://internal.amazon.com/coral/` };
  const provider = await listenHttpProvider({ status, headers, body: { message: "No." } });
  const sent = sesBackend({ ...account, baseUrl: provider.url }).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ code, stage, outcome: "not-sent" });
  await expect(sent).rejects.toThrow(`Amazon SES answered ${status} ${type}: No.`);
});

test("what SES cannot promise is refused, and so is a region that is none", async () => {
  const sent = sesBackend(account).send({ ...PLAIN_ENVELOPE, requireTls: true }, PLAIN);
  await expect(sent).rejects.toThrow("Amazon SES cannot carry this message: its API cannot demand TLS");
  expect(() => sesBackend({ ...account, region: "evil.com/" })).toThrow(
    "Amazon SES: region must be one such as eu-west-1.",
  );
  // @ts-expect-error no region
  expect(() => sesBackend({ accessKeyId: "a", secretAccessKey: "b" })).toThrow("Amazon SES: region is missing.");
});
