import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Certificates, createCertificates } from "../../test/support/certificates.ts";
import { createScriptedSmtp, type Peer, type ScriptedSmtp } from "../../test/support/scripted-smtp.ts";
import { SmtpError } from "./errors.ts";
import type { SmtpOptions } from "./options.ts";
import { createSmtpPool, type SmtpPool } from "./pool.ts";

const PASSWORD = "hush-hush-授权码";
const AUTH = { user: "mac@example.com", password: PASSWORD };
/** For the tests where the server stays silent. */
const SHORT = { connectMs: 150, greetingMs: 150, replyMs: 150 };

let certificates: Certificates;
beforeAll(async () => {
  certificates = await createCertificates();
});

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function serve(script: (peer: Peer) => Promise<void>): Promise<ScriptedSmtp> {
  const server = await createScriptedSmtp(script);
  open.push(server);
  return server;
}

function poolFor(server: ScriptedSmtp, options: Partial<SmtpOptions> = {}): SmtpPool {
  const pool = createSmtpPool({ host: "127.0.0.1", port: server.port, ...options });
  open.push(pool);
  return pool;
}

/** Opens a connection that must fail, and checks what holds for every failure. */
async function failure(server: ScriptedSmtp, options: Partial<SmtpOptions> = {}): Promise<SmtpError> {
  const error: unknown = await poolFor(server, options)
    .verify()
    .then(() => "opened")
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof SmtpError)) throw new Error(`not an SmtpError: ${String(error)}`);
  expect(error.outcome).toBe("not-sent");
  expect(error.server).toBe(`127.0.0.1:${server.port}`);
  expect(error.message).toMatch(/\. \S.*\.$/);
  expectNoSecret(error);
  return error;
}

function expectNoSecret(error: SmtpError): void {
  const told = JSON.stringify([error.message, error.reply, error.transcript, error.stack]);
  expect(told).not.toContain(PASSWORD.slice(0, 9));
  for (const text of [PASSWORD, `\0${AUTH.user}\0${PASSWORD}`]) {
    const encoded = Buffer.from(text).toString("base64");
    expect(told).not.toContain(text);
    expect(told).not.toContain(encoded);
    expect(told).not.toContain(encoded.slice(0, 12));
  }
}

const allLines = (server: ScriptedSmtp): string => server.conversations.flat().join("\n");

describe("greeting and EHLO", () => {
  test("replies in any pieces are read, and the session opens", async () => {
    const server = await serve(async (peer) => {
      for (const piece of "220-hello\r\n220 there\r\n") await peer.say(piece);
      await peer.line();
      await peer.say("250-scr");
      await peer.say("ipted\r\n250-SI");
      await peer.say("ZE 100\r\n250 HELP\r");
      await peer.say("\n");
      await peer.gone();
    });
    await poolFor(server).verify();
    expect(server.conversations[0]?.[0]).toMatch(/^EHLO (\[127\.0\.0\.1\]|[\w.-]+\.[\w.-]+)$/);
  });

  test("the name given is the one used", async () => {
    const server = await serve((peer) => peer.greet().then(() => peer.gone()));
    await poolFor(server, { clientName: "app.example.com" }).verify();
    expect(server.conversations[0]).toEqual(["EHLO app.example.com"]);
  });

  test("HELO is said where EHLO is not known", async () => {
    const server = await serve(async (peer) => {
      await peer.say("220 old\r\n");
      await peer.line();
      await peer.say("502 what?\r\n");
      await peer.ok("HELO");
      await peer.gone();
    });
    await poolFor(server).verify();
    expect(server.conversations[0]?.[1]).toMatch(/^HELO /);
  });

  test.each([
    ["421 too busy\r\n", "WX_SMTP_REFUSED", true],
    ["554 go away\r\n", "WX_SMTP_REFUSED", false],
    ["250 wrong\r\n", "WX_SMTP_PROTOCOL", true],
    ["HTTP/1.1 400 Bad Request\r\n", "WX_SMTP_PROTOCOL", true],
    ["SSH-2.0-OpenSSH_9.2\r\n", "WX_SMTP_PROTOCOL", true],
  ])("a greeting %j is %s", async (greeting, code, retryable) => {
    const server = await serve(async (peer) => {
      await peer.say(greeting);
      await peer.gone();
    });
    const error = await failure(server);
    expect(error).toMatchObject({ code, retryable, stage: "greeting" });
    expect(error.message).toContain(greeting.trim().slice(0, 9));
    expect(server.conversations[0]).toEqual([]);
  });

  test.each([
    ["HTTP/1.1 400 Bad Request\r\n", "is a web server (HTTP)", "465 or 587"],
    ["SSH-2.0-OpenSSH_9.2\r\n", "is an SSH server", "465 or 587"],
    ["* OK [CAPABILITY IMAP4rev1] ready\r\n", "is a server for reading mail (IMAP)", "SMTP server"],
    ["+OK POP3 ready\r\n", "is a server for reading mail (POP3)", "SMTP server"],
    ["\x15\x03\x01\x00\x02\x02\x46", "spoke TLS where plain text was expected", 'security to "tls"'],
  ])("a server that begins with %j is called by its name", async (greeting, name, advice) => {
    const server = await serve(async (peer) => {
      await peer.say(Buffer.from(greeting, "latin1"));
      await peer.gone();
    });
    const error = await failure(server);
    expect(error).toMatchObject({ code: "WX_SMTP_PROTOCOL", stage: "greeting" });
    expect(error.message).toContain(name);
    expect(error.message).toContain(advice);
  });

  test("LMTP is begun with LHLO, and HELO is never said", async () => {
    const server = await serve(async (peer) => {
      await peer.say("220 store LMTP ready\r\n");
      await peer.ok("LHLO");
      await peer.gone();
    });
    await poolFor(server, { protocol: "lmtp" }).verify();
    const refusing = await serve(async (peer) => {
      await peer.say("220 mail ESMTP\r\n");
      await peer.line();
      await peer.say("500 5.5.2 what?\r\n");
      await peer.gone();
    });
    const error = await failure(refusing, { protocol: "lmtp" });
    expect(error).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "ehlo" });
    expect(error.message).toContain('set protocol to "smtp"');
    expect(refusing.conversations[0]).toHaveLength(1);
  });

  test("an LMTP server that is spoken to in SMTP is named", async () => {
    const server = await serve(async (peer) => {
      await peer.say("220 store LMTP ready\r\n");
      await peer.line();
      await peer.say("500 5.5.1 unknown command\r\n");
      await peer.gone();
    });
    expect((await failure(server)).message).toContain('set protocol to "lmtp"');
  });

  test.each(["end", "reset"] as const)("a server that goes without a greeting (%s) is lost", async (how) => {
    const server = await serve(async (peer) => peer.close(how));
    const error = await failure(server);
    expect(error.retryable).toBe(true);
    // A reset may arrive as early as the connection itself.
    expect(error.code).toMatch(/^WX_SMTP_(LOST|CONNECT)$/);
  });

  test("a port where nothing listens is named, with the reason", async () => {
    const server = await serve(async () => {});
    await server.close();
    open.length = 0;
    const error = await failure(server);
    expect(error).toMatchObject({ code: "WX_SMTP_CONNECT", stage: "connect", retryable: true });
    expect(error.message).toContain("ECONNREFUSED");
  });

  test("a host that does not exist is named", async () => {
    const pool = createSmtpPool({ host: "no-such-host.invalid", port: 25 });
    await expect(pool.verify()).rejects.toMatchObject({ code: "WX_SMTP_CONNECT", retryable: true });
    await pool.close();
  });

  test("a flood without a line end is given up early", async () => {
    const server = await serve(async (peer) => {
      await peer.say("220 ");
      for (;;) await peer.say("x".repeat(10_000));
    });
    expect(await failure(server)).toMatchObject({ code: "WX_SMTP_PROTOCOL", stage: "greeting" });
  });

  test("a drip of lines gains no time", async () => {
    const server = await serve(async (peer) => {
      for (;;) {
        await peer.say("220-wait\r\n");
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    });
    const start = performance.now();
    expect(await failure(server, { timeouts: SHORT })).toMatchObject({
      code: "WX_SMTP_TIMEOUT",
      stage: "greeting",
      retryable: true,
    });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test.each(["greeting", "ehlo", "auth", "tls"] as const)("silence at %s ends at its deadline", async (stage) => {
    const server = await serve(async (peer) => {
      if (stage === "ehlo") await peer.say("220 hello\r\n");
      if (stage === "auth") await peer.greet("AUTH PLAIN");
      await peer.gone();
    });
    const options = stage === "tls" ? { security: "tls" as const } : { allowPlaintextAuth: true, auth: AUTH };
    const error = await failure(server, { ...options, timeouts: SHORT });
    expect(error).toMatchObject({ code: "WX_SMTP_TIMEOUT", stage, retryable: true });
    expect(error.message).toMatch(/150 ms \(timeouts\.\w+Ms\)/);
  });

  test("a 421 ahead of the command is believed", async () => {
    const server = await serve(async (peer) => {
      await peer.say("220 hello\r\n421 4.3.2 on second thoughts\r\n");
      peer.close();
    });
    const error = await failure(server);
    expect(error).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "ehlo", retryable: true, reply: { code: 421 } });
  });

  test("a reply ahead of the command is out of step", async () => {
    const server = await serve(async (peer) => {
      await peer.say("220 hello\r\n250 scripted\r\n");
      await peer.gone();
    });
    const error = await failure(server);
    expect(error).toMatchObject({ code: "WX_SMTP_PROTOCOL", stage: "ehlo", retryable: true });
    expect(server.conversations[0]).toEqual([]);
  });
});

describe("TLS", () => {
  test("implicit TLS to a plain port, and the reverse, are named", async () => {
    const plain = await serve(async (peer) => {
      await peer.say("220 plain\r\n");
      await peer.gone();
    });
    const tooMuch = await failure(plain, { security: "tls" });
    expect(tooMuch).toMatchObject({ code: "WX_SMTP_TLS", stage: "tls" });
    expect(tooMuch.message).toContain('set security to "starttls"');

    const alerting = await serve(async (peer) => {
      await peer.say(Buffer.from("15030100020246", "hex"));
      await peer.gone();
    });
    const tooLittle = await failure(alerting, { security: "none" });
    expect(tooLittle).toMatchObject({ code: "WX_SMTP_PROTOCOL", stage: "greeting" });
    expect(tooLittle.message).toContain('set security to "tls"');

    const silent = await serve((peer) => peer.gone());
    expect((await failure(silent, { security: "none", timeouts: SHORT })).message).toContain('set security to "tls"');
  });

  test("STARTTLS that is required and not offered sends nothing more", async () => {
    const server = await serve((peer) => peer.greet("AUTH PLAIN").then(() => peer.gone()));
    const error = await failure(server, { security: "starttls", auth: AUTH });
    expect(error).toMatchObject({ code: "WX_SMTP_STARTTLS_MISSING", stage: "starttls", retryable: true });
    expect(allLines(server)).not.toContain("AUTH");
  });

  test.each(["starttls", "starttls-if-offered"] as const)(
    "STARTTLS that is offered and refused is never gone without (%s)",
    async (security) => {
      const server = await serve(async (peer) => {
        await peer.greet("STARTTLS", "AUTH PLAIN");
        await peer.line();
        await peer.say("454 4.7.0 TLS not available\r\n");
        await peer.gone();
      });
      const error = await failure(server, { security, auth: AUTH, allowPlaintextAuth: true });
      expect(error).toMatchObject({ code: "WX_SMTP_REFUSED", stage: "starttls", retryable: true });
      expect(server.conversations[0]).toHaveLength(2);
    },
  );

  test("text injected after the answer to STARTTLS ends the connection", async () => {
    const server = await serve(async (peer) => {
      await peer.greet("STARTTLS");
      await peer.line();
      await peer.say("220 go\r\n250-scripted\r\n250 AUTH PLAIN\r\n");
      await peer.gone();
    });
    const error = await failure(server, { security: "starttls", auth: AUTH });
    expect(error).toMatchObject({ code: "WX_SMTP_PROTOCOL", stage: "tls" });
    expect(server.conversations[0]).toHaveLength(2);
  });

  test.each([
    ["plain text", async (peer: Peer) => void (await peer.say("250 ok\r\n".repeat(20)))],
    ["an end", async (peer: Peer) => peer.close()],
    ["a reset", async (peer: Peer) => peer.close("reset")],
    ["silence", async () => {}],
  ])("%s instead of a handshake: nothing in clear, then or later", async (_, answer) => {
    const server = await serve(async (peer) => {
      await peer.greet("STARTTLS", "AUTH PLAIN");
      await peer.line();
      await peer.say("220 go\r\n");
      await answer(peer);
      await peer.gone();
    });
    const options = { auth: AUTH, allowPlaintextAuth: true, timeouts: SHORT };
    const pool = poolFor(server, { security: "starttls-if-offered", ...options });
    for (let round = 0; round < 2; round += 1) {
      const error: unknown = await pool.verify().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SmtpError);
      expect((error as SmtpError).code).toMatch(/^WX_SMTP_(TLS|TIMEOUT|PROTOCOL|LOST)$/);
      expect(error).toMatchObject({ outcome: "not-sent", retryable: true });
    }
    expect(server.conversations).toHaveLength(2);
    expect(allLines(server)).not.toMatch(/MAIL|\bAUTH/);
  });

  test("what was announced before TLS is forgotten", async () => {
    const pair = await certificates.issue({ names: ["localhost"], ips: ["127.0.0.1"] });
    const server = await serve(async (peer) => {
      await peer.greet("STARTTLS", "AUTH PLAIN LOGIN", "SIZE 1");
      await peer.line();
      await peer.say("220 go\r\n");
      await peer.secure(pair);
      await peer.line();
      await peer.say("250 nothing but mail\r\n");
      await peer.gone();
    });
    const error = await failure(server, { auth: AUTH, tls: { ca: certificates.ca } });
    expect(error).toMatchObject({ code: "WX_SMTP_AUTH", stage: "auth", retryable: false });
    expect(error.message).toContain("offers no log-in");
    expect(server.conversations[0]?.map((line) => line.split(" ")[0])).toEqual(["EHLO", "STARTTLS", "EHLO"]);
  });

  test("an abort during the handshake ends it", async () => {
    const stop = new AbortController();
    const server = await serve(async (peer) => {
      await peer.greet("STARTTLS");
      await peer.line();
      await peer.say("220 go\r\n");
      stop.abort();
      await peer.gone();
    });
    const pool = poolFor(server);
    await expect(pool.verify({ signal: stop.signal })).rejects.toMatchObject({ code: "WX_SMTP_ABORTED" });
  });
});

describe("AUTH", () => {
  const inClear = { auth: AUTH, allowPlaintextAuth: true, security: "none" } as const;

  test("a password never crosses an unencrypted connection unasked", async () => {
    const server = await serve((peer) => peer.greet("AUTH PLAIN LOGIN").then(() => peer.gone()));
    const error = await failure(server, { auth: AUTH, security: "none" });
    expect(error).toMatchObject({ code: "WX_SMTP_AUTH_PLAINTEXT", stage: "auth", retryable: false });
    expect(server.conversations[0]).toHaveLength(1);
  });

  test("PLAIN goes in one step, as UTF-8", async () => {
    const server = await serve(async (peer) => {
      await peer.greet("AUTH LOGIN PLAIN");
      await peer.line();
      await peer.say("235 welcome\r\n");
      await peer.gone();
    });
    await poolFor(server, inClear).verify();
    const expected = Buffer.from(`\0${AUTH.user}\0${PASSWORD}`, "utf8").toString("base64");
    expect(server.conversations[0]?.[1]).toBe(`AUTH PLAIN ${expected}`);
  });

  test("a response too long for a command line follows it", async () => {
    const password = "p".repeat(4096);
    const server = await serve(async (peer) => {
      await peer.greet("AUTH PLAIN");
      await peer.line();
      await peer.say("334 \r\n");
      await peer.line();
      await peer.say("235 welcome\r\n");
      await peer.gone();
    });
    await poolFor(server, { ...inClear, auth: { user: "mac", password } }).verify();
    const response = Buffer.from(`\0mac\0${password}`).toString("base64");
    expect(server.conversations[0]?.slice(1)).toEqual(["AUTH PLAIN", response]);
  });

  test("LOGIN answers two questions", async () => {
    const server = await serve(async (peer) => {
      await peer.greet("AUTH=LOGIN");
      await peer.line();
      await peer.say("334 VXNlcm5hbWU6\r\n");
      await peer.line();
      await peer.say("334 UGFzc3dvcmQ6\r\n");
      await peer.line();
      await peer.say("235 welcome\r\n");
      await peer.gone();
    });
    await poolFor(server, inClear).verify();
    const encode = (text: string): string => Buffer.from(text).toString("base64");
    expect(server.conversations[0]?.slice(1)).toEqual(["AUTH LOGIN", encode(AUTH.user), encode(PASSWORD)]);
  });

  test.each([
    ["535 5.7.8 wrong password", "WX_SMTP_AUTH", false],
    ["454 4.7.0 try later", "WX_SMTP_AUTH", true],
    ["421 closing", "WX_SMTP_AUTH", true],
    ["250 fine", "WX_SMTP_PROTOCOL", true],
  ])("an answer %j is %s", async (answer, code, retryable) => {
    const server = await serve(async (peer) => {
      await peer.greet("AUTH PLAIN");
      await peer.line();
      await peer.say(`${answer}\r\n`);
      await peer.gone();
    });
    const error = await failure(server, inClear);
    expect(error).toMatchObject({ code, retryable, stage: "auth" });
    expect(error.message).toContain(answer);
    expect(error.transcript).toContain("C: AUTH PLAIN ********");
  });

  test("a server that echoes the log-in gives no secret away", async () => {
    for (const mangle of [(line: string) => line, (line: string) => line.slice(0, 30)]) {
      const server = await serve(async (peer) => {
        await peer.greet("AUTH PLAIN");
        const line = await peer.line();
        const words = `535-5.7.8 cannot read "${mangle(line)}"\r\n535 5.7.8 ${PASSWORD} is wrong\r\n`;
        await peer.say(words);
        await peer.gone();
      });
      expect(await failure(server, inClear)).toMatchObject({ code: "WX_SMTP_AUTH" });
    }
    for (const start of ["", "z".repeat(50)]) {
      const garbled = await serve(async (peer) => {
        await peer.greet("AUTH PLAIN");
        await peer.say(`${start}${PASSWORD} ${await peer.line()}\r\n`);
        await peer.gone();
      });
      expect(await failure(garbled, inClear)).toMatchObject({ code: "WX_SMTP_PROTOCOL" });
    }
  });

  test("a server that keeps asking is cut off", async () => {
    const server = await serve(async (peer) => {
      await peer.greet("AUTH LOGIN");
      for (;;) {
        await peer.line();
        await peer.say("334 bW9yZQ==\r\n");
      }
    });
    expect(await failure(server, inClear)).toMatchObject({ code: "WX_SMTP_PROTOCOL", stage: "auth" });
    expect(server.conversations[0]).toHaveLength(4);
  });

  test("mechanisms that are not known here are named, and nothing secret is said", async () => {
    const server = await serve((peer) => peer.greet("AUTH GSSAPI NTLM").then(() => peer.gone()));
    const error = await failure(server, inClear);
    expect(error).toMatchObject({ code: "WX_SMTP_AUTH", retryable: false });
    expect(error.message).toContain("GSSAPI, NTLM");
    expect(server.conversations[0]).toHaveLength(1);
  });
});
