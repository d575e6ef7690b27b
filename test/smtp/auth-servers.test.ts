/** Logging in at servers that others wrote: npm's smtp-server, and aiosmtpd where Python has it. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SMTPServer, type SMTPServerAuthentication } from "smtp-server";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createSmtpPool, type SmtpCredentials, type SmtpPool } from "../../src/smtp/index.ts";
import { type Certificates, createCertificates, type KeyAndCertificate } from "../support/certificates.ts";
import { findPython } from "../support/python.ts";
import { tempFolder } from "../support/temp-folder.ts";

const USER = "mac@example.com";
const PASSWORD = "授权码 with blanks & ümlauts";
const TOKEN = "ya29.a0-the-token";
const ENVELOPE = { from: USER, to: ["ann@example.com"] };
const MESSAGE = Buffer.from("Subject: hello\r\n\r\nDear Ann.\r\n");

let certificates: Certificates;
let good: KeyAndCertificate;
beforeAll(async () => {
  certificates = await createCertificates();
  good = await certificates.issue({ names: ["mail.example.test"], ips: ["127.0.0.1"] });
});

function poolFor(port: number, auth: SmtpCredentials, security: "tls" | "starttls" = "tls"): SmtpPool {
  return createSmtpPool({ host: "127.0.0.1", port, security, auth, tls: { ca: certificates.ca } });
}

describe("smtp-server", () => {
  const isRight = ({
    method,
    username,
    password,
    accessToken,
    validatePassword,
  }: SMTPServerAuthentication): boolean => {
    if (username !== USER) return false;
    if (method === "CRAM-MD5") return validatePassword(PASSWORD);
    return method === "XOAUTH2" ? accessToken === TOKEN : password === PASSWORD;
  };

  async function serve(...authMethods: string[]): Promise<number> {
    const server = new SMTPServer({
      ...good,
      secure: true,
      authMethods,
      onAuth: (auth, _session, done) => {
        if (isRight(auth)) done(null, { user: auth.username });
        // A refusal of XOAUTH2 is a challenge that holds the reason.
        else if (auth.method === "XOAUTH2") done(null, { data: { status: "401", schemes: "bearer" } } as never);
        else done(new Error("wrong user or password"));
      },
      onData: (stream, _session, done) => void stream.resume().on("end", () => done()),
    });
    server.on("error", () => {});
    server.listen(0, "127.0.0.1");
    await once(server.server, "listening");
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    return (server.server.address() as AddressInfo).port;
  }

  test.each(["PLAIN", "LOGIN", "CRAM-MD5"])("by %s", async (method) => {
    const port = await serve(method);
    await using pool = poolFor(port, { user: USER, password: PASSWORD });
    expect((await pool.send(ENVELOPE, MESSAGE)).accepted).toEqual(ENVELOPE.to);
    await using wrong = poolFor(port, { user: USER, password: `${PASSWORD}!` });
    await expect(wrong.verify()).rejects.toMatchObject({ code: "WX_SMTP_AUTH", reply: { code: 535 } });
  });

  test("by XOAUTH2, with a token that was stale at first", async () => {
    const port = await serve("XOAUTH2", "PLAIN");
    await using pool = poolFor(port, { user: USER, accessToken: ({ refresh }) => (refresh ? TOKEN : "stale") });
    expect((await pool.send(ENVELOPE, MESSAGE)).accepted).toEqual(ENVELOPE.to);
    await using stale = poolFor(port, { user: USER, accessToken: "stale" });
    await expect(stale.verify()).rejects.toThrow(/saying \{"status":"401","schemes":"bearer"\}/);
  });
});

const python = findPython(["aiosmtpd"]);

describe.skipIf(python === undefined)("aiosmtpd (needs Python with aiosmtpd)", () => {
  async function start(settings: { implicit: boolean; without: readonly string[] }): Promise<number> {
    const folder = tempFolder();
    const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
    writeFileSync(files.certFile, good.cert);
    writeFileSync(files.keyFile, good.key);
    const script = fileURLToPath(new URL("auth-server.py", import.meta.url));
    const env = { ...process.env, PYTHONIOENCODING: "utf-8" };
    const child: ChildProcessWithoutNullStreams = spawn(python ?? "", ["-W", "ignore", script], { env });
    const closed = once(child, "close");
    onTestFinished(async () => {
      child.kill();
      await closed;
    });
    let complaint = "";
    child.stderr.on("data", (text: Buffer) => (complaint += text.toString()));
    child.stdin.write(`${JSON.stringify({ user: USER, password: PASSWORD, ...files, ...settings })}\n`);
    const [said] = (await Promise.race([once(child.stdout, "data"), closed])) as [unknown];
    if (!(said instanceof Buffer)) throw new Error(`aiosmtpd did not start: ${complaint}`);
    return Number(said.toString());
  }

  test.each([
    ["PLAIN", true],
    ["LOGIN", true],
    ["PLAIN", false],
    ["LOGIN", false],
  ])("by %s, TLS from the first byte %s", async (method, implicit) => {
    const port = await start({ implicit, without: ["PLAIN", "LOGIN"].filter((name) => name !== method) });
    const security = implicit ? "tls" : "starttls";
    await using pool = poolFor(port, { user: USER, password: PASSWORD }, security);
    const { response } = await pool.send(ENVELOPE, MESSAGE);
    expect(response).toBe(`250 taken from True ${MESSAGE.length}`);
    await using wrong = poolFor(port, { user: USER, password: "wrong-word" }, security);
    await expect(wrong.verify()).rejects.toMatchObject({
      code: "WX_SMTP_AUTH",
      retryable: false,
      reply: { code: 535 },
    });
  });
});
