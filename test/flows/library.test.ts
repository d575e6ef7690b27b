/** Waxseal as a library: Django's functions out of the environment, and the parts from one configuration in a server of the user's. */
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { getRequestListener } from "@hono/node-server";
import { createVisitor } from "../../src/cli/visitor.ts";
import {
  ConfigError,
  createMailFromConfig,
  createWaxseal,
  type MailerConfig,
  migrate,
  openDatabase,
  sendMail,
  sendMassMail,
  type WaxsealConfig,
} from "../../src/index.ts";
import { memoryBackend } from "../../src/mail/index.ts";
import { findLink, listenMailbox } from "../../src/testing/index.ts";
import { mac, macsLogin } from "../support/start-site.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("sendMail and sendMassMail send through the mailer that the environment describes", async () => {
  await using mailbox = await listenMailbox();
  process.env["EMAIL_URL"] = `smtp://${mailbox.host}:${mailbox.port}`;
  process.env["DEFAULT_FROM_EMAIL"] = "mac <mac@163.com>";
  expect(await sendMail("你好", "text", undefined, ["ann@x.cn"], { htmlMessage: "<p>html" })).toBe(1);
  expect(await sendMail("nobody", "text", undefined, [])).toBe(0);
  const count = await sendMassMail([
    ["one", "1", "a@x.cn", ["ann@x.cn"]],
    ["two", "2", undefined, ["ann@x.cn", "bob@x.cn"]],
  ]);
  expect(count).toBe(2);
  const mails = await mailbox.mails();
  expect(mails.map(({ subject, from }) => [subject, from])).toEqual([
    ["你好", "mac <mac@163.com>"],
    ["one", "a@x.cn"],
    ["two", "mac <mac@163.com>"],
  ]);
});

async function configIn(folder: string): Promise<WaxsealConfig & { databaseUrl: string }> {
  return {
    secretKey: "a secret of more than sixteen",
    siteUrl: "https://shop.example",
    siteName: "Shop",
    databaseUrl: `sqlite:${join(folder, "shop.db")}`,
  };
}

test("the pages mount in a server of the user's, and links begin with the configured site, whatever the request says", async () => {
  await using mailbox = await listenMailbox();
  const config = await configIn(tempFolder());
  const waxseal = await createWaxseal(
    { ...config, mailers: { default: { backend: "smtp", host: mailbox.host, port: mailbox.port } } },
    { migrate: true },
  );
  onTestFinished(() => waxseal.close());
  waxseal.startWorker();
  const server = createServer(getRequestListener((request) => waxseal.fetch(request))).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.closeAllConnections());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const visitor = createVisitor({ "x-forwarded-host": "evil.example", forwarded: "host=evil.example" });
  await visitor.submit(await visitor.open(`${origin}/user/register`), mac);
  const mail = await mailbox.waitFor({ to: mac.email });
  const link = new URL(findLink(mail, "/user/active/") ?? "");
  expect(link.origin).toBe("https://shop.example");
  expect(mail.subject).toBe("Activate your Shop account");
  const login = await visitor.submit(await visitor.open(`${origin}${link.pathname}`), {});
  expect((await visitor.submit(login, macsLogin, "/user/login")).html).toContain("mac");
});

test("mails join a transaction of the user's own, with tables of the user's own", async () => {
  const config = await configIn(tempFolder());
  const memory = memoryBackend();
  const waxseal = await createWaxseal({ ...config, mailers: { default: memory } }, { migrate: true });
  onTestFinished(() => waxseal.close());
  const kysely = waxseal.database.kysely.withTables<{ orders: { id: number } }>();
  await kysely.schema.createTable("orders").addColumn("id", "integer").execute();
  const confirmation = await waxseal.mail.compose({ subject: "Your order", text: "Thank you.", to: ["ann@x.cn"] });
  const order = (id: number, fail: boolean): Promise<void> =>
    kysely.transaction().execute(async (tx) => {
      await tx.insertInto("orders").values({ id }).execute();
      await waxseal.outbox.enqueue(confirmation, { tx });
      await waxseal.accounts.sendRegisterActiveEmail("ann@x.cn", "ann", "token", { tx });
      if (fail) throw new Error("out of stock");
    });
  await expect(order(1, true)).rejects.toThrow("out of stock");
  await order(2, false);
  expect(await kysely.selectFrom("orders").select("id").execute()).toEqual([{ id: 2 }]);
  expect(await waxseal.outbox.list()).toHaveLength(2);
  expect(memory.outbox).toEqual([]); // no worker yet
  waxseal.startWorker();
  await expect.poll(() => memory.outbox.length).toBe(2);
});

test("a wrong mailer is refused when mail is made from a configuration", () => {
  const wrong = { mailers: { default: { backend: "smpt" } } } as unknown as { mailers: Record<string, MailerConfig> };
  const make = () => createMailFromConfig({ ...wrong, defaultFromEmail: "shop@x.cn" });
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(/^mailers\.default\.backend: it is "smpt"/);
  // @ts-expect-error no mailers
  expect(() => createMailFromConfig({ defaultFromEmail: "shop@x.cn" })).toThrow(/^mailers: it is missing/);
});

test("a database that is behind is refused with the command to run, and is left for it", async () => {
  const config = await configIn(tempFolder());
  const withMailer = { ...config, mailers: { default: memoryBackend() } };
  await expect(createWaxseal(withMailer)).rejects.toMatchObject({
    code: "WX_DB_BEHIND",
    message: expect.stringContaining("waxseal migrate"),
  });
  const database = await openDatabase(config.databaseUrl);
  await migrate(database);
  await database.close();
  await (await createWaxseal(withMailer)).close();
});

test("a misspelt option is told, and nothing is opened or sent", async () => {
  const config = await configIn(tempFolder());
  const memory = memoryBackend();
  const withMailer = { ...config, mailers: { default: memory } };
  const misspelt = { migrat: true } as object;
  await expect(createWaxseal(withMailer, misspelt)).rejects.toThrow(
    "migrat: createWaxseal has no such option. Did you mean migrate?",
  );
  const waxseal = await createWaxseal(withMailer, { migrate: true });
  onTestFinished(() => waxseal.close());
  const html = { html: "<p>Hello" } as object;
  const sending = waxseal.mail.sendMail("Hello", "text", undefined, ["ann@x.cn"], html);
  await expect(sending).rejects.toMatchObject({
    code: "WX_MESSAGE_OPTION",
    message: expect.stringContaining('"html"'),
  });
  expect(memory.outbox).toEqual([]);
});
