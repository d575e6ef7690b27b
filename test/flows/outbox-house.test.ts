/** One Waxseal with everything configured, driven end to end by those who use it: programs, servers, providers, readers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createTransport } from "nodemailer";
import { describe, expect, onTestFinished, test } from "vitest";
import { createWaxseal, openApiKeys, type Waxseal, type WaxsealConfig } from "../../src/index.ts";
import { createWebhookSecret, verifyWebhook } from "../../src/outbox/index.ts";
import { listenMailbox, type TestMailbox } from "../../src/testing/index.ts";
import { serveImap } from "../support/fake-imap.ts";
import { freshPostgres, postgresMissing } from "../support/postgres.ts";
import { parsePrometheus } from "../support/prometheus-text.ts";
import { runCli } from "../support/run-cli.ts";
import { mac } from "../support/start-site.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { type WebhookReceiver, webhookReceiver } from "../support/webhook-receiver.ts";

const secret = createWebhookSecret();
const token = "a token of more than sixteen";

interface House {
  waxseal: Waxseal;
  mailbox: TestMailbox;
  receiver: WebhookReceiver;
  url: string;
  config: WaxsealConfig;
  /** The calls so far, each with a signature that is right. */
  told(): { type: string; data: { recipients: readonly string[] } }[];
}

async function openHouse(databaseUrl: string, outbox: WaxsealConfig["outbox"] = {}): Promise<House> {
  const mailbox = await listenMailbox();
  onTestFinished(() => mailbox.close());
  const [receiver, imap] = await Promise.all([webhookReceiver(), serveImap()]);
  const config: WaxsealConfig = {
    databaseUrl,
    outbox,
    secretKey: "a secret of more than sixteen",
    siteUrl: "https://shop.example",
    defaultFromEmail: "shop@shop.example",
    mailers: {
      default: { backend: "smtp", host: mailbox.host, port: mailbox.port, security: "none" },
      queued: { backend: "outbox", using: "default" },
    },
    limits: [{ scope: "mailer", key: "default", windows: [{ count: 500, seconds: 900 }] }],
    webhooks: { crm: { url: receiver.url, secret } },
    bounces: {
      domain: "bounces.shop.example",
      token,
      imap: { host: "127.0.0.1", port: imap.port, user: "u", password: "p", security: "none" },
      providers: { mailgun: { signingKey: "a key" } },
    },
    suppression: { days: { bounce: 30 } },
    unsubscribe: { mailto: "mailto:leave@shop.example" },
    retention: { sentDays: 1 },
    metrics: { token },
    tracing: true,
    submission: { port: 0 },
    web: { port: 0 },
  };
  const waxseal = await createWaxseal(config, { migrate: true });
  onTestFinished(() => waxseal.close());
  waxseal.startWorker();
  const { url } = await waxseal.listen();
  const told = () =>
    receiver.calls.map(
      ({ headers, body }) => verifyWebhook(secret, headers, body) as ReturnType<House["told"]>[number],
    );
  return { waxseal, mailbox, receiver, url, config, told };
}

const bearer = { authorization: `Bearer ${token}`, connection: "close" };
const stateOf = async ({ outbox }: Waxseal, id: string) => (await outbox.get(id))?.state;

const engines = { sqlite: undefined, postgres: undefined, "postgres with pg-boss": "pg-boss" } as const;

function journeys(kind: keyof typeof engines): void {
  const open = async (): Promise<House> => {
    const url = kind === "sqlite" ? `sqlite:${join(tempFolder(), "test.db")}` : await freshPostgres();
    return openHouse(url, { engine: engines[kind] });
  };

  test("a mail leaves once, is told of by webhook and counted; a bounce of it ends the address", async () => {
    const { waxseal, mailbox, url, told } = await open();
    const { mail, outbox, database, suppressions } = waxseal;
    const message = await mail.compose({ to: ["ann@example.net"], subject: "Order", text: "Thank you." });
    const id = await database.kysely.transaction().execute((tx) => outbox.enqueue(message, { tx, priority: "high" }));
    const { envelopeFrom } = await mailbox.waitFor({ subject: "Order" });
    expect(envelopeFrom).toMatch(/^b\w{45}@bounces\.shop\.example$/);
    await expect.poll(told).toMatchObject([{ type: "mail.sent", data: { recipients: ["ann@example.net"] } }]);

    expect((await fetch(`${url}/metrics`, { headers: { connection: "close" } })).status).toBe(401);
    const samples = parsePrometheus(await (await fetch(`${url}/metrics`, { headers: bearer })).text());
    const sent = samples.find(
      ({ name, labels }) => name === "waxseal_outbox_recipients_total" && labels["event"] === "sent",
    );
    expect(sent?.value).toBe(1);

    const body = [
      "From: mailer-daemon@mx.example.net",
      `To: ${envelopeFrom}`,
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
      "",
      "--b",
      "Content-Type: message/delivery-status",
      "",
      "Reporting-MTA: dns; mx.example.net",
      "",
      "Final-Recipient: rfc822; ann@example.net",
      "Action: failed",
      "Status: 5.1.1",
      "Diagnostic-Code: smtp; 550 5.1.1 No such user",
      "",
      "--b--",
      "",
    ].join("\r\n");
    const bounced = await fetch(`${url}/hooks/bounces`, { method: "POST", headers: bearer, body });
    expect(bounced.status).toBe(200);
    expect(await stateOf(waxseal, id)).toBe("failed");
    await expect.poll(() => told().map(({ type }) => type)).toEqual(["mail.sent", "mail.bounced"]);
    const [entry] = await suppressions.get("ann@example.net");
    expect(entry).toMatchObject({ reason: "bounce", messageId: id });
    expect(Math.round(((entry?.expiresAt ?? 0) - (entry?.createdAt ?? 0)) / 86_400_000)).toBe(30);
    const again = await outbox.enqueue(await mail.compose({ to: ["ann@example.net"], subject: "Again", text: "x" }));
    await until(async () => (await stateOf(waxseal, again)) === "suppressed");
    expect((await mailbox.mails()).map(({ subject }) => subject)).toEqual(["Order"]);
  });

  test("one click ends a stream, and neither its activation mail nor other streams", async () => {
    const { waxseal, mailbox, url } = await open();
    const news = async (subject: string, stream: string) => {
      await waxseal.mail.send({ to: [mac.email], subject, text: "x", metadata: { stream } }, { using: "queued" });
      return (await waxseal.outbox.list())[0]?.id ?? "";
    };
    await news("First", "news");
    const first = await mailbox.waitFor({ subject: "First" });
    const header = first.headers.find(({ name }) => name.toLowerCase() === "list-unsubscribe")?.value ?? "";
    expect(header).toContain("<mailto:leave@shop.example>");
    const link = new URL(/<(https:[^>]+)>/.exec(header)?.[1] ?? "");
    const click = { method: "POST", body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }) };
    expect((await fetch(`${url}${link.pathname}`, { ...click, headers: { connection: "close" } })).status).toBe(200);

    const second = await news("Second", "news");
    await expect.poll(() => stateOf(waxseal, second)).toBe("suppressed");
    await news("Offers", "offers");
    await mailbox.waitFor({ subject: "Offers" });
    await waxseal.accounts.register(mac);
    await mailbox.waitFor({ to: mac.email, subject: /Activate/ });
    const run = await waxseal.bulk.sendMany(
      { subject: "Bulk {{ n }}", text: "x" },
      [
        { to: mac.email, variables: { n: 1 } },
        { to: "bob@example.net", variables: { n: 2 } },
      ],
      { name: "spring", stream: "news" },
    );
    expect(run).toMatchObject({ queued: 2, complete: true });
    await expect
      .poll(() => waxseal.bulk.progress("spring"))
      .toMatchObject({ sent: 1, suppressed: 1, waiting: 0, failed: 0 });
    const subjects = (await mailbox.mails()).map(({ subject }) => subject);
    expect(subjects).not.toContain("Second");
    expect(subjects).not.toContain("Bulk 1");
  });

  test("a program hands in mail by SMTP with a key, and its readers leave a stream by the link they get", async () => {
    const { waxseal, mailbox, url } = await open();
    const { secret: pass } = await (await openApiKeys({ database: waxseal.database })).create("shop");
    const { host, port } = await waxseal.listenSubmission();
    const transport = createTransport({ host, port, auth: { user: "shop", pass } });
    onTestFinished(() => transport.close());
    const headers = { "X-Waxseal-Tags": "invoice" };
    const { response } = await transport.sendMail({
      from: "shop@shop.example",
      to: "eve@example.net",
      subject: "By SMTP 你好",
      text: "x",
      headers,
    });
    const id = /queued as (\S+)/.exec(response)?.[1] ?? "";
    await mailbox.waitFor({ to: "eve@example.net" });
    expect(await waxseal.outbox.get(id)).toMatchObject({ tags: ["invoice"], subject: "By SMTP 你好" });

    const news = (key: string) => ({
      from: "shop@shop.example",
      to: "eve@example.net",
      subject: "News by SMTP",
      text: "x",
      headers: { "X-Waxseal-Stream": "news", "X-Waxseal-Idempotency-Key": key },
    });
    const [first, again] = [await transport.sendMail(news("1")), await transport.sendMail(news("1"))];
    expect(again.response).toBe(first.response); // although the link is another one each time
    const received = await mailbox.waitFor({ subject: "News by SMTP" });
    const link = /<(https:[^>]+)>/.exec(
      received.headers.find(({ name }) => name.toLowerCase() === "list-unsubscribe")?.value ?? "",
    );
    const body = new URLSearchParams({ "List-Unsubscribe": "One-Click" });
    const left = await fetch(`${url}${new URL(link?.[1] ?? "").pathname}`, {
      method: "POST",
      body,
      headers: { connection: "close" },
    });
    expect(left.status).toBe(200);
    const { response: last } = await transport.sendMail(news("2"));
    await expect.poll(() => stateOf(waxseal, /queued as (\S+)/.exec(last)?.[1] ?? "")).toBe("suppressed");
    await expect(transport.sendMail({ ...news("3"), headers: { "X-Waxseal-Priority": "critical" } })).rejects.toThrow(
      /550 5\.7\.1 .*--allow-critical/,
    );
  });

  test(
    "what is changed at the command line is told by webhook and sent by the worker",
    { timeout: 20_000 },
    async () => {
      const { waxseal, mailbox, config, told } = await open();
      const { mail, outbox } = waxseal;
      const later = { sendAt: Date.now() + 3_600_000 };
      const [never, now] = await Promise.all(
        ["Never", "Now"].map(async (subject) =>
          outbox.enqueue(await mail.compose({ to: ["ann@example.net"], subject, text: "x" }), later),
        ),
      );
      const cwd = tempFolder();
      const file = join(cwd, "waxseal.config.json");
      writeFileSync(
        file,
        JSON.stringify({ databaseUrl: config.databaseUrl, outbox: config.outbox, webhooks: config.webhooks }),
      );
      const run = async (...args: string[]) => {
        const command = runCli(args, { cwd });
        expect([await command.ended, command.output().stderr]).toEqual([0, ""]);
      };
      await run("outbox", "cancel", never ?? "");
      await expect.poll(() => told().map(({ type }) => type)).toEqual(["mail.cancelled"]);
      await run("outbox", "release", now ?? "");
      await mailbox.waitFor({ subject: "Now" });
    },
  );
}

describe("on sqlite", () => {
  journeys("sqlite");
});
describe.skipIf(postgresMissing)("on postgres", () => {
  journeys("postgres");
});
describe.skipIf(postgresMissing)("on postgres with pg-boss", () => {
  journeys("postgres with pg-boss");
});

test.each([
  [{ retention: { sentDay: 3 } }, 'retention: retention has no option "sentDay". Did you mean sentDays?'],
  [{ suppression: { days: { bounced: 3 } } }, 'suppression: days: there is no reason "bounced". Did you mean bounce?'],
  [{ bounces: { providers: { resend: {} } } }, "bounces.providers.resend: resendWebhook needs secret"],
  [{ bounces: { domain: "a b" } }, 'bounces: createBounceAddresses: domain is "a b"'],
  [{ limits: [{ scope: "mailer", key: "defalt", concurrency: 1 }] }, 'limits[0].key is "defalt", which is no mailer.'],
  [{ webhooks: { crm: "https://example.com" } }, "webhooks.crm: it must be an object with url and secret"],
  [{ outbox: { engine: "pg-boss" } }, 'outbox.engine: "pg-boss" works on Postgres alone'],
])("a setting that a part cannot use is refused at the start, by its name: %o", async (wrong, problem) => {
  const config = {
    secretKey: "a secret of more than sixteen",
    siteUrl: "https://shop.example",
    databaseUrl: "sqlite::memory:",
    mailers: { default: { backend: "memory" } },
    ...wrong,
  };
  await expect(createWaxseal(config as WaxsealConfig, { migrate: true })).rejects.toThrow(problem);
});

test("what is closed leaves nothing open: the process ends by itself", { timeout: 20_000 }, async () => {
  const { config } = await openHouse(`sqlite:${join(tempFolder(), "test.db")}`);
  const script = `
    const { createWaxseal } = await import(${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)});
    const waxseal = await createWaxseal(${JSON.stringify(config)});
    waxseal.startWorker();
    await waxseal.listen();
    await waxseal.listenSubmission();
    await waxseal.mail.send({ to: ["ann@example.net"], subject: "x", text: "x" }, { using: "queued" });
    await waxseal.close();
    await waxseal.close();
    console.log("closed");`;
  const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", script]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close");
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect([out, err, (await ended)[0]]).toEqual(["closed\n", "", 0]);
});
