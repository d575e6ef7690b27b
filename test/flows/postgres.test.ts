/** Waxseal on Postgres: a person's whole way, and mails in transactions that other libraries began. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Client } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { createVisitor } from "../../src/cli/visitor.ts";
import { createWaxseal, fromPg, type Waxseal, type WaxsealConfig } from "../../src/index.ts";
import { memoryBackend } from "../../src/mail/index.ts";
import { findLink, listenMailbox } from "../../src/testing/index.ts";
import { freshPostgres, postgresMissing, startPostgres } from "../support/postgres.ts";
import { mac, macsLogin } from "../support/start-site.ts";

const common = { secretKey: "a secret of more than sixteen", siteUrl: "https://shop.example", siteName: "Shop" };

async function open(databaseUrl: string, mailers: NonNullable<WaxsealConfig["mailers"]>): Promise<Waxseal> {
  const waxseal = await createWaxseal({ ...common, databaseUrl, mailers }, { migrate: true });
  onTestFinished(() => waxseal.close());
  return waxseal;
}

describe.skipIf(postgresMissing)("on postgres", () => {
  test("a person signs up, gets the mail from a worker beside the site, activates and logs in", async () => {
    await using mailbox = await listenMailbox();
    const databaseUrl = await freshPostgres();
    const smtp = { backend: "smtp" as const, host: mailbox.host, port: mailbox.port };
    const site = await open(databaseUrl, { default: smtp });
    const worker = await open(databaseUrl, { default: smtp });
    worker.startWorker(); // the site itself sends nothing: it only notifies
    const server = createServer(getRequestListener((request) => site.fetch(request))).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.closeAllConnections());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const visitor = createVisitor();
    await visitor.submit(await visitor.open(`${origin}/user/register`), mac);
    const mail = await mailbox.waitFor({ to: mac.email });
    const link = new URL(findLink(mail, "/user/active/") ?? "");
    const login = await visitor.submit(await visitor.open(`${origin}${link.pathname}`), {});
    expect((await visitor.submit(login, macsLogin, "/user/login")).html).toContain("mac");
    await expect.poll(async () => (await site.outbox.list()).map((message) => message.state)).toEqual(["sent"]);
  });

  test("a mail is sent if the caller's own transaction on pg commits, and only then", async () => {
    const memory = memoryBackend();
    const databaseUrl = await freshPostgres();
    const waxseal = await open(databaseUrl, { default: memory });
    waxseal.startWorker();
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    onTestFinished(() => client.end());
    const order = async (subject: string, end: "commit" | "rollback"): Promise<void> => {
      const message = await waxseal.mail.compose({ subject, text: "Thank you.", to: ["ann@x.cn"] });
      await client.query("begin");
      await waxseal.outbox.enqueue(message, { tx: fromPg(client), idempotencyKey: subject });
      await client.query(end);
    };
    await order("never", "rollback");
    await order("your order", "commit");
    await order("another", "commit");
    await expect.poll(() => memory.outbox.length).toBe(2);
    const subjects = (await waxseal.outbox.list()).map((sent) => sent.subject);
    expect(subjects.toSorted()).toEqual(["another", "your order"]);
  });

  test("a worker outlives its server: what was accepted before a crash is sent after it", async () => {
    const server = await startPostgres();
    const memory = memoryBackend();
    const waxseal = await open(server.url(), { default: memory });
    const message = await waxseal.mail.compose({ subject: "Hello", text: "World", to: ["ann@x.cn"] });
    await waxseal.outbox.enqueue(message);
    await server.crash();
    await expect(waxseal.outbox.enqueue(message)).rejects.toMatchObject({ code: expect.stringMatching(/^WX_DB_/) });
    waxseal.startWorker();
    await server.start();
    await expect.poll(() => memory.outbox.length, { timeout: 15_000 }).toBe(1);
  });
});
