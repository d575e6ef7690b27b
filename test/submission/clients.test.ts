/** Programs in other languages hand in mail, and what arrives at the end is what they sent. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createTransport } from "nodemailer";
import { expect, onTestFinished, test } from "vitest";
import {
  createApiKeys,
  createSubmission,
  outboxDeliver,
  type InboxMail,
  type SubmissionOptions,
} from "../../src/inbox/index.ts";
import { allowTo, createMail, createMailers, type Middleware, smtpBackend } from "../../src/mail/index.ts";
import { createOutbox, type Outbox } from "../../src/outbox/index.ts";
import { listenMailbox, type TestMailbox } from "../../src/testing/index.ts";
import { createCertificates } from "../support/certificates.ts";
import { readByMailparser, readByPostalMime } from "../support/parsers.ts";
import { findPython } from "../support/python.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { testDatabase } from "../support/test-database.ts";

interface Service {
  port: number;
  tlsPort: number;
  secret: string;
  outbox: Outbox;
  mailbox: TestMailbox;
}

/** Everything between a client and the mailbox at the end, wired as `waxseal serve` does it. */
async function startService(
  options: Partial<SubmissionOptions> = {},
  middleware: readonly Middleware[] = [],
): Promise<Service> {
  const database = await testDatabase();
  const mailbox = await listenMailbox();
  onTestFinished(() => mailbox.close());
  const backend = smtpBackend({ host: mailbox.host, port: mailbox.port, security: "none" });
  const mail = createMail({
    mailers: createMailers({ default: backend }),
    defaultFromEmail: "root@localhost",
    middleware,
  });
  const outbox = createOutbox({ database, mailer: (name) => mail.mailers.get(name) });
  const keys = createApiKeys({ database });
  const submission = createSubmission({
    database,
    keys,
    deliver: outboxDeliver({ mail, enqueue: outbox.enqueue }),
    closeTimeoutMs: 500,
    ...options,
  });
  onTestFinished(async () => {
    await submission.close();
    await outbox.stop();
    await backend.close?.();
  });
  const { secret } = await keys.create("shop", { allowedFrom: ["*@shop.example"] });
  const opened = await submission.listen({ port: 0, ...(options.tls !== undefined && { tlsPort: 0 }) });
  outbox.start();
  return { port: opened.port, tlsPort: opened.tlsPort ?? 0, secret, outbox, mailbox };
}

const python = findPython(["django"]);
const hasCurl = /\bsmtp\b/.test(spawnSync("curl", ["--version"], { encoding: "utf8" }).stdout ?? "");
const client = fileURLToPath(new URL("django_client.py", import.meta.url));

/** What Django said; the server lives in this process, so it must not stand still meanwhile. */
async function sendByDjango(
  input: Record<string, unknown>,
): Promise<{ sent?: number; error?: string; code?: number; text?: string }> {
  const child = spawn(python ?? "python3", ["-W", "ignore", client], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify({ host: "127.0.0.1", user: "shop", from: "Shop 店 <shop@shop.example>", ...input }));
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  return JSON.parse(output) as object;
}

async function checkLetter(mail: InboxMail): Promise<void> {
  const body = `第一行\nGrüße\n.\n${"long ".repeat(300)}\n`;
  for (const read of [readByPostalMime, readByMailparser]) {
    const parsed = await read(mail.raw);
    expect(parsed.from).toEqual([{ name: "Shop 店", address: "shop@shop.example" }]);
    expect(parsed.to).toEqual([{ name: "王小明", address: "ann@x.cn" }]);
    expect(parsed.cc).toEqual([{ name: "", address: "bob@x.cn" }]);
    expect(parsed.subject).toBe("订单 ✓ Ihre Bestellung");
    expect(parsed.text.trimEnd()).toBe(body.trimEnd());
    expect(parsed.html.trim()).toBe("<p>第一行 <b>Grüße</b></p>");
    expect(parsed.attachments).toMatchObject([{ filename: "报告.pdf", type: "application/pdf" }]);
    expect(parsed.attachments[0]?.content).toBe(
      Buffer.alloc(5120, Buffer.from(Array.from({ length: 256 }, (_, octet) => octet))).toString("latin1"),
    );
  }
  expect([...mail.envelopeTo].toSorted()).toEqual(["ann@x.cn", "bob@x.cn", "secret@x.cn"]);
  expect(Buffer.from(mail.raw).toString("latin1")).not.toMatch(/secret@|X-Waxseal/i);
  expect(mail.headers[0]?.name.toLowerCase()).toBe("received");
}

test.skipIf(python === undefined)("Django: what arrives is what it sent", async () => {
  const { port, secret, mailbox, outbox } = await startService();
  const headers = { "X-Waxseal-Tags": "order,订单", "X-Waxseal-Priority": "high" };
  expect(await sendByDjango({ port, password: secret, headers })).toEqual({ sent: 1 });
  await checkLetter(await mailbox.waitFor({ to: "secret@x.cn" }));
  expect(await outbox.list()).toHaveLength(1);
  expect(await sendByDjango({ port, password: secret, simple: true })).toEqual({ sent: 1 });
  const simple = await mailbox.waitFor({ subject: "Simple" });
  expect(simple.text.trimEnd().split(/\r?\n/)).toEqual(["Text", ".", "..dots", "From here"]);
});

test.skipIf(python === undefined)("Django over TLS: by STARTTLS, and on the port that begins with it", async () => {
  const { ca, issue } = await createCertificates();
  const tls = await issue({ names: ["localhost"], ips: ["127.0.0.1"] });
  const { port, tlsPort, secret, mailbox } = await startService({ tls });
  expect(await sendByDjango({ port, password: secret, tls: true, ca, simple: true })).toEqual({ sent: 1 });
  expect(await sendByDjango({ port: tlsPort, password: secret, ssl: true, ca, simple: true })).toEqual({ sent: 1 });
  await mailbox.waitFor({ subject: "Simple" });
});

test.skipIf(python === undefined)("Django is told what was wrong, as an exception of smtplib", async () => {
  const { port, secret } = await startService();
  expect(await sendByDjango({ port, password: "wrong", simple: true })).toMatchObject({
    error: "SMTPAuthenticationError",
    code: 535,
    text: expect.stringContaining("not an API key"),
  });
  expect(await sendByDjango({ port, password: secret, from: "eve@evil.example", simple: true })).toMatchObject({
    error: "SMTPSenderRefused",
    code: 550,
    text: expect.stringContaining("may send as *@shop.example"),
  });
  expect(await sendByDjango({ port, password: secret, headers: { "X-Waxseal-Tag": "a" } })).toMatchObject({
    error: "SMTPDataError",
    code: 554,
    text: expect.stringContaining("Did you mean X-Waxseal-Tags?"),
  });
});

test.skipIf(!hasCurl)("curl: a file is mailed as it is, and a wrong key ends with its log-in error", async () => {
  const { port, secret, mailbox } = await startService();
  const file = join(tempFolder(), "mail.eml");
  writeFileSync(file, "From: shop@shop.example\r\nSubject: By curl\r\n\r\nLine\r\n.\r\n..\r\n");
  const curl = async (key: string): Promise<unknown> => {
    const rest = ["--mail-from", "shop@shop.example", "--mail-rcpt", "ann@x.cn", "-T", file];
    const child = spawn("curl", ["-sS", `smtp://127.0.0.1:${port}`, "--user", `shop:${key}`, ...rest], {
      stdio: "ignore",
    });
    return (await once(child, "close"))[0];
  };
  expect(await curl(secret)).toBe(0);
  const mail = await mailbox.waitFor({ subject: "By curl" });
  expect(mail.text).toBe("Line\r\n.\r\n..\r\n".replaceAll("\r\n", mail.text.includes("\r") ? "\r\n" : "\n"));
  expect(await curl("wrong")).toBe(67); // CURLE_LOGIN_DENIED
});

test("nodemailer: many at once, each in the outbox once, and the same letter at the end", async () => {
  const { port, secret, mailbox, outbox } = await startService();
  const transport = createTransport({
    host: "127.0.0.1",
    port,
    auth: { user: "shop", pass: secret },
    pool: true,
    maxConnections: 8,
    ignoreTLS: true,
  });
  onTestFinished(() => transport.close());
  const letter = {
    from: "Shop 店 <shop@shop.example>",
    to: "王小明 <ann@x.cn>",
    cc: "bob@x.cn",
    bcc: "secret@x.cn",
    subject: "订单 ✓ Ihre Bestellung",
    text: `第一行\nGrüße\n.\n${"long ".repeat(300)}\n`,
    html: "<p>第一行 <b>Grüße</b></p>",
    attachments: [
      {
        filename: "报告.pdf",
        content: Buffer.alloc(5120, Buffer.from(Array.from({ length: 256 }, (_, octet) => octet))),
      },
    ],
  };
  const infos = await Promise.all(Array.from({ length: 40 }, () => transport.sendMail(letter)));
  const ids = infos.map(({ response }) => /^250 2\.0\.0 Ok: queued as (\S+)$/.exec(response)?.[1]);
  expect(new Set(ids).size).toBe(40);
  expect((await outbox.list()).map((message) => message.id).toSorted()).toEqual([...ids].toSorted());
  await checkLetter(await mailbox.waitFor({ to: "secret@x.cn" }));
});

test("nodemailer over TLS, and a message that comes again with its idempotency key", async () => {
  const { ca, issue } = await createCertificates();
  const { port, secret, outbox } = await startService({ tls: await issue({ names: ["localhost"] }) });
  const transport = createTransport({
    host: "127.0.0.1",
    port,
    requireTLS: true,
    tls: { ca, servername: "localhost" },
    auth: { user: "shop", pass: secret },
  });
  onTestFinished(() => transport.close());
  const letter = {
    from: "shop@shop.example",
    to: "ann@x.cn",
    subject: "Order 17",
    text: "Thank you",
    html: "<p>Thank you</p>",
    headers: { "X-Waxseal-Idempotency-Key": "order-17" },
  };
  const first = await transport.sendMail(letter);
  const again = await transport.sendMail(letter); // with another Message-ID and other boundaries
  expect(again.response).toBe(first.response);
  await expect(transport.sendMail({ ...letter, text: "Other" })).rejects.toMatchObject({
    responseCode: 554,
    response: expect.stringContaining("WX_OUTBOX_IDEMPOTENCY"),
  });
  expect(await outbox.list()).toHaveLength(1);
});

test("on a staging server a program's mail reaches those who may get it, and else is dropped without an error", async () => {
  const { port, secret, mailbox, outbox } = await startService({}, [allowTo(["*@team.example", "team.example"])]);
  const transport = createTransport({ host: "127.0.0.1", port, auth: { user: "shop", pass: secret }, ignoreTLS: true });
  onTestFinished(() => transport.close());
  const letter = { from: "shop@shop.example", subject: "Hello", text: "x" };
  expect((await transport.sendMail({ ...letter, to: "ann@customer.example" })).response).toMatch(/^250 .* dropped/);
  expect(await outbox.list()).toEqual([]);
  await transport.sendMail({ ...letter, to: ["ann@customer.example", "eve@team.example"] });
  expect((await mailbox.waitFor()).envelopeTo).toEqual(["eve@team.example"]);
});
