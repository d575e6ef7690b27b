import { expect, onTestFinished, test } from "vitest";
import { createCertificates } from "../../../test/support/certificates.ts";
import { createScriptedSmtp, type Peer } from "../../../test/support/scripted-smtp.ts";
import { SmtpError } from "../errors.ts";
import type { SmtpOptions } from "../options.ts";
import { createSmtpPool } from "../pool.ts";

async function failure(options: Partial<SmtpOptions>): Promise<SmtpError> {
  const pool = createSmtpPool({ host: "127.0.0.1", security: "none", timeouts: { greetingMs: 100 }, ...options });
  onTestFinished(() => pool.close());
  const error: unknown = await pool.verify().catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(SmtpError);
  return error as SmtpError;
}

async function portOf(script: (peer: Peer) => Promise<void>): Promise<number> {
  const server = await createScriptedSmtp(script);
  onTestFinished(() => server.close());
  return server.port;
}

const refused =
  (code: string): SmtpOptions["lookup"] =>
  (_host, _options, answer) =>
    answer(Object.assign(new Error(code), { code }), "", 4);

test.each([
  ["ENOTFOUND", "host-not-found", "settings", "主机名不存在。请检查 host 的拼写。"],
  ["EAI_AGAIN", "dns-unavailable", "network", "暂时无法解析主机名。"],
])("%s when a name is looked up is %s, about the %s", async (code, id, about, words) => {
  const error = await failure({ host: "mail.example", lookup: refused(code) });
  expect(error).toMatchObject({ diagnosis: { id }, about });
  expect(error.explain("zh")).toContain(words);
});

test("nobody at the port", async () => {
  const server = await createScriptedSmtp(async () => {});
  await server.close();
  const error = await failure({ port: server.port });
  expect(error.diagnosis.id).toBe("port-closed");
  expect(error.diagnosis.meaning.en).toBe(error.message.split(". ")[0] + ".");
  expect(error.message).toBe(`${error.diagnosis.meaning.en} ${error.diagnosis.advice.en}`);
  expect(error.explain("zh")).toMatch(/^该地址的端口上没有服务。.+\(ECONNREFUSED\)/);
});

test.each([
  ["plain text where TLS is expected", "220 ready\r\n", { security: "tls" }, "tls-to-plain-port", "starttls"],
  [
    "TLS where plain text is expected",
    "\x15\x03\x03\x00\x02\x02\x28",
    {},
    "plain-to-tls-port",
    '把 security 设为 "tls"',
  ],
  ["a web server", "HTTP/1.1 400 Bad Request\r\n\r\n", {}, "not-a-mail-server", "465 或 587"],
  ["IMAP", "* OK IMAP4rev1 ready\r\n", {}, "mail-reading-server", "465 或 587"],
  ["POP3", "+OK ready\r\n", {}, "mail-reading-server", "465 或 587"],
] as const)("%s is named in both languages", async (_, greeting, options, id, words) => {
  const port = await portOf(async (peer) => {
    await peer.say(Buffer.from(greeting, "latin1"));
    await peer.gone();
  });
  const error = await failure({ port, ...options });
  expect(error).toMatchObject({ about: "settings", diagnosis: { id } });
  expect(error.explain("zh")).toContain(words);
});

test("a server that says nothing may want TLS first", async () => {
  const error = await failure({ port: await portOf((peer) => peer.gone()) });
  expect(error).toMatchObject({ code: "WX_SMTP_TIMEOUT", diagnosis: { id: "no-greeting" } });
  expect(error.explain("zh")).toContain('请把 security 设为 "tls"');
});

test("a certificate that is not to be trusted is told by its fault", async () => {
  const certificates = await createCertificates();
  const portWith = async (pair: { key: string; cert: string }): Promise<number> =>
    portOf(async (peer) => {
      await peer.secure(pair);
      await peer.gone();
    });
  const idOf = async (pair: { key: string; cert: string }, ca?: string): Promise<string> =>
    (await failure({ port: await portWith(pair), security: "tls", tls: { ca } })).diagnosis.id;
  expect(await idOf(await certificates.selfSigned({ names: [], ips: ["127.0.0.1"] }))).toBe("certificate-self-signed");
  expect(await idOf(await certificates.issue({ names: [], ips: ["127.0.0.1"] }))).toBe("certificate-unknown-authority");
  const { ca } = certificates;
  expect(await idOf(await certificates.issue({ names: ["x.cn"] }), ca)).toBe("certificate-wrong-name");
  const expired = await certificates.issue({ names: [], ips: ["127.0.0.1"], expired: true });
  expect(await idOf(expired, ca)).toBe("certificate-expired");
});
