import * as fc from "fast-check";
import { expect, test } from "vitest";
import { listenHttpProvider } from "../../../../test/support/http-provider.ts";
import { AMP, PLAIN, PLAIN_ENVELOPE, RICH, RICH_ENVELOPE } from "../../../../test/support/rich-message.ts";
import { mailgunBackend } from "./mailgun.ts";

const account = { apiKey: "key-secret", domain: "mg.example.com" };
const taken = { status: 200, body: { id: "<20260102@mg.example.com>", message: "Queued. Thank you." } };

test("the bytes are posted exactly, in a form that another reader takes apart", async () => {
  const provider = await listenHttpProvider(taken);
  const backend = mailgunBackend({ ...account, baseUrl: provider.url });
  const receipt = await backend.send({ ...RICH_ENVELOPE, tags: ["a", 'b"\r\nc'], requireTls: true }, RICH);
  const [request] = provider.requests;
  expect(request).toMatchObject({ method: "POST", target: "/v3/mg.example.com/messages.mime" });
  const [scheme, credentials = ""] = request?.headers["authorization"]?.split(" ") ?? [];
  expect([scheme, Buffer.from(credentials, "base64").toString()]).toEqual(["Basic", "api:key-secret"]);
  const headers = { "content-type": request?.headers["content-type"] ?? "" };
  const form = await new Response(new Uint8Array(request?.body ?? []), { headers }).formData();
  expect(form.getAll("to")).toEqual(RICH_ENVELOPE.to);
  expect(form.getAll("o:tag")).toEqual(["a", 'b"\r\nc']);
  expect(form.get("v:user")).toBe("7");
  expect(form.get("o:require-tls")).toBe("yes");
  const file = form.get("message");
  if (!(file instanceof File)) throw new Error("message is a file");
  expect(Buffer.from(await file.arrayBuffer()).equals(RICH)).toBe(true);
  expect(receipt).toMatchObject({ accepted: RICH_ENVELOPE.to, response: "<20260102@mg.example.com>" });
});

test("any form of the body goes, since the bytes are its own", async () => {
  const provider = await listenHttpProvider(taken);
  await mailgunBackend({ ...account, baseUrl: provider.url }).send(PLAIN_ENVELOPE, AMP);
  expect(provider.requests[0]?.body.includes(AMP)).toBe(true);
});

test("a name of metadata cannot break the form", async () => {
  const provider = await listenHttpProvider(taken);
  const envelope = { ...PLAIN_ENVELOPE, metadata: { 'x"\r\ncontent-type: evil\r\n\r\n': "y" } };
  await mailgunBackend({ ...account, baseUrl: provider.url }).send(envelope, PLAIN);
  expect(String(provider.requests[0]?.body)).toContain('name="v:x%22%0D%0Acontent-type: evil%0D%0A%0D%0A"');
});

test("any names and values come out of the form as they went in", async () => {
  const provider = await listenHttpProvider(taken);
  const backend = mailgunBackend({ ...account, baseUrl: provider.url });
  const text = fc.string({ unit: "grapheme", maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 3 }), text, async (tags, value) => {
      await backend.send({ ...PLAIN_ENVELOPE, tags, metadata: { name: value } }, PLAIN);
      const request = provider.requests.at(-1);
      const headers = { "content-type": request?.headers["content-type"] ?? "" };
      const form = await new Response(new Uint8Array(request?.body ?? []), { headers }).formData();
      expect([form.getAll("o:tag"), form.get("v:name")]).toEqual([tags, value]);
    }),
    { numRuns: 50, seed: 7 },
  );
});

test.each([
  [400, { message: "'to' parameter is not a valid address. please check documentation" }, "WX_DELIVERY_REFUSED", 1],
  [400, { message: "from parameter is missing" }, "WX_DELIVERY_REFUSED", 0],
  [401, "Forbidden", "WX_DELIVERY_REFUSED", 0],
  [404, { message: "Domain not found: mg.example.com" }, "WX_DELIVERY_REFUSED", 0],
  [429, { message: "Too many requests" }, "WX_DELIVERY_DEFERRED", 0],
  [500, "", "WX_DELIVERY_DEFERRED", 0],
])("%i %j becomes %s", async (status, body, code, named) => {
  const provider = await listenHttpProvider({ status, body });
  const sent = mailgunBackend({ ...account, baseUrl: provider.url }).send(PLAIN_ENVELOPE, PLAIN);
  const error: unknown = await sent.catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code,
    outcome: "not-sent",
    stage: status === 401 || status === 404 ? "auth" : "response",
  });
  expect(error).toHaveProperty("recipients.length", named);
});

test("a domain that would change the address of the request is refused", () => {
  expect(() => mailgunBackend({ apiKey: "x", domain: "a/../b" })).toThrow("Mailgun: domain must be a domain");
  // @ts-expect-error no domain
  expect(() => mailgunBackend({ apiKey: "x" })).toThrow("Mailgun: domain is missing.");
});
