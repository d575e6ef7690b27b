import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import PostalMime from "postal-mime";
import { SMTPServer, type SMTPServerAddress, type SMTPServerSession } from "smtp-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SmtpError } from "../../smtp/index.ts";
import type { Backend } from "../backend.ts";
import { DeliveryError } from "../errors.ts";
import { createMailers } from "../mailers.ts";
import type { Mail, MassMail } from "../mail.ts";
import { createMail } from "../send-mail.ts";
import { smtpBackend } from "./smtp.ts";

interface Taken {
  connection: string;
  from: string;
  to: string[];
  bytes: Buffer;
}

/** Refusals by recipient: the reply's code and text. */
const REFUSED: Record<string, [number, string]> = {
  "gone@example.com": [550, "5.1.1 No such person"],
  "busy@example.com": [450, "4.2.1 Try again later"],
};

let server: SMTPServer;
let taken: Taken[];
let backend: Backend;
let mail: Mail;

beforeEach(async () => {
  taken = [];
  server = new SMTPServer({
    disabledCommands: ["STARTTLS", "AUTH"],
    disableReverseLookup: true,
    onRcptTo: ({ address }, _session, done) => done(refusal(address)),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        taken.push(takenFrom(session, Buffer.concat(chunks)));
        done();
      });
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  backend = smtpBackend({ host: "127.0.0.1", port, security: "none" });
  mail = createMail({ mailers: createMailers({ default: backend }), defaultFromEmail: "天天生鲜 <mac@163.com>" });
});

afterEach(async () => {
  await mail.mailers.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

function refusal(address: string): Error | null {
  const [responseCode, text] = REFUSED[address] ?? [];
  return text === undefined ? null : Object.assign(new Error(text), { responseCode });
}

function takenFrom({ id, envelope }: SMTPServerSession, bytes: Buffer): Taken {
  const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
  return { connection: id, from, to: envelope.rcptTo.map(({ address }: SMTPServerAddress) => address), bytes };
}

async function failure(work: Promise<unknown>): Promise<DeliveryError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DeliveryError) return error;
  throw new Error("a DeliveryError was expected", { cause: error });
}

test("a message arrives as it was composed, dots at the start of lines too", async () => {
  const link = "http://127.0.0.1:8000/user/active/eyJhbGciOiJIUzUxMiJ9";
  const text = `.\n..\n.dot\n你好\n${link}\n`;
  const options = { htmlMessage: `<h1>欢迎</h1><a href="${link}">激活</a>` };
  expect(await mail.sendMail("天天生鲜欢迎信息", text, undefined, ["麦克 <ann@example.com>"], options)).toBe(1);
  expect(taken).toMatchObject([{ from: "mac@163.com", to: ["ann@example.com"] }]);
  const parsed = await PostalMime.parse(taken[0]?.bytes ?? "");
  expect(parsed).toMatchObject({
    subject: "天天生鲜欢迎信息",
    from: { name: "天天生鲜", address: "mac@163.com" },
    to: [{ name: "麦克", address: "ann@example.com" }],
  });
  expect(parsed.text?.replaceAll("\r\n", "\n").trimEnd()).toBe(text.trimEnd());
  expect(parsed.html?.trimEnd()).toBe(options.htmlMessage);
});

test("many messages share one connection", async () => {
  const messages = ["a", "b", "c"].map((name): MassMail => ["S", "T", undefined, [`${name}@example.com`]]);
  expect(await mail.sendMassMail(messages)).toBe(3);
  expect(new Set(taken.map(({ connection }) => connection)).size).toBe(1);
  expect(taken.map(({ to }) => to[0])).toEqual(["a@example.com", "b@example.com", "c@example.com"]);
});

test("a receipt names who was taken and who was not", async () => {
  const receipt = await mail.send({ to: ["ann@example.com", "gone@example.com"], text: "x" });
  expect(receipt).toMatchObject({
    server: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    accepted: ["ann@example.com"],
    rejected: [
      { address: "gone@example.com", retryable: false, code: 550, enhancedCode: "5.1.1", text: "No such person" },
    ],
  });
  expect(taken.map(({ to }) => to)).toEqual([["ann@example.com"]]);
});

describe("a refusal becomes a DeliveryError", () => {
  test.each([
    ["gone@example.com", "WX_DELIVERY_REFUSED", false, 550, "5.1.1"],
    ["busy@example.com", "WX_DELIVERY_DEFERRED", true, 450, "4.2.1"],
  ])("for %s with the code %s", async (address, code, retryable, replyCode, enhancedCode) => {
    const error = await failure(mail.send({ to: [address], text: "x" }));
    expect(error).toMatchObject({ code, retryable, outcome: "not-sent", stage: "rcpt", replyCode, enhancedCode });
    expect(error.recipients).toMatchObject([{ address, retryable, code: replyCode, enhancedCode }]);
    expect(error.cause).toBeInstanceOf(SmtpError);
    expect(error.server).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(taken).toEqual([]);
  });

  test("when the server is not there, which failSilently hides", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await new Promise((resolve) => other.close(resolve));
    await using mailers = createMailers({ default: smtpBackend({ host: "127.0.0.1", port, security: "none" }) });
    const lost = createMail({ mailers, defaultFromEmail: "mac@163.com" });
    const error = await failure(lost.send({ to: ["ann@example.com"] }));
    expect(error).toMatchObject({ code: "WX_DELIVERY_DEFERRED", stage: "connect", replyCode: 0, recipients: [] });
    expect(await lost.sendMail("S", "T", undefined, ["ann@example.com"], { failSilently: true })).toBe(0);
    const verified = await failure(mailers.default.verify?.() ?? Promise.resolve());
    expect(verified.stage).toBe("connect");
  });
});

test("verify proves the connection without sending", async () => {
  await backend.verify?.();
  expect(taken).toEqual([]);
});

test("a wrong option is refused at once", () => {
  expect(() => smtpBackend({ host: "" })).toThrow(SmtpError);
});
