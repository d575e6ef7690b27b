import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createTransport } from "nodemailer";
import { SMTPServer } from "smtp-server";
import { expect, onTestFinished, test } from "vitest";
import { createScriptedSmtp, type Peer } from "../../../test/support/scripted-smtp.ts";
import type { Backend } from "../backend.ts";
import { failover } from "./failover.ts";
import { memoryBackend } from "./memory.ts";
import { nodemailerBackend } from "./nodemailer.ts";

const bytes = Buffer.from("From: a@example.com\r\nSubject: x\r\n\r\n.dot\r\nend\r\n");
const envelope = { from: "a@example.com", to: ["b@example.com"] };

interface Taken {
  from: string;
  to: string[];
  content: string;
}

async function listen(): Promise<{ port: number; taken: Taken[] }> {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    authOptional: true,
    onAuth: (_auth, _session, done) => done(Object.assign(new Error("5.7.8 No"), { responseCode: 535 })),
    onRcptTo: ({ address }, _session, done) => {
      if (address.startsWith("gone")) return done(Object.assign(new Error("5.1.1 Nobody"), { responseCode: 550 }));
      if (address.startsWith("busy")) return done(Object.assign(new Error("4.2.1 Later"), { responseCode: 450 }));
      return done();
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? "" : mailFrom.address;
        taken.push({ from, to: rcptTo.map(({ address }) => address), content: Buffer.concat(chunks).toString() });
        done(null, "2.0.0 taken as 1");
      });
    },
  });
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, taken };
}

function backendAt(port: number, more: object = {}): Backend {
  const backend = nodemailerBackend(createTransport({ host: "127.0.0.1", port, ignoreTLS: true, ...more }));
  onTestFinished(() => backend.close?.());
  return backend;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "it did not fail",
    (reason: unknown) => reason,
  );
}

/** A server whose script ends in a broken connection. */
async function listenScript(script: (peer: Peer) => Promise<void>): Promise<number> {
  const server = await createScriptedSmtp(script);
  onTestFinished(() => server.close());
  return server.port;
}

test.each([
  ["one connection each", {}],
  ["a pool", { pool: true }],
])("the envelope and the bytes go as they are, over %s", async (_what, more) => {
  const { port, taken } = await listen();
  const receipt = await backendAt(port, more).send({ from: "", to: ["b@example.com", "hidden@example.com"] }, bytes);
  expect(taken).toEqual([{ from: "", to: ["b@example.com", "hidden@example.com"], content: bytes.toString() }]);
  expect(receipt).toEqual({
    server: "nodemailer",
    accepted: ["b@example.com", "hidden@example.com"],
    rejected: [],
    response: "250 2.0.0 taken as 1",
  });
});

test("a receipt names who was taken and who was not, and why", async () => {
  const { port, taken } = await listen();
  const to = ["b@example.com", "gone@example.com", "busy@example.com"];
  const receipt = await backendAt(port).send({ ...envelope, to }, bytes);
  expect(receipt.accepted).toEqual(["b@example.com"]);
  expect(receipt.rejected).toEqual([
    { address: "gone@example.com", retryable: false, code: 550, enhancedCode: "5.1.1", text: "Nobody" },
    { address: "busy@example.com", retryable: true, code: 450, enhancedCode: "4.2.1", text: "Later" },
  ]);
  expect(taken[0]?.to).toEqual(["b@example.com"]);
});

test("when all are refused, the error names each, and is worth another try if one is", async () => {
  const { port } = await listen();
  const to = ["gone@example.com", "busy@example.com"];
  expect(await failureOf(backendAt(port).send({ ...envelope, to }, bytes))).toMatchObject({
    code: "WX_DELIVERY_DEFERRED",
    stage: "rcpt",
    replyCode: 450,
    enhancedCode: "4.2.1",
    recipients: [
      { address: "gone@example.com", retryable: false },
      { address: "busy@example.com", retryable: true },
    ],
  });
});

test("a refused log-in is about the account", async () => {
  const { port } = await listen();
  const failure = failureOf(backendAt(port, { auth: { user: "u", pass: "secret" } }).send(envelope, bytes));
  expect(await failure).toMatchObject({ stage: "auth", replyCode: 535, retryable: false, outcome: "not-sent" });
  expect(String(await failure)).not.toContain("secret");
});

test("nothing listens: not sent, worth another try, and verify says so too", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const expected = { code: "WX_DELIVERY_DEFERRED", stage: "connect", outcome: "not-sent" };
  expect(await failureOf(backendAt(port).send(envelope, bytes))).toMatchObject(expected);
  expect(await failureOf(backendAt(port).verify?.() ?? Promise.resolve())).toMatchObject(expected);
});

test("a connection lost after the final dot: unknown, and failover sends it by no other way", async () => {
  const port = await listenScript(async (peer) => {
    await peer.greet();
    await peer.ok("MAIL");
    await peer.ok("RCPT");
    await peer.line();
    await peer.say("354 go on\r\n");
    await peer.content();
    peer.close("reset");
  });
  expect(await failureOf(backendAt(port).send(envelope, bytes))).toMatchObject({
    code: "WX_DELIVERY_UNKNOWN",
    stage: "final",
    retryable: true,
    replyCode: 0,
  });
  const other = memoryBackend();
  await failureOf(failover([backendAt(port), other]).send(envelope, bytes));
  expect(other.outbox).toEqual([]);
});

test.each([
  ["554 5.7.1 Spam", "WX_DELIVERY_REFUSED", 554, "5.7.1"],
  ["451 4.3.0 Later", "WX_DELIVERY_DEFERRED", 451, "4.3.0"],
])("%s to the message becomes %s", async (reply, code, replyCode, enhancedCode) => {
  const port = await listenScript(async (peer) => {
    await peer.greet();
    await peer.message(`${reply}\r\n`);
    await peer.gone();
  });
  const failure = await failureOf(backendAt(port).send(envelope, bytes));
  expect(failure).toMatchObject({ code, replyCode, enhancedCode, stage: "final", outcome: "not-sent" });
});

test("a sender that is refused, and a greeting that is a refusal, are known not to be sent", async () => {
  const atMail = await listenScript(async (peer) => {
    await peer.greet();
    await peer.line();
    await peer.say("553 Mail from must equal authorized user\r\n");
    await peer.gone();
  });
  expect(await failureOf(backendAt(atMail).send(envelope, bytes))).toMatchObject({
    code: "WX_DELIVERY_REFUSED",
    stage: "mail",
    replyCode: 553,
  });
  const atGreeting = await listenScript(async (peer) => {
    await peer.say("421 too many connections\r\n");
    await peer.gone();
  });
  expect(await failureOf(backendAt(atGreeting).send(envelope, bytes))).toMatchObject({
    code: "WX_DELIVERY_DEFERRED",
    replyCode: 421,
    outcome: "not-sent",
  });
});

test("a greeting that does not come: not sent", async () => {
  const port = await listenScript((peer) => peer.gone());
  const failure = await failureOf(backendAt(port, { greetingTimeout: 50 }).send(envelope, bytes));
  expect(failure).toMatchObject({ stage: "connect", outcome: "not-sent", retryable: true });
});

test("verify proves the connection, and a transport that says little took the message for all", async () => {
  const { port, taken } = await listen();
  await backendAt(port).verify?.();
  expect(taken).toEqual([]);
  const stream = nodemailerBackend(createTransport({ streamTransport: true, buffer: true }));
  expect(await stream.send(envelope, bytes)).toMatchObject({ accepted: ["b@example.com"], rejected: [], response: "" });
});

test("what is not a transporter is refused; a fault of a transport that says nothing is unknown", async () => {
  // @ts-expect-error options are no transporter
  expect(() => nodemailerBackend({ host: "x" })).toThrow("must be what nodemailer.createTransport(...) returns");
  const silent = nodemailerBackend({ sendMail: () => Promise.reject(new Error("hm")) });
  expect(await failureOf(silent.send(envelope, bytes))).toMatchObject({ outcome: "unknown" });
});

test("giving up is heeded: before, nothing is sent; under way, the outcome is unknown", async () => {
  const controller = new AbortController();
  const port = await listenScript(async (peer) => {
    await peer.greet();
    await peer.line();
    controller.abort();
    await peer.gone();
  });
  const backend = backendAt(port);
  const failure = await failureOf(backend.send(envelope, bytes, { signal: controller.signal }));
  expect(failure).toMatchObject({ outcome: "unknown", retryable: true });
  const again = await failureOf(backend.send(envelope, bytes, { signal: controller.signal }));
  expect(again).toMatchObject({ outcome: "not-sent" });
});

test("delivery reports and TLS on the whole way are asked for", async () => {
  let mail = "";
  let rcpt = "";
  const port = await listenScript(async (peer) => {
    await peer.greet("DSN");
    mail = await peer.ok("MAIL");
    rcpt = await peer.ok("RCPT");
    await peer.line();
    await peer.say("354 go on\r\n");
    await peer.content();
    await peer.say("250 ok\r\n");
    await peer.gone();
  });
  const dsn = { id: "m1", return: "headers", notify: ["failure", "delay"] } as const;
  await backendAt(port).send({ ...envelope, dsn }, bytes);
  expect(mail).toMatch(/RET=HDRS ENVID=m1/);
  expect(rcpt).toMatch(/NOTIFY=FAILURE,DELAY/);
  const failure = await failureOf(backendAt(port).send({ ...envelope, requireTls: true }, bytes));
  expect(failure).toMatchObject({ outcome: "not-sent", retryable: false });
});

test("a transport that answers with nobody accepted has not delivered, and failover goes on where it may", async () => {
  const rejectedErrors = [{ recipient: "ann@example.com", response: "450 4.2.0 try later" }];
  const backend = nodemailerBackend({
    sendMail: async () => ({ accepted: [], rejected: ["ann@example.com"], rejectedErrors }),
  });
  const toAnn = { from: "shop@example.com", to: ["ann@example.com"] };
  await expect(backend.send(toAnn, bytes)).rejects.toMatchObject({
    code: "WX_DELIVERY_DEFERRED",
    recipients: [{ address: "ann@example.com", retryable: true, code: 450 }],
  });
  const second = memoryBackend();
  await failover([backend, second]).send(toAnn, bytes);
  expect(second.outbox.length).toBe(1);
});
