/** Django's tests of its SMTP backend, against real servers. */
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { ConfigError, createMailFromConfig, fromEnv, type SmtpMailerConfig } from "../../src/index.ts";
import { DeliveryError, type Mail, type MessageFields, smtpBackend } from "../../src/mail/index.ts";
import { createScriptedSmtp } from "../support/scripted-smtp.ts";
import { type CountingServer, countingServer } from "./counting-server.ts";
import { refusal, setUp } from "./support.ts";

const host = "127.0.0.1";
const to = ["to@example.com"];

function mailTo(port: number, options: Partial<SmtpMailerConfig> = {}): Mail {
  const mailers = { default: { backend: "smtp" as const, host, port, ...options } };
  return createMailFromConfig({ mailers, defaultFromEmail: "from@example.com" });
}

const send = (mail: Mail, message: MessageFields = { text: "x" }): Promise<unknown> => mail.send({ to, ...message });
const mailerOf = (env: Record<string, string>): unknown => fromEnv(env).mailers?.["default"];

/** A server that takes connections and says nothing. */
async function silentServer(): Promise<Server> {
  const server = createServer((socket) => socket.on("error", () => {}));
  server.listen(0, host);
  await once(server, "listening");
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

test("SMTPBackendTests.test_ignores_settings_when_initialized_with_alias: a named mailer has its own options and nothing of the default one's", async () => {
  await using server = await countingServer();
  const own = { backend: "smtp" as const, host, port: server.port, allowPlaintextAuth: true };
  const mailers = { default: { ...own, user: "user", password: "password" }, custom: own };
  const mail = createMailFromConfig({ mailers, defaultFromEmail: "from@example.com" });
  await mail.sendMail("S", "T", undefined, to, { using: "custom" });
  expect(server.logins).toEqual([]);
  await mail.sendMail("S", "T", undefined, to);
  expect(server.logins).toEqual(["user"]);
  await mail.mailers.close();
});

test("SMTPBackendTests.test_host_option_required: without a host the error names it", () => {
  const mailers = { default: { backend: "smtp" } as SmtpMailerConfig };
  const make = (): unknown => createMailFromConfig({ mailers, defaultFromEmail: "from@example.com" });
  expect(make).toThrow(/^mailers\.default\.host: it is missing\. Set it, or EMAIL_HOST/);
});

test("SMTPBackendTests.test_port_default_adapts_to_security: 465 for TLS, 587 for STARTTLS, 25 for plain text", async () => {
  for (const [security, port] of [
    ["tls", 465],
    ["starttls", 587],
    ["none", 25],
  ] as const) {
    const backend = smtpBackend({ host: "127.0.0.1", security });
    await expect(backend.send({ from: "a@x.cn", to }, Buffer.from("x"))).rejects.toMatchObject({
      server: `127.0.0.1:${port}`,
    });
    await backend.close?.();
  }
});

test("SMTPBackendTests.test_email_host_use_settings, SMTPBackendTests.test_email_authentication_use_settings, SMTPBackendTests.test_email_tls_use_settings, SMTPBackendTests.test_email_ssl_use_settings, SMTPBackendTests.test_email_ssl_certfile_use_settings, SMTPBackendTests.test_email_ssl_keyfile_use_settings, SMTPBackendTests.test_email_timeout_use_settings: Django's names set the mailer", () => {
  const env = {
    EMAIL_HOST: "mail.example.com",
    EMAIL_HOST_USER: "not empty username",
    EMAIL_HOST_PASSWORD: "not empty password",
    EMAIL_SSL_CERTFILE: "foo",
    EMAIL_SSL_KEYFILE: "bar",
    EMAIL_TIMEOUT: "10",
  };
  const mailer = {
    backend: "smtp",
    host: "mail.example.com",
    user: "not empty username",
    password: "not empty password",
    certFile: "foo",
    keyFile: "bar",
    timeoutSeconds: 10,
  };
  expect(mailerOf({ ...env, EMAIL_USE_TLS: "True" })).toEqual({ ...mailer, security: "starttls" });
  expect(mailerOf({ ...env, EMAIL_USE_SSL: "True" })).toEqual({ ...mailer, security: "tls" });
});

test("SMTPBackendTests.test_email_tls_default_disabled, SMTPBackendTests.test_email_ssl_default_disabled, SMTPBackendTests.test_email_ssl_certfile_default_disabled, SMTPBackendTests.test_email_ssl_keyfile_default_disabled, SMTPBackendTests.test_connection_timeout_default, SMTPBackendTests.test_email_disabled_authentication: what is not set, or empty, is not there", () => {
  const empty = { EMAIL_HOST_USER: "", EMAIL_HOST_PASSWORD: "", EMAIL_USE_TLS: "", EMAIL_SSL_CERTFILE: "" };
  expect(mailerOf({ EMAIL_HOST: "mail.example.com", ...empty })).toEqual({ backend: "smtp", host: "mail.example.com" });
});

test("SMTPBackendTests.test_email_host_override_settings, SMTPBackendTests.test_email_authentication_override_settings, SMTPBackendTests.test_smtp_connection_uses_host_and_port: what a connection is given wins over the settings", async () => {
  await using server = await countingServer();
  const mail = mailTo(1, { user: "settings", password: "x", allowPlaintextAuth: true });
  const connection = mail.getConnection(undefined, { port: server.port, user: "argument", password: "y" });
  await mail.sendMail("S", "T", undefined, to, { connection });
  await connection.close?.();
  expect([server.connections(), server.logins]).toEqual([1, ["argument"]]);
});

test("SMTPBackendTests.test_email_tls_override_settings, SMTPBackendTests.test_email_ssl_override_settings, SMTPBackendTests.test_email_timeout_override_settings, SMTPBackendTests.test_connection_timeout_custom, SMTPBackendTests.test_smtp_connection_uses_timeout: and so do its security and its timeout", async () => {
  const silent = await silentServer();
  const mail = mailTo(portOf(silent), { security: "tls", timeoutSeconds: 60 });
  const connection = mail.getConnection(undefined, { security: "none", timeoutSeconds: 0.1 });
  await expect(mail.sendMail("S", "T", undefined, to, { connection })).rejects.toMatchObject({ stage: "greeting" });
  await connection.close?.();
  silent.close();
});

test("SMTPBackendTests.test_email_ssl_certfile_override_settings, SMTPBackendTests.test_email_ssl_keyfile_override_settings, SMTPBackendTests.test_ssl_context_uses_ssl_certfile_and_keyfile: certificate and key are read, and go together", () => {
  const mail = mailTo(1);
  const connect = (options: object): unknown => mail.getConnection(undefined, { ...options });
  expect(() => connect({ certFile: "/no/cert.pem", keyFile: "/no/key.pem" })).toThrow(
    /certFile: the file cannot be read/,
  );
  expect(() => connect({ certFile: "/no/cert.pem" })).toThrow(/keyFile: it is missing, and certFile is there/);
});

test("SMTPBackendTests.test_ssl_tls_mutually_exclusive, SMTPBackendTests.test_ssl_tls_settings_mutually_exclusive: TLS from the start or later, not both", () => {
  expect(() => fromEnv({ EMAIL_HOST: "h", EMAIL_USE_TLS: "True", EMAIL_USE_SSL: "True" })).toThrow(ConfigError);
});

test("SMTPBackendTests.test_auth_attempted: one log-in for a connection, however many messages", async () => {
  await using server = await countingServer();
  const mail = mailTo(server.port, { user: "user", password: "password", allowPlaintextAuth: true });
  await mail.sendMassMail(Array.from({ length: 3 }, () => ["S", "T", undefined, to] as const));
  await mail.mailers.close();
  expect([server.connections(), server.logins, server.messages.length]).toEqual([1, ["user"], 3]);
});

test("SMTPBackendTests.test_email_tls_attempts_starttls: a server without STARTTLS is an error that says so, and gets nothing", async () => {
  await using server = await countingServer();
  const mail = mailTo(server.port, { security: "starttls", user: "user", password: "password" });
  await expect(send(mail)).rejects.toThrow(/STARTTLS/);
  await mail.mailers.close();
  expect([server.logins, server.messages]).toEqual([[], []]);
});

test("SMTPBackendTests.test_email_ssl_attempts_ssl_connection: a server without TLS is an error that says so", async () => {
  await using server = await countingServer();
  const mail = mailTo(server.port, { security: "tls" });
  await expect(send(mail)).rejects.toThrow(/TLS/);
  await mail.mailers.close();
});

test("SMTPBackendTests.test_serialized_message_uses_crlf_line_ending: nothing but CRLF ends a line on the wire", async () => {
  await using server = await countingServer();
  const mail = mailTo(server.port);
  const text = "a\nb\rc\r\nd";
  await send(mail, {
    text,
    html: text,
    attachments: [{ content: text }],
    headers: { "X-Long": "word ".repeat(40).trim() },
  });
  await mail.mailers.close();
  expect(server.messages[0]?.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
});

test("SMTPBackendTests.test_send_messages_after_open_failed, SMTPBackendTests.test_fail_silently_on_connection_error: without a server it fails, or counts nothing in silence", async () => {
  const server = await countingServer();
  await server.close();
  const mail = mailTo(server.port);
  await expect(send(mail)).rejects.toThrow(DeliveryError);
  expect(await mail.sendMassMail([["S", "T", undefined, to]], { failSilently: true })).toBe(0);
  await mail.mailers.close();
});

test("SMTPBackendTests.test_send_messages_with_empty_list_does_not_open_connection, SMTPBackendTests.test_send_messages_zero_sent: with nothing or nobody to send to, nobody is called", async () => {
  await using server = await countingServer();
  const mail = mailTo(server.port);
  expect(await mail.sendMassMail([])).toBe(0);
  expect(await mail.sendMassMail([["S", "T", undefined, []]])).toBe(0);
  await mail.mailers.close();
  expect(server.connections()).toBe(0);
});

test("SMTPBackendTests.test_server_stopped: closing is quiet when the server has gone", async () => {
  const server: CountingServer = await countingServer();
  const mail = mailTo(server.port);
  await send(mail);
  await server.close();
  await expect(mail.mailers.close()).resolves.toBeUndefined();
});

test("SMTPBackendTests.test_reopen_connection: a connection that is open is used, and one that the server has closed is replaced", async () => {
  let lost: () => void = () => {};
  const closed = new Promise<void>((resolve) => (lost = resolve));
  const server = await createScriptedSmtp(async (peer) => {
    await peer.greet();
    await peer.message();
    if (peer.index > 0) await peer.message();
    peer.close();
    await peer.gone();
    lost();
  });
  const mail = mailTo(server.port);
  await send(mail);
  await closed;
  await send(mail);
  await send(mail);
  await mail.mailers.close();
  await server.close();
  expect(server.conversations).toHaveLength(2);
});

test("SMTPBackendTests.test_avoids_sending_to_invalid_addresses: what is not exactly one address reaches no command", async () => {
  const invalid = [
    "to@other.com@example.com",
    "to@other.com <to@example.com",
    "to@example.com, other@example.com",
    "a b@example.com",
    "@",
    "to@",
    "@example.com",
    "to@example.com\r\nRCPT TO:<x@y.cn>",
    "to@example.com\nother@example.com",
  ];
  for (const address of invalid) {
    for (const fields of [{ to: [address] }, { to, from: address }, { to, envelope: { to: [address] } }]) {
      await expect(setUp().mail.send(fields), address).rejects.toMatchObject({ name: "MessageError" });
    }
  }
});

/** The commands that name people, as they cross the wire for one message. */
async function commandsFor(message: MessageFields, recipients: number): Promise<string[]> {
  const server = await createScriptedSmtp(async (peer) => {
    await peer.greet();
    await peer.ok("MAIL");
    for (let count = 0; count < recipients; count++) await peer.ok("RCPT");
    await peer.line();
    await peer.say("354 go\r\n");
    await peer.content();
    await peer.say("250 ok\r\n");
    await peer.line();
    await peer.say("221 bye\r\n");
  });
  const mail = mailTo(server.port);
  await mail.send(message);
  await mail.mailers.close();
  await server.close();
  return (server.conversations[0] ?? []).filter((line) => /^(?:MAIL|RCPT) /.test(line));
}

test("SMTPBackendTests.test_encodes_idna_in_smtp_commands: every address of the envelope is ASCII, bcc too", async () => {
  const message = {
    from: "lists@discussão.example.org",
    to: ["To Example <to@漢字.example.com>"],
    cc: ["cc@öäü.example.com"],
    bcc: ["bcc@例子.example.com"],
    headers: { From: "Someone <from@example.com>", To: "list@example.com" },
  };
  expect(await commandsFor(message, 3)).toEqual([
    "MAIL FROM:<lists@xn--discusso-xza.example.org>",
    "RCPT TO:<to@xn--p8s937b.example.com>",
    "RCPT TO:<cc@xn--4ca9at.example.com>",
    "RCPT TO:<bcc@xn--fsqu00a.example.com>",
  ]);
});

test("SMTPBackendTests.test_does_not_reencode_idna: what is encoded already stays as it is", async () => {
  const domain = "xn--fa-hia.example.com";
  const message = { from: `from@${domain}`, to: [`to@${domain}`], cc: [`cc@${domain}`], bcc: [`bcc@${domain}`] };
  expect(await commandsFor(message, 3)).toEqual([
    `MAIL FROM:<from@${domain}>`,
    ...["to", "cc", "bcc"].map((name) => `RCPT TO:<${name}@${domain}>`),
  ]);
});

test("SMTPBackendTests.test_rejects_non_ascii_local_part: it needs SMTPUTF8, and is refused without", async () => {
  expect(await refusal(() => setUp().mail.send({ to: ["nø@example.dk"] }))).toEqual({
    code: "WX_MESSAGE_ADDRESS",
    field: "to[0]",
  });
});

test("SMTPBackendTests.test_prep_address_without_force_ascii: with SMTPUTF8 the envelope keeps it", async () => {
  const { mail, memory } = setUp();
  await mail.send({ to: ["nø@example.dk"], smtpUtf8: true });
  expect(memory.outbox[0]?.envelope.to).toEqual(["nø@example.dk"]);
});
