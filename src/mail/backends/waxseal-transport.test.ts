import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { simpleParser } from "mailparser";
import { createTransport } from "nodemailer";
import { SMTPServer } from "smtp-server";
import { expect, onTestFinished, test } from "vitest";
import type { Backend } from "../backend.ts";
import { DeliveryError, MailerError } from "../errors.ts";
import { createMailers } from "../mailers.ts";
import { createMail } from "../send-mail.ts";
import { memoryBackend } from "./memory.ts";
import { smtpBackend } from "./smtp.ts";
import { waxsealTransport } from "./waxseal-transport.ts";

const mail = { from: "a@example.com", to: "b@example.com", subject: "Hello", text: "World" };

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "it did not fail",
    (reason: unknown) => reason,
  );
}

test("a nodemailer user sends through a real server, and gets nodemailer's answer", async () => {
  const messages: { to: string[]; bytes: Buffer }[] = [];
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS", "AUTH"],
    disableReverseLookup: true,
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith("gone") ? Object.assign(new Error("5.1.1 Nobody"), { responseCode: 550 }) : null),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        messages.push({ to: session.envelope.rcptTo.map(({ address }) => address), bytes: Buffer.concat(chunks) });
        done();
      });
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  const transporter = createTransport(waxsealTransport(smtpBackend({ host: "127.0.0.1", port, security: "none" })));
  onTestFinished(() => void transporter.close());
  expect(await transporter.verify()).toBe(true);
  const info = await transporter.sendMail({
    ...mail,
    to: "麦克 <b@example.com>, gone@example.com",
    bcc: "hidden@example.com",
    text: "你好\nlf\r\ncrlf\n.dot",
    html: "<p>你好",
    attachments: [{ filename: "报告.bin", content: Buffer.from([0, 13, 10, 255]) }],
  });
  expect(info).toMatchObject({
    envelope: { from: "a@example.com", to: ["b@example.com", "gone@example.com", "hidden@example.com"] },
    accepted: ["b@example.com", "hidden@example.com"],
    rejected: ["gone@example.com"],
    rejectedErrors: [{ recipient: "gone@example.com", responseCode: 550, response: "550 5.1.1 Nobody" }],
    messageId: expect.stringMatching(/^<.+@example\.com>$/),
    response: expect.stringMatching(/^250 /),
  });
  const [message] = messages;
  const parsed = await simpleParser(message?.bytes ?? "");
  expect(message?.to).toEqual(["b@example.com", "hidden@example.com"]);
  expect(String(message?.bytes)).not.toMatch(/hidden|[^\r]\n/);
  expect(parsed).toMatchObject({ subject: "Hello", text: "你好\nlf\ncrlf\n.dot", messageId: info.messageId });
  expect(parsed.attachments[0]?.content).toEqual(Buffer.from([0, 13, 10, 255]));
});

test("through createMail, one of its mailers", async () => {
  const [first, second] = [memoryBackend(), memoryBackend()];
  const target = createMail({
    mailers: createMailers({ default: first, bulk: second }),
    defaultFromEmail: "x@y.example",
  });
  await createTransport(waxsealTransport(target)).sendMail(mail);
  await createTransport(waxsealTransport(target, { using: "bulk" })).sendMail(mail);
  expect([first.outbox.length, second.outbox.length]).toEqual([1, 1]);
  expect(() => waxsealTransport(target, { using: "none" })).toThrow(MailerError);
});

test("what a message asks of the servers reaches the backend", async () => {
  const memory = memoryBackend();
  const transporter = createTransport(waxsealTransport(memory));
  const dsn = { id: "m1", return: "HDRS", notify: ["SUCCESS", "failure"] };
  await transporter.sendMail({ ...mail, to: "麦克@example.com", dsn, requireTLSExtensionEnabled: true });
  await transporter.sendMail({ ...mail, envelope: { from: "", to: ["c@example.com"] } });
  expect(memory.outbox.map(({ envelope }) => envelope)).toEqual([
    {
      from: "a@example.com",
      to: ["麦克@example.com"],
      dsn: { id: "m1", return: "headers", notify: ["success", "failure"] },
      requireTls: true,
      smtpUtf8: true,
    },
    { from: "", to: ["c@example.com"] },
  ]);
});

test.each([
  ["connect", "not-sent", 0, "ECONNECTION"],
  ["tls", "not-sent", 0, "ETLS"],
  ["auth", "not-sent", 535, "EAUTH"],
  ["rcpt", "not-sent", 550, "EENVELOPE"],
  ["final", "not-sent", 554, "EMESSAGE"],
  ["final", "unknown", 0, "ECONNECTION"],
] as const)("a failure at %s (%s) has nodemailer's fields", async (stage, outcome, replyCode, code) => {
  const recipients = stage === "rcpt" ? [refused("b@example.com")] : [];
  const cause = new DeliveryError("It failed.", { retryable: false, outcome, stage, replyCode, recipients });
  const backend: Backend = { send: () => Promise.reject(cause), verify: () => Promise.reject(cause) };
  const transporter = createTransport(waxsealTransport(backend));
  const failure = await failureOf(transporter.sendMail(mail));
  expect(failure).toMatchObject({ message: "It failed.", code, cause });
  expect(Reflect.get(failure as object, "responseCode") ?? 0).toBe(replyCode);
  if (stage === "rcpt") expect(failure).toMatchObject({ rejected: ["b@example.com"] });
  await expect(transporter.verify()).rejects.toMatchObject({ code });
});

function refused(address: string): {
  address: string;
  retryable: boolean;
  code: number;
  enhancedCode: string;
  text: string;
} {
  return { address, retryable: false, code: 550, enhancedCode: "", text: "no" };
}

test("callbacks work as promises do; close reaches the backend, and the signal too", async () => {
  let closed = 0;
  const memory = memoryBackend();
  const backend: Backend = { ...memory, close: async () => void closed++ };
  const transport = waxsealTransport(backend);
  const transporter = createTransport(transport);
  const info = await new Promise<unknown>((resolve, reject) => {
    transporter.sendMail(mail, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
  expect(info).toMatchObject({ accepted: ["b@example.com"] });
  await new Promise<void>((resolve, reject) => transport.close((error) => (error ? reject(error) : resolve())));
  expect(closed).toBe(1);
  const failure = await failureOf(transporter.sendMail({ ...mail, signal: AbortSignal.abort() }));
  expect(failure).toMatchObject({ code: "EABORT" });
});

test("wrong arguments are refused by name", () => {
  // @ts-expect-error no backend
  expect(() => waxsealTransport({})).toThrow("waxsealTransport: target must be a backend");
  // @ts-expect-error nothing at all
  expect(() => waxsealTransport()).toThrow("waxsealTransport: target must be a backend");
  expect(() => waxsealTransport(memoryBackend(), { using: "x" })).toThrow(
    "using is of no use where a backend is given",
  );
  // @ts-expect-error no such option
  expect(() => waxsealTransport(memoryBackend(), { usin: "x" })).toThrow("usin is no option. Did you mean using?");
});
