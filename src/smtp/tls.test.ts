import { X509Certificate, createPrivateKey } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer as createPlainServer } from "node:net";
import { createServer, type SecureVersion, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Certificates, createCertificates, type KeyAndCertificate } from "../../test/support/certificates.ts";
import { SmtpError } from "./errors.ts";
import { createSmtpPool, type SmtpPool } from "./pool.ts";
import { connectSecurely, secureSocket } from "./tls.ts";
import { makeTlsSettings, type SmtpTlsOptions, type TlsSettings } from "./tls-settings.ts";
import type { Fault } from "./transcript.ts";

let certificates: Certificates;
let good: KeyAndCertificate;
let other: KeyAndCertificate;
beforeAll(async () => {
  certificates = await createCertificates();
  good = await certificates.issue({ names: ["mail.example.test"], ips: ["127.0.0.1"] });
  other = await certificates.issue({ names: ["mail.example.test"], ips: ["127.0.0.1"] });
});

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const fingerprintOf = ({ cert }: KeyAndCertificate): string => new X509Certificate(cert).fingerprint256;

interface TlsServer {
  readonly port: number;
  /** Whether each connection was resumed. */
  readonly resumed: boolean[];
  use(pair: KeyAndCertificate): void;
}

/** Greets every client; answers whatever it says with 250. */
async function serve(version: SecureVersion, pair: KeyAndCertificate = good): Promise<TlsServer> {
  const resumed: boolean[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ ...pair, minVersion: version, maxVersion: version }, (socket) => {
    resumed.push(socket.isSessionReused());
    sockets.add(socket);
    socket.on("error", () => {}).write("220 hello\r\n");
    socket.on("data", () => socket.write("250 ok\r\n"));
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, resumed, use: (next) => server.setSecureContext(next) };
}

/** The same without TLS. */
async function serveInClear(): Promise<{ port: number }> {
  const server = createPlainServer((socket) => {
    socket.on("error", () => {}).write("220 hello\r\n");
    socket.on("data", () => socket.write("250 ok\r\n"));
    ends.push(() => void socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => void server.close());
  return { port: (server.address() as AddressInfo).port };
}

function settingsFor(port: number, options: SmtpTlsOptions = {}): TlsSettings {
  return makeTlsSettings({ ca: certificates.ca, ...options }, "127.0.0.1", `127.0.0.1:${port}`);
}

/** One handshake; waits for the greeting, behind which TLS 1.3 sends what to resume by. */
async function shake(port: number, settings: TlsSettings): Promise<TLSSocket | Fault> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const secured = await secureSocket(socket, settings);
  if (!("what" in secured)) {
    await once(secured, "data");
    ends.push(() => void secured.destroy());
  }
  return secured;
}

const isReused = (secured: TLSSocket | Fault): boolean | string =>
  "what" in secured ? secured.what : secured.isSessionReused();

describe.each<SecureVersion>(["TLSv1.2", "TLSv1.3"])("over %s", (version) => {
  test("a second connection resumes the session of the first", async () => {
    const { port, resumed } = await serve(version);
    const settings = settingsFor(port);
    expect(isReused(await shake(port, settings))).toBe(false);
    expect(isReused(await shake(port, settings))).toBe(true);
    expect(isReused(await shake(port, settings))).toBe(true);
    expect(resumed).toEqual([false, true, true]);
  });

  test("the connections of a pool resume, those of another pool do not", async () => {
    const { port, resumed } = await serve(version);
    const open = (): SmtpPool =>
      createSmtpPool({ host: "127.0.0.1", port, security: "tls", tls: { ca: certificates.ca } });
    await using pool = open();
    await pool.verify();
    await pool.verify();
    await using another = open();
    await another.verify();
    expect(resumed).toEqual([false, true, false]);
  });

  test("a session whose certificate was refused is not kept", async () => {
    const { port } = await serve(version);
    const refusing = settingsFor(port, { fingerprint: fingerprintOf(other) });
    for (let round = 0; round < 2; round += 1) {
      expect(await shake(port, refusing)).toMatchObject({ code: "WX_SMTP_TLS_CERTIFICATE" });
      expect(refusing.resumption.session).toBeUndefined();
    }
    const unknown = makeTlsSettings({}, "127.0.0.1", "x");
    expect(await shake(port, unknown)).toMatchObject({ code: "WX_SMTP_TLS_CERTIFICATE" });
    expect(unknown.resumption.session).toBeUndefined();
  });

  test("a pinned certificate is taken, in any spelling and beside others, and after a resumption too", async () => {
    const { port } = await serve(version);
    const right = fingerprintOf(good);
    for (const fingerprint of [right, right.replaceAll(":", "").toLowerCase(), [fingerprintOf(other), right]]) {
      const settings = settingsFor(port, { fingerprint });
      expect(isReused(await shake(port, settings))).toBe(false);
      expect(isReused(await shake(port, settings))).toBe(true);
    }
  });

  test("another certificate of the same authority is refused, and so is the pinned one for another name", async () => {
    const { port } = await serve(version, other);
    const pinned = await shake(port, settingsFor(port, { fingerprint: fingerprintOf(good) }));
    expect(pinned).toMatchObject({ code: "WX_SMTP_TLS_CERTIFICATE", retryable: false });
    expect(isReused(pinned)).toContain(fingerprintOf(other));
    const misnamed = { fingerprint: fingerprintOf(other), servername: "elsewhere.test" };
    expect(await shake(port, settingsFor(port, misnamed))).toMatchObject({ code: "WX_SMTP_TLS_CERTIFICATE" });
    const open = { fingerprint: fingerprintOf(good), dangerouslyAcceptAnyCertificate: true };
    expect(await shake(port, settingsFor(port, open))).toMatchObject({ code: "WX_SMTP_TLS_CERTIFICATE" });
  });
});

/** A handshake that begins with the connection, to `host`; the name that is checked is that of the settings. */
async function shakeAtOnce(port: number, settings: TlsSettings, host = "127.0.0.1"): Promise<TLSSocket | Fault> {
  const socket = connectSecurely({ port, host }, settings);
  ends.push(() => void socket.destroy());
  await once(socket, "connect");
  return secureSocket(socket, settings);
}

test("a handshake that begins with the connection checks the same name, whatever address leads there", async () => {
  const { port } = await serve("TLSv1.3");
  const named = { servername: "mail.example.test" };
  expect(isReused(await shakeAtOnce(port, settingsFor(port, named), "localhost"))).toBe(false);
  const wrong = { servername: "elsewhere.test" };
  expect(await shakeAtOnce(port, settingsFor(port, wrong))).toMatchObject({ code: "WX_SMTP_TLS_CERTIFICATE" });
  const byAddress = makeTlsSettings({ ca: certificates.ca }, "127.0.0.2", "x");
  expect(await shakeAtOnce(port, byAddress)).toMatchObject({ code: "WX_SMTP_TLS_CERTIFICATE" });
  const unknown = makeTlsSettings({}, "127.0.0.1", "x");
  expect(await shakeAtOnce(port, unknown)).toMatchObject({ code: "WX_SMTP_TLS_CERTIFICATE" });
});

test.each(["tls", "starttls-if-offered"] as const)(
  "with security %s, a server that answers on its second address only is reached, and read",
  async (security) => {
    const { port } = security === "tls" ? await serve("TLSv1.3") : await serveInClear();
    await using pool = createSmtpPool({
      host: "mail.example.test",
      port,
      security,
      tls: { ca: certificates.ca },
      lookup: (_host, _options, tell) =>
        tell(null, [
          { address: "::1", family: 6 },
          { address: "127.0.0.1", family: 4 },
        ]),
    });
    await pool.verify();
    expect(pool.connections().idle).toBe(1);
  },
);

test("an encrypted key is read with its passphrase, and nothing of it told without", () => {
  const key = createPrivateKey(good.key).export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "open sesame",
  });
  const make = (passphrase?: string): unknown =>
    makeTlsSettings({ cert: good.cert, key: String(key), passphrase }, "h", "h:1");
  expect(make("open sesame")).toBeDefined();
  expect(() => make("wrong word")).toThrow(SmtpError);
  expect(() => make("wrong word")).not.toThrow(/wrong word/);
  expect(() => make()).toThrow(/tls\.passphrase/);
});

test.each(["", "AB:CD", "zz".repeat(32), `${"AB:".repeat(31)}AB:`, `${"AB".repeat(20)}`])(
  "the fingerprint %j is refused",
  (fingerprint) => {
    expect(() => makeTlsSettings({ fingerprint }, "h", "h:1")).toThrow(/tls\.fingerprint .* SHA-256/);
  },
);
