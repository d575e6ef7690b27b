/** Mail from the outbox to a provider's API that has a bad day: nothing is lost, and a repeated request can be known as one. */
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Clock, createWaxseal, type WaxsealConfig } from "../../src/index.ts";
import { failover, type MemoryBackend, memoryBackend, resendBackend } from "../../src/mail/index.ts";
import { fixedClock } from "../support/fixed-clock.ts";
import { type HttpProvider, listenHttpProvider } from "../support/http-provider.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";

const refused = (status: number, name: string): { status: number; body: object } => ({
  status,
  body: { statusCode: status, name, message: "Not now." },
});
const taken = { status: 200, body: { id: "49a3999c" } };

async function startShop(mailers: WaxsealConfig["mailers"], clock?: Clock): ReturnType<typeof createWaxseal> {
  const waxseal = await createWaxseal(
    {
      secretKey: "a secret of more than sixteen",
      siteUrl: "https://shop.example",
      databaseUrl: `sqlite:${join(tempFolder(), "shop.db")}`,
      defaultFromEmail: "天天生鲜 <shop@example.com>",
      mailers,
      outbox: { retrySeconds: 0.01 },
    },
    { migrate: true, clock },
  );
  onTestFinished(() => waxseal.close());
  return waxseal;
}

/** The idempotency key and the body of each request. */
function repeats({ requests }: HttpProvider): string[] {
  return requests.map(({ headers, body }) => `${headers["idempotency-key"]}\n${body.toString()}`);
}

test("a refused key, a broken connection, a rate limit and an outage cost time and no mail", async () => {
  const provider = await listenHttpProvider(
    refused(403, "invalid_api_key"),
    "reset",
    refused(429, "rate_limit_exceeded"),
    refused(500, "internal_server_error"),
    taken,
  );
  const clock = fixedClock();
  const resend = { backend: "resend", apiKey: "re_secret", baseUrl: provider.url } as const;
  const waxseal = await startShop({ default: resend }, clock);
  const message = { to: ["麦克 <mike@example.com>"], subject: "激活", text: "https://shop.example/user/active/x" };
  const id = await waxseal.outbox.enqueue(await waxseal.mail.compose(message));
  waxseal.startWorker();
  const sent = await until(async () => {
    clock.advance(60_000); // a provider that refuses is left alone for minutes
    const found = await waxseal.outbox.get(id);
    return found?.state === "sent" && found;
  });
  expect(sent.history.map(({ stage }) => stage)).toEqual(["auth", "response", "response", "response", ""]);
  expect(JSON.stringify(sent)).not.toContain("re_secret");
  expect(provider.requests.length).toBe(5);
  expect(new Set(repeats(provider)).size).toBe(1);
});

test("while a provider refuses its key, mail goes the other way, once", async () => {
  const provider = await listenHttpProvider(refused(403, "invalid_api_key"));
  const other: MemoryBackend = memoryBackend();
  const ways = failover([resendBackend({ apiKey: "x", baseUrl: provider.url }), other]);
  const waxseal = await startShop({ default: ways });
  const ids: string[] = [];
  for (const name of ["ann", "bob", "mike"]) {
    const message = { to: [`${name}@example.com`], text: "x" };
    ids.push(await waxseal.outbox.enqueue(await waxseal.mail.compose(message)));
  }
  waxseal.startWorker();
  for (const id of ids) await until(async () => (await waxseal.outbox.get(id))?.state === "sent");
  expect(other.outbox.map(({ envelope }) => envelope.to[0]).toSorted()).toEqual([
    "ann@example.com",
    "bob@example.com",
    "mike@example.com",
  ]);
  expect(provider.requests.length).toBeLessThanOrEqual(3);
});
