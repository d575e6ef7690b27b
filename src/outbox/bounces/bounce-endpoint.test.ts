import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { getRequestListener } from "@hono/node-server";
import { expect, onTestFinished, test } from "vitest";
import { insertSent } from "../../../test/support/sent-message.ts";
import { testDatabase } from "../../../test/support/test-database.ts";
import { createBounceAddresses } from "./bounce-addresses.ts";
import { bounceEndpoint, type BounceEndpointOptions } from "./bounce-endpoint.ts";
import { type Bounces, createBounces } from "./bounces.ts";

const token = "a token of some length";
const addresses = createBounceAddresses({ secret: "a secret of some length", domain: "bounces.example" });

/** A real server with the endpoint on it. */
async function listen(
  options: Partial<BounceEndpointOptions> = {},
): Promise<{ url: string; bounces: Bounces; id: string }> {
  const database = await testDatabase();
  const { id } = await insertSent(database, ["ann@example.com"], { message_id: "<0190-orig@shop.example>" });
  const bounces = createBounces({ database, addresses });
  const server = createServer(getRequestListener(bounceEndpoint({ bounces, token, ...options }))).listen(
    0,
    "127.0.0.1",
  );
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bounces`, bounces, id };
}

const authorization = `Bearer ${token}`;

test("a mail that is posted with the token is written down", async () => {
  const { url, bounces, id } = await listen();
  const body = await readFile("test/vectors/bounces/postfix-failed.eml");
  const response = await fetch(url, { method: "POST", headers: { authorization }, body });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    outcome: "recorded",
    recipients: [{ messageId: id, address: "ann@example.com", kind: "hard-bounce" }],
  });
  expect(await bounces.list()).toMatchObject([{ source: "http", status: "5.1.1" }]);
});

test("the envelope's recipient in the URL finds the message", async () => {
  const { url, id } = await listen();
  const text = await readFile("test/vectors/bounces/postfix-failed.eml", "utf8");
  const to = encodeURIComponent(addresses.write(id, 0));
  const body = text.replaceAll("0190-orig", "another").replaceAll("ann@example.com", "ann@elsewhere.example");
  const response = await fetch(`${url}?to=${to}`, { method: "POST", headers: { authorization }, body });
  expect(await response.json()).toMatchObject({ outcome: "recorded", recipients: [{ address: "ann@example.com" }] });
});

test.each([
  ["no token", {}],
  ["another token", { authorization: "Bearer a token of some lengtH" }],
  ["another scheme", { authorization: `Basic ${token}` }],
])("%s: 401, and nothing is written", async (_name, headers) => {
  const { url, bounces } = await listen();
  const body = await readFile("test/vectors/bounces/postfix-failed.eml");
  expect((await fetch(url, { method: "POST", headers, body })).status).toBe(401);
  expect(await bounces.list()).toEqual([]);
});

test("other methods and mails that are too long are refused", async () => {
  const { url, bounces } = await listen({ maxBytes: 1000 });
  expect((await fetch(url, { headers: { authorization } })).status).toBe(405);
  expect((await fetch(url, { method: "POST", headers: { authorization }, body: "x".repeat(1001) })).status).toBe(413);
  expect((await fetch(url, { method: "POST", headers: { authorization } })).status).toBe(200);
  expect(await bounces.list()).toEqual([]);
});

test("what could not be written down is to be brought again", async () => {
  const broken: Bounces = {
    ...createBounces({ database: {} as never }),
    take: () => Promise.reject(new Error("disk full")),
  };
  const { url } = await listen({ bounces: broken });
  const response = await fetch(url, { method: "POST", headers: { authorization }, body: "x" });
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "60"]);
});

test.each([
  ["token must have at least 16", { token: "short" }],
  ['no option "tokn"', { token, tokn: "x" }],
])("%s", (text, options) => {
  const call = (): unknown => bounceEndpoint({ bounces: {} as Bounces, ...options } as BounceEndpointOptions);
  expect(call).toThrow(
    expect.objectContaining({ code: "WX_OUTBOX_OPTIONS", message: expect.stringContaining(text) as string }),
  );
});
