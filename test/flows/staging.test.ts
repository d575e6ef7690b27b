/** Waxseal on a staging server and with a key: what leaves it, by every way, over real SMTP. */
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createWaxseal, fromEnv, type Logger, type Waxseal, type WaxsealConfig } from "../../src/index.ts";
import { dkimDnsRecord, type Delivery } from "../../src/mail/index.ts";
import { listenMailbox, type TestMailbox } from "../../src/testing/index.ts";
import { mailauthResults } from "../support/dkim-verifiers.ts";
import { mac, startSite } from "../support/start-site.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";

async function start(
  config: WaxsealConfig,
  logger?: Logger,
): Promise<{ waxseal: Waxseal; mailbox: TestMailbox; deliveries: Delivery[] }> {
  const mailbox = await listenMailbox();
  onTestFinished(() => mailbox.close());
  const deliveries: Delivery[] = [];
  const waxseal = await createWaxseal(
    {
      secretKey: "a secret of more than sixteen",
      siteUrl: "https://shop.example",
      databaseUrl: `sqlite:${join(tempFolder(), "shop.db")}`,
      defaultFromEmail: "Shop <shop@shop.example>",
      mailers: { default: { backend: "smtp", host: mailbox.host, port: mailbox.port } },
      ...config,
      middleware: [...(config.middleware ?? []), { after: (delivery) => void deliveries.push(delivery) }],
    },
    { migrate: true, ...(logger !== undefined && { logger }) },
  );
  onTestFinished(() => waxseal.close());
  waxseal.startWorker();
  return { waxseal, mailbox, deliveries };
}

/** Everyone the server was given mail for. */
async function reached(mailbox: TestMailbox): Promise<string[]> {
  return (await mailbox.mails()).flatMap(({ envelopeTo }) => envelopeTo).toSorted();
}

test("alwaysTo holds for activation mail, for the outbox and for mail sent at once", async () => {
  const { waxseal, mailbox, deliveries } = await start({
    ...fromEnv({ WAXSEAL_ALWAYS_TO: "dev@shop.example, qa@shop.example" }),
    middleware: [{ before: (message) => ({ ...message, bcc: ["audit@customer.example"] }) }],
  });
  expect(await waxseal.accounts.register(mac)).toMatchObject({ status: "registered" });
  const letter = { subject: "Hello", text: "World", to: ["ann@customer.example"], cc: ["bob@customer.example"] };
  await waxseal.outbox.enqueue(await waxseal.mail.compose({ ...letter, subject: "queued" }));
  await waxseal.mail.send(letter);
  const activation = await mailbox.waitFor({ subject: /activate/i });
  await mailbox.waitFor({ subject: "queued" });
  await until(() => deliveries.length === 3);
  expect(new Set(await reached(mailbox))).toEqual(new Set(["dev@shop.example", "qa@shop.example"]));
  const original = activation.headers.find(({ name }) => name.toLowerCase() === "x-original-to");
  expect(original?.value).toContain(mac.email);
  expect(deliveries.filter(({ message }) => message === undefined)).toHaveLength(2);
});

test("allowTo lets a tester sign up, and sends nothing to anybody else, whose account stands all the same", async () => {
  const { waxseal, mailbox } = await start({ allowTo: ["shop.example"] });
  expect(await waxseal.accounts.register({ ...mac, email: "eve@customer.example" })).toMatchObject({
    status: "registered",
  });
  const tester = { ...mac, username: "tester", email: "tester@shop.example" };
  expect(await waxseal.accounts.register(tester)).toMatchObject({ status: "registered" });
  await mailbox.waitFor({ to: tester.email });
  expect(await waxseal.outbox.list()).toHaveLength(1);
  expect(await reached(mailbox)).toEqual([tester.email]);
});

/** Fills an outbox as a server without any guard would, and leaves it to one that is configured otherwise. */
async function copiedFromProduction(config: WaxsealConfig): Promise<{ waxseal: Waxseal; mailbox: TestMailbox }> {
  const mailbox = await listenMailbox();
  onTestFinished(() => mailbox.close());
  const shared: WaxsealConfig = {
    secretKey: "a secret of more than sixteen",
    siteUrl: "https://shop.example",
    databaseUrl: `sqlite:${join(tempFolder(), "shop.db")}`,
    mailers: { default: { backend: "smtp", host: mailbox.host, port: mailbox.port } },
  };
  const production = await createWaxseal(shared, { migrate: true });
  const to = ["ann@customer.example", "tester@shop.example"];
  await production.outbox.enqueue(await production.mail.compose({ subject: "old", text: "T", to }));
  await production.close();
  const waxseal = await createWaxseal({ ...shared, ...config });
  onTestFinished(() => waxseal.close());
  waxseal.startWorker();
  return { waxseal, mailbox };
}

/** The states of the recipients of the only message, once it is not on its way any more. */
async function settledStates({ outbox }: Waxseal): Promise<string[]> {
  return until(async () => {
    const [message] = await outbox.list();
    const states = message?.recipients.map(({ state }) => state) ?? [];
    return ["sent", "failed"].includes(message?.state ?? "") && states;
  });
}

test("mail that a copied database holds goes where alwaysTo says, and is sent", async () => {
  const { waxseal, mailbox } = await copiedFromProduction({ alwaysTo: "dev@shop.example" });
  expect(await settledStates(waxseal)).toEqual(["sent", "sent"]);
  expect(await reached(mailbox)).toEqual(["dev@shop.example"]);
});

test("mail that a copied database holds reaches only whom allowTo lets through, and fails visibly for the others", async () => {
  const some = await copiedFromProduction({ allowTo: ["shop.example"] });
  expect(await settledStates(some.waxseal)).toEqual(["failed", "sent"]);
  expect(await reached(some.mailbox)).toEqual(["tester@shop.example"]);
  const none = await copiedFromProduction({ allowTo: ["nowhere.example"] });
  expect(await settledStates(none.waxseal)).toEqual(["failed", "failed"]);
  expect(await reached(none.mailbox)).toEqual([]);
});

test("every mail is signed with the key that the environment names, and the signature outlives SMTP", async () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const file = join(tempFolder(), "dkim.pem");
  writeFileSync(file, privateKey.export({ format: "pem", type: "pkcs8" }));
  const key = { domain: "shop.example", selector: "mail2026" };
  const { waxseal, mailbox } = await start(
    fromEnv({
      WAXSEAL_DKIM_DOMAIN: key.domain,
      WAXSEAL_DKIM_SELECTOR: key.selector,
      WAXSEAL_DKIM_PRIVATE_KEY_FILE: file,
    }),
  );
  const { name, value } = dkimDnsRecord({ ...key, privateKey });
  await waxseal.accounts.register(mac);
  await waxseal.mail.send({ subject: "你好", text: ".\n..\n. a  \n", to: ["ann@customer.example"] });
  for (const to of [mac.email, "ann@customer.example"]) {
    const { raw } = await mailbox.waitFor({ to });
    expect(await mailauthResults(raw, { [name]: value })).toEqual(["pass"]);
  }
});

test("on a developer's machine the log says what spoils a mail, once, and our own mails are well", async () => {
  const events: unknown[][] = [];
  const site = await startSite({}, { logger: { log: (...event) => void events.push(event) } });
  const lint = (): unknown[] => events.filter(([, event]) => event === "mail.lint").map(([, , fields]) => fields);
  for (const locale of ["en", "zh-CN"] as const) {
    const person = { ...mac, username: `mac-${locale}`, email: `${locale}@163.com`, locale };
    expect(await site.waxseal.accounts.register(person)).toMatchObject({ status: "registered" });
  }
  await until(async () => (await site.inbox.list()).length === 2);
  expect(lint()).toEqual([]);
  const letter = { text: "World", to: ["ann@x.cn"] };
  await site.waxseal.mail.send(letter);
  await site.waxseal.mail.send(letter);
  expect(lint()).toMatchObject([{ rule: "empty-subject", field: "subject" }]);
});

test("a key that cannot be used stops the start, by the setting's name", async () => {
  const startWith = (dkim: WaxsealConfig["dkim"]): Promise<Waxseal> =>
    createWaxseal(
      {
        secretKey: "a secret of more than sixteen",
        siteUrl: "https://shop.example",
        databaseUrl: "sqlite::memory:",
        mailers: { default: { backend: "memory" } },
        dkim,
      },
      { migrate: true },
    );
  const key = { domain: "shop.example", selector: "mail2026" };
  await expect(startWith({ ...key, privateKey: "hunter2" })).rejects.toMatchObject({
    code: "WX_CONFIG",
    message: expect.stringMatching(/^dkim\.privateKey: it is no PEM\./),
  });
  await expect(startWith([{ ...key, privateKeyFile: "/nowhere/dkim.pem" }])).rejects.toThrow(
    /^dkim\[0\]\.privateKeyFile: the file cannot be read: ENOENT/,
  );
});
