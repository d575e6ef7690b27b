import { createHash } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Certificates, createCertificates, type KeyAndCertificate } from "../../test/support/certificates.ts";
import { createSmtpPool, SmtpError, type SmtpOptions, type SmtpPool } from "./index.ts";

const USER = "mac@example.com";
const PASSWORD = "授权码 with blanks & ümlauts";
const AUTH = { user: USER, password: PASSWORD };
const ENVELOPE = { from: USER, to: ["ann@example.com", "bob@example.com"] };

let certificates: Certificates;
let good: KeyAndCertificate;
beforeAll(async () => {
  certificates = await createCertificates();
  good = await certificates.issue({ names: ["mail.example.test"], ips: ["127.0.0.1"] });
});

interface Caught {
  from: string;
  to: string[];
  user: string | undefined;
  secure: boolean;
  content: Buffer;
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

/** A server that keeps what it takes; `bad@...` recipients are refused. */
async function serve(options: SMTPServerOptions = {}): Promise<{ port: number; caught: Caught[]; logins: string[] }> {
  const caught: Caught[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    hidePIPELINING: true,
    onAuth({ method, username, password }, _session, done) {
      logins.push(method);
      if (username === USER && password === PASSWORD) return done(null, { user: username });
      return done(new Error("wrong user or password"));
    },
    onRcptTo({ address }, _session, done) {
      done(address.startsWith("bad") ? Object.assign(new Error("no such user"), { responseCode: 550 }) : null);
    },
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        caught.push({
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: session.user as string | undefined,
          secure: session.secure,
          content: Buffer.concat(pieces),
        });
        done(null, `taken as ${caught.length}`);
      });
    },
    ...options,
  });
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  open.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
  return { port: (server.server.address() as AddressInfo).port, caught, logins };
}

function poolFor(port: number, options: Partial<SmtpOptions> = {}): SmtpPool {
  const pool = createSmtpPool({ host: "127.0.0.1", port, ...options });
  open.push(pool);
  return pool;
}

async function failure(sending: Promise<unknown>): Promise<SmtpError> {
  const error: unknown = await sending.then(() => "sent").catch((thrown: unknown) => thrown);
  if (!(error instanceof SmtpError)) throw new Error(`not an SmtpError: ${String(error)}`);
  return error;
}

const LINE = `${"x".repeat(76)}\r\n`;
const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

const MESSAGE = Buffer.from("From: mac@example.com\r\nSubject: hello\r\n\r\n.\r\n..dots\r\n. \r\nbye\r\n");

test("what is sent in clear arrives byte for byte, with its envelope", async () => {
  const { port, caught } = await serve({ disabledCommands: ["STARTTLS", "AUTH"] });
  const receipt = await poolFor(port).send(ENVELOPE, MESSAGE);
  expect(receipt.accepted).toEqual(ENVELOPE.to);
  expect(receipt.response).toContain("taken as 1");
  expect(caught).toEqual([
    { from: USER, to: ["ann@example.com", "bob@example.com"], user: undefined, secure: false, content: MESSAGE },
  ]);
});

describe.each([
  ["implicit TLS", "tls", { secure: true }],
  ["STARTTLS", "starttls", {}],
  ["STARTTLS where it is offered", "starttls-if-offered", {}],
] as const)("over %s", (_, security, server) => {
  test.each(["PLAIN", "LOGIN"])("with a log-in by %s, many messages arrive", async (method) => {
    const { port, caught, logins } = await serve({ ...server, ...good, authMethods: [method], authOptional: false });
    const pool = poolFor(port, { security, auth: AUTH, tls: { ca: certificates.ca }, maxConnections: 2 });
    const contents = Array.from({ length: 30 }, (_unused, number) =>
      Buffer.from(`Subject: ${number}\r\n\r\n${".\r\n".repeat(50)}${LINE.repeat(number * 100)}end ${number}\r\n`),
    );
    await Promise.all(contents.map((content) => pool.send(ENVELOPE, content)));
    expect(caught.every(({ secure, user }) => secure && user === USER)).toBe(true);
    const hashes = (all: Buffer[]): string[] => all.map((content) => hash(content)).toSorted();
    expect(hashes(caught.map(({ content }) => content))).toEqual(hashes(contents));
    expect(logins).toEqual([method, method]);
  });

  test("a certificate that cannot be trusted is refused, for its own reason", async () => {
    const refused: [KeyAndCertificate, SmtpOptions["tls"], RegExp][] = [
      [
        await certificates.selfSigned({ names: ["x"], ips: ["127.0.0.1"] }),
        {},
        /is self-signed.*Give that certificate/,
      ],
      [good, {}, /authority that is not known here.*tls\.ca/],
      [good, { ca: certificates.ca, servername: "other.test" }, /is for .*mail\.example\.test.*not for other\.test/],
      [await certificates.issue({ names: ["y"] }), { ca: certificates.ca }, /is for DNS:y, not for 127\.0\.0\.1/],
      [
        await certificates.issue({ names: ["z"], ips: ["127.0.0.1"], expired: true }),
        { ca: certificates.ca },
        /has expired.*clock/,
      ],
    ];
    for (const [pair, tls, words] of refused) {
      const { port, caught, logins } = await serve({ ...server, ...pair });
      const error = await failure(poolFor(port, { security, auth: AUTH, tls }).send(ENVELOPE, MESSAGE));
      expect(error.message).toMatch(words);
      expect(error).toMatchObject({ code: "WX_SMTP_TLS_CERTIFICATE", stage: "tls", retryable: false });
      expect([...caught, ...logins]).toEqual([]);
    }
  });

  test("a certificate that is given as trusted is, for its name", async () => {
    const own = await certificates.selfSigned({ names: ["mail.example.test"] });
    const { port, caught } = await serve({ ...server, ...own });
    const tls = { ca: [Buffer.from(own.cert), certificates.ca], servername: "mail.example.test" };
    await poolFor(port, { security, tls }).send(ENVELOPE, MESSAGE);
    expect(caught).toHaveLength(1);
  });

  test("any certificate is taken where the caller says so, and the log warns", async () => {
    const { port, caught } = await serve({ ...server, ...(await certificates.selfSigned({ names: ["x"] })) });
    const warnings: string[] = [];
    const logger = { log: (level: string, event: string) => void (level === "warn" && warnings.push(event)) };
    await poolFor(port, { security, tls: { dangerouslyAcceptAnyCertificate: true }, logger }).send(ENVELOPE, MESSAGE);
    expect(caught).toHaveLength(1);
    expect(warnings).toEqual(["smtp.any-certificate-accepted"]);
  });

  test("TLS older than 1.2 is not spoken", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const { port } = await serve({ ...server, ...good, ...old });
    const error = await failure(poolFor(port, { security, tls: { ca: certificates.ca } }).verify());
    expect(error).toMatchObject({ code: "WX_SMTP_TLS", stage: "tls" });
    expect(error.message).toContain("older than 1.2");
  });
});

test("a wrong password is explained and not shown", async () => {
  const { port } = await serve({ ...good, secure: true });
  const password = "not-the-password";
  const pool = poolFor(port, { security: "tls", auth: { user: USER, password }, tls: { ca: certificates.ca } });
  const error = await failure(pool.verify());
  expect(error).toMatchObject({ code: "WX_SMTP_AUTH", stage: "auth", retryable: false });
  expect(error.message).toContain("535 wrong user or password");
  expect(error.message).toContain("授权码");
  expect(JSON.stringify([error, error.stack])).not.toContain(password);
});

test("a client certificate is shown to a server that asks for one", async () => {
  const mine = await certificates.issue({ names: ["client.example.test"] });
  const asking = { ...good, secure: true, requestCert: true, rejectUnauthorized: false, ca: [certificates.ca] };
  const seen: unknown[] = [];
  const { port } = await serve({
    ...asking,
    onSecure(socket, _session, done) {
      if (socket instanceof TLSSocket) seen.push(socket.getPeerCertificate().subject.CN);
      done();
    },
  });
  await poolFor(port, { security: "tls", tls: { ca: certificates.ca, ...mine } }).verify();
  expect(seen).toEqual(["client.example.test"]);
});

test("a refused recipient does not keep the mail from the others", async () => {
  const { port, caught } = await serve({ disabledCommands: ["STARTTLS"] });
  const pool = poolFor(port);
  const receipt = await pool.send({ from: USER, to: ["bad@example.com", "ann@example.com"] }, MESSAGE);
  expect(receipt.accepted).toEqual(["ann@example.com"]);
  expect(receipt.rejected).toMatchObject([{ address: "bad@example.com", retryable: false, reply: { code: 550 } }]);
  const error = await failure(pool.send({ from: USER, to: ["bad@example.com"] }, MESSAGE));
  expect(error).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "rcpt", retryable: false });
  await pool.send({ from: USER, to: ["bob@example.com"] }, MESSAGE);
  expect(caught.map(({ to }) => to)).toEqual([["ann@example.com"], ["bob@example.com"]]);
});

test("a plain client at a TLS port is told so", async () => {
  const { port } = await serve({ ...good, secure: true });
  const error = await failure(poolFor(port, { security: "starttls", timeouts: { greetingMs: 200 } }).verify());
  expect(error).toMatchObject({ code: "WX_SMTP_TIMEOUT", stage: "greeting" });
  expect(error.message).toContain('set security to "tls"');
});
