/** The same program with a provider's settings: it logs in over TLS with the authorization code, and trusts no stranger. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createVisitor } from "../../src/cli/visitor.ts";
import { fromEnv } from "../../src/config.ts";
import { createCertificates } from "../support/certificates.ts";
import { runCli } from "../support/run-cli.ts";
import { mac, macsLogin, startSite } from "../support/start-site.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { listenTlsMailServer } from "../support/tls-mail-server.ts";
import { until } from "../support/until.ts";

const account = { user: "mac@163.com", password: "ABCDEFGHIJKLMNOP" };
const certificates = await createCertificates();
const good = await certificates.issue({ names: ["localhost"] });

/** The settings as the tutorial has them, but for the host, the port, and the authority to trust. */
function settings(port: number, implicit: boolean): Record<string, string> {
  const caFile = join(tempFolder(), "ca.pem");
  writeFileSync(caFile, certificates.ca);
  return {
    EMAIL_HOST: "localhost",
    EMAIL_PORT: String(port),
    [implicit ? "EMAIL_USE_SSL" : "EMAIL_USE_TLS"]: "true",
    EMAIL_HOST_USER: account.user,
    EMAIL_HOST_PASSWORD: account.password,
    DEFAULT_FROM_EMAIL: "mac <mac@163.com>",
    EMAIL_SSL_CAFILE: caFile,
  };
}

test("with EMAIL_* in .env, `waxseal dev` sends through that server, and the journey goes on from there", async () => {
  const server = await listenTlsMailServer(good, { implicit: true, ...account });
  const cwd = tempFolder();
  const env = settings(server.port, true);
  writeFileSync(
    join(cwd, ".env"),
    Object.entries(env)
      .map(([name, value]) => `${name}='${value}'`)
      .join("\n"),
  );
  const run = runCli(["dev"], { cwd, env: { PORT: "0", WAXSEAL_SMTP_PORT: "0" } });
  const site = (await run.printed(/(http:\S+)\/user\/register/)).trim();
  expect(run.output().stdout).toContain("localhost");

  const visitor = createVisitor();
  await visitor.submit(await visitor.open(`${site}/user/register`), mac);
  const mail = await until(() => server.mails[0]);
  expect(server.logins).toEqual([{ user: account.user, method: "PLAIN", encrypted: true }]);
  expect(mail.from?.text).toBe('"mac" <mac@163.com>');
  expect(await (await fetch(`${site}/inbox/messages.json`)).json()).toEqual({ messages: [] });

  const link = /http:\S+\/user\/active\/\S+/.exec(mail.text ?? "")?.[0] ?? "";
  const login = await visitor.submit(await visitor.open(link), {});
  expect((await visitor.submit(login, macsLogin, "/user/login")).html).toContain("mac");
});

const kinds = [
  ["implicit TLS", true],
  ["STARTTLS", false],
] as const;

test.each(kinds)("%s with a certificate of a trusted authority: the mail is taken", async (_, implicit) => {
  const server = await listenTlsMailServer(good, { implicit, ...account });
  const site = await startSite(fromEnv(settings(server.port, implicit)));
  expect(await site.waxseal.mail.sendMail("你好", "text", undefined, ["ann@x.cn"], { htmlMessage: "<p>text" })).toBe(1);
  expect(server.mails[0]).toMatchObject({ subject: "你好" });
  expect(server.logins).toMatchObject([{ encrypted: true }]);
});

test.each(
  kinds.flatMap(
    ([kind, implicit]) =>
      [
        [kind, "self-signed", /self-signed/i, implicit],
        [kind, "wrong-name", /other\.example/, implicit],
      ] as const,
  ),
)(
  "%s with a %s certificate: nothing is sent, not even the log-in, and the outbox says why",
  async (_, fault, reason, implicit) => {
    const certificate =
      fault === "self-signed"
        ? await certificates.selfSigned({ names: ["localhost"] })
        : await certificates.issue({ names: ["other.example"] });
    const server = await listenTlsMailServer(certificate, { implicit, ...account });
    const site = await startSite(fromEnv(settings(server.port, implicit)));
    await site.waxseal.accounts.register(mac);
    const message = await until(async () => {
      const [summary] = await site.waxseal.outbox.list();
      return summary !== undefined && summary.attempts > 0 && site.waxseal.outbox.get(summary.id);
    });
    expect(message.state).toBe("deferred"); // a certificate can be mended; the mail waits for it
    expect(message.history[0]).toMatchObject({ stage: "tls", server: `localhost:${server.port}` });
    expect(message.history[0]?.text).toMatch(reason);
    expect(server.logins).toEqual([]);
    expect(server.mails).toEqual([]);
  },
);

test("a wrong authorization code is explained, and shown to nobody", async () => {
  const server = await listenTlsMailServer(good, { implicit: true, user: account.user, password: "another" });
  const site = await startSite(fromEnv(settings(server.port, true)));
  await site.waxseal.accounts.register(mac);
  const message = await until(async () => {
    const [summary] = await site.waxseal.outbox.list();
    return summary !== undefined && summary.attempts > 0 && site.waxseal.outbox.get(summary.id);
  });
  expect(message.history[0]).toMatchObject({ stage: "auth", code: 535 });
  const shown = JSON.stringify(message);
  for (const secret of [account.password, Buffer.from(`\0${account.user}\0${account.password}`).toString("base64")]) {
    expect(shown).not.toContain(secret);
  }
});
