/** Waxseal with `WAXSEAL_ENGINE=pg-boss`: from the settings to the mail, and a second life on another engine. */
import { expect, onTestFinished, test } from "vitest";
import { createWaxseal, type Waxseal, type WaxsealConfig } from "../../src/index.ts";
import { memoryBackend } from "../../src/mail/index.ts";
import { freshPostgres, postgresMissing } from "../support/postgres.ts";

async function open(databaseUrl: string, engine: "embedded" | "pg-boss", more: WaxsealConfig = {}): Promise<Waxseal> {
  const config = {
    secretKey: "a secret of more than sixteen",
    siteUrl: "https://shop.example",
    databaseUrl,
    outbox: { engine },
    ...more,
  };
  const waxseal = await createWaxseal(config, { migrate: true });
  onTestFinished(() => waxseal.close());
  return waxseal;
}

test.skipIf(postgresMissing)("what one process enqueues another sends, and the engine may be changed", async () => {
  const databaseUrl = await freshPostgres();
  const memory = memoryBackend();
  const mailers = { default: memory };
  const site = await open(databaseUrl, "pg-boss", { mailers });
  const worker = await open(databaseUrl, "pg-boss", { mailers });
  worker.startWorker();
  const compose = (subject: string) => site.mail.compose({ subject, text: "World", to: ["ann@x.cn"] });
  await site.outbox.enqueue(await compose("first"));
  await expect.poll(() => memory.outbox.length, { timeout: 10_000 }).toBe(1);
  await worker.close();
  await site.outbox.enqueue(await compose("second"));
  const embedded = await open(databaseUrl, "embedded", { mailers });
  embedded.startWorker();
  await expect.poll(() => memory.outbox.length, { timeout: 10_000 }).toBe(2);
});

test("pg-boss on SQLite is refused, by the name of the setting", async () => {
  const mailers = { default: memoryBackend() };
  await expect(open("sqlite::memory:", "pg-boss", { mailers })).rejects.toThrow(/outbox\.engine|WAXSEAL_ENGINE/);
});
