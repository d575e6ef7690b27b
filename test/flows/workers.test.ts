/** Promises 1 and 2 with several processes on one file: each message once, and none lost when one of them is killed. */
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { migrate, openDatabase } from "../../src/db/index.ts";
import { memoryBackend } from "../../src/mail/index.ts";
import { listenMailbox } from "../../src/testing/index.ts";
import { composedMail, outboxOn } from "../support/outbox.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";

const COUNT = 150;

/** A file with so many messages in it, and what the workers on it are told. */
async function fullOutbox() {
  const cwd = tempFolder();
  const mailbox = await listenMailbox();
  onTestFinished(() => mailbox.close());
  const url = `sqlite:${join(cwd, "mail.db")}`;
  const database = await openDatabase(url);
  onTestFinished(() => database.close());
  await migrate(database);
  const outbox = outboxOn(database, memoryBackend());
  const addresses = Array.from({ length: COUNT }, (_, index) => `u${index}@x.cn`);
  await outbox.enqueueMany(addresses.map((address) => ({ message: composedMail(address, [address]) })));
  const env = {
    DATABASE_URL: url,
    SECRET_KEY: "a secret key that is long enough for this test of workers",
    SITE_URL: "https://shop.example",
    EMAIL_HOST: mailbox.host,
    EMAIL_PORT: String(mailbox.port),
    DEFAULT_FROM_EMAIL: "shop@x.cn",
    WAXSEAL_LEASE_SECONDS: "1",
    WAXSEAL_CONCURRENCY: "4",
  };
  const arrived = async (): Promise<string[]> => (await mailbox.mails()).map(({ envelopeTo }) => envelopeTo[0] ?? "");
  const worker = () => runCli(["worker"], { cwd, env });
  const allSent = () => until(async () => (await outbox.list({ state: "sent", limit: COUNT })).length === COUNT);
  return { addresses, arrived, worker, allSent };
}

test("two workers deliver each message once", { timeout: 60_000 }, async () => {
  const { addresses, arrived, worker, allSent } = await fullOutbox();
  worker();
  worker();
  await allSent();
  expect((await arrived()).toSorted()).toEqual(addresses.toSorted());
});

test(
  "a worker that is killed loses nothing; only what it had in hand may come twice",
  { timeout: 60_000 },
  async () => {
    const { addresses, arrived, worker, allSent } = await fullOutbox();
    const first = worker();
    await until(async () => (await arrived()).length >= 10);
    first.child.kill("SIGKILL");
    await first.ended;
    worker();
    await allSent();
    const all = await arrived();
    expect([...new Set(all)].toSorted()).toEqual(addresses.toSorted());
    expect(all.length - addresses.length).toBeLessThanOrEqual(4);
  },
);
