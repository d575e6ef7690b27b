/**
 * What can go wrong between the connection and the log-in, each with the outcome that is right: retry where it may pass,
 * fail where it will not, and in no case a hang, an open socket, or a secret in clear.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type SecureVersion } from "node:tls";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type SmtpErrorCode, SmtpError, type SmtpOptions } from "../../src/smtp/index.ts";
import { type Certificates, createCertificates, type KeyAndCertificate } from "../support/certificates.ts";
import { playScram } from "../support/scram-server.ts";
import { serveScripted } from "../support/scripted-pool.ts";
import type { Peer, ScriptedSmtp } from "../support/scripted-smtp.ts";

const PASSWORD = "hush-hush-授权码";
const AUTH = { user: "mac@example.com", password: PASSWORD };
const ENVELOPE = { from: "mac@example.com", to: ["ann@example.com"] };
const MESSAGE = Buffer.from("Subject: hello\r\n\r\nDear Ann.\r\n");
const SHORT = { connectMs: 200, greetingMs: 200, replyMs: 200 };
const IN_CLEAR = { security: "none", allowPlaintextAuth: true, auth: AUTH } as const;
/** The deadline of a fault that is not waited for: far from any deadline of the client's. */
const SOON_MS = 6_000;

let certificates: Certificates;
let good: KeyAndCertificate;
beforeAll(async () => {
  certificates = await createCertificates();
  good = await certificates.issue({ names: ["mail.example.test"], ips: ["127.0.0.1"] });
});

type Script = (peer: Peer) => Promise<unknown>;

interface Ending {
  readonly error: SmtpError;
  readonly server: ScriptedSmtp;
  /** Everything that the client sent, over all connections. */
  readonly said: string;
}

/** Sends a message that must fail, and checks what holds for every failure. */
async function fault(script: Script, options: Partial<SmtpOptions> = {}): Promise<Ending> {
  const { server, pool } = await serveScripted(
    async (peer) => {
      await script(peer);
      await peer.gone();
    },
    { timeouts: SHORT, ...options },
  );
  const start = performance.now();
  const error: unknown = await pool.send(ENVELOPE, MESSAGE).catch((thrown: unknown) => thrown);
  expect(performance.now() - start).toBeLessThan(SOON_MS);
  if (!(error instanceof SmtpError)) throw new Error(`not an SmtpError: ${String(error)}`);
  expect(error.outcome).toBe("not-sent");
  await pool.close();
  await expect.poll(() => server.open.size).toBe(0);
  const said = server.conversations.flat().join("\n");
  expect(said).not.toMatch(/^(?:RCPT|DATA)/m);
  expectNoSecret(JSON.stringify([error.message, error.reply, error.transcript, error.stack]));
  return { error, server, said };
}

function expectNoSecret(text: string): void {
  for (const secret of [PASSWORD, `\0${AUTH.user}\0${PASSWORD}`]) {
    const encoded = Buffer.from(secret).toString("base64");
    for (const form of [secret, encoded, encoded.slice(0, 12), encodeURIComponent(secret)]) {
      expect(text).not.toContain(form);
    }
  }
}

const retry = (code: SmtpErrorCode, stage: string): object => ({ code, stage, retryable: true });
const fail = (code: SmtpErrorCode, stage: string): object => ({ code, stage, retryable: false });

describe("close, RST, silence, 421 at greeting: retry within the deadline", () => {
  test.each<[string, Script, object]>([
    ["close", async (peer) => peer.close(), { retryable: true }],
    ["RST", async (peer) => peer.close("reset"), { retryable: true }],
    ["silence", async () => {}, retry("WX_SMTP_TIMEOUT", "greeting")],
    ["421", (peer) => peer.say("421 4.3.2 busy\r\n"), retry("WX_SMTP_REFUSED", "greeting")],
    ["half a greeting", (peer) => peer.say("220-hel").then(() => peer.close()), retry("WX_SMTP_LOST", "greeting")],
  ])("%s", async (_, script, outcome) => {
    expect((await fault(script)).error).toMatchObject(outcome);
  });
});

describe("256 MB without newline / endless lines: gives up early, in little memory", () => {
  test.each([
    ["no line end", "x"],
    ["a first line without its end", "220 x"],
    ["endless lines", "220-x\r\n"],
  ])("%s", async (_, unit) => {
    const block = Buffer.from(unit.repeat(Math.ceil(65_536 / unit.length)));
    let sent = 0;
    const before = process.memoryUsage().rss;
    const { error } = await fault(async (peer) => {
      while (sent < 256 * 1024 * 1024) {
        await peer.say(block);
        sent += block.length;
      }
    });
    expect(error).toMatchObject(retry("WX_SMTP_PROTOCOL", "greeting"));
    expect(sent).toBeLessThan(24 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024);
  });
});

describe("slow drip inside / for ever: sent / retry at the absolute deadline", () => {
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

  test("inside the deadline: sent", async () => {
    const { pool } = await serveScripted(async (peer) => {
      for (const byte of "220 slow\r\n") {
        await peer.say(byte);
        await pause();
      }
      await peer.ok("EHLO");
      await peer.message();
      await peer.gone();
    });
    expect((await pool.send(ENVELOPE, MESSAGE)).accepted).toEqual(ENVELOPE.to);
  });

  test.each(["greeting", "ehlo"])("for ever at %s: retry", async (stage) => {
    const { error } = await fault(async (peer) => {
      if (stage === "ehlo") await peer.say("220 hello\r\n").then(() => peer.line());
      for (;;) {
        await peer.say(stage === "ehlo" ? "250-X\r\n" : "220-wait\r\n");
        await pause();
      }
    });
    expect(error).toMatchObject(retry("WX_SMTP_TIMEOUT", stage));
  });
});

describe("replies sent ahead of the command; stray 421: retry, no desync", () => {
  test("ahead", async () => {
    const { error, said } = await fault((peer) => peer.say("220 hi\r\n250 a\r\n250 b\r\n250 c\r\n354 d\r\n250 e\r\n"));
    expect(error).toMatchObject(retry("WX_SMTP_PROTOCOL", "ehlo"));
    expect(said).toBe("");
  });

  test("421", async () => {
    const { error } = await fault((peer) => peer.say("220 hi\r\n421 4.3.0 bye\r\n"));
    expect(error).toMatchObject({ ...retry("WX_SMTP_REFUSED", "ehlo"), reply: { code: 421 } });
  });
});

describe("EHLO stalls, cut mid-reply: retry", () => {
  test.each<[string, Script, object]>([
    ["stalls", async () => {}, retry("WX_SMTP_TIMEOUT", "ehlo")],
    ["cut", (peer) => peer.say("250-SIZE\r\n250-PIPE").then(() => peer.close()), retry("WX_SMTP_LOST", "ehlo")],
    ["refused for now", (peer) => peer.say("451 later\r\n"), retry("WX_SMTP_REFUSED", "ehlo")],
  ])("%s", async (_, answer, outcome) => {
    const { error } = await fault(async (peer) => {
      await peer.say("220 hi\r\n");
      await peer.line();
      await answer(peer);
    });
    expect(error).toMatchObject(outcome);
  });
});

describe("with STARTTLS and a log-in wanted", () => {
  const wanted = { security: "starttls", auth: AUTH } as const;
  const offers = (then: Script): Script => {
    return async (peer) => {
      await peer.greet("STARTTLS", "AUTH PLAIN LOGIN");
      await peer.line();
      await then(peer);
    };
  };

  describe("STARTTLS stripped, 454, cut in handshake: no MAIL, no AUTH in clear; retry", () => {
    test.each<[string, Script, RegExp]>([
      ["stripped", (peer) => peer.greet("AUTH PLAIN"), /STARTTLS_MISSING/],
      ["454", offers((peer) => peer.say("454 4.7.0 not now\r\n")), /REFUSED/],
      ["cut", offers((peer) => peer.say("220 go\r\n").then(() => peer.close())), /WX_SMTP_(?:TLS|LOST)$/],
      ["reset", offers((peer) => peer.say("220 go\r\n").then(() => peer.close("reset"))), /WX_SMTP_(?:TLS|LOST)$/],
    ])("%s", async (_, script, code) => {
      const { error, said } = await fault(script, wanted);
      expect(error.code).toMatch(code);
      expect(error.retryable).toBe(true);
      expect(said).not.toMatch(/^(?:MAIL|AUTH)/m);
    });
  });

  test("plaintext injected after 220: abort; injected capabilities never used", async () => {
    const injected = "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n";
    const { error, said } = await fault(
      offers((peer) => peer.say(injected)),
      wanted,
    );
    expect(error).toMatchObject(retry("WX_SMTP_PROTOCOL", "tls"));
    expect(said.split("\n")).toEqual([expect.stringMatching(/^EHLO/), "STARTTLS"]);
  });

  test("plaintext instead of a handshake: error, nothing in clear", async () => {
    const { error, said } = await fault(
      offers(async (peer) => {
        await peer.say("220 go\r\n");
        // The client's hello: then the answer comes where the handshake is.
        await new Promise((resolve) => setTimeout(resolve, 50));
        await peer.say("250 no TLS here\r\n");
      }),
      wanted,
    );
    expect(error).toMatchObject({ stage: "tls", retryable: true });
    expect(said).not.toMatch(/AUTH|MAIL/);
  });

  test("handshake stalls: retry within the deadline", async () => {
    const { error } = await fault(
      offers((peer) => peer.say("220 go\r\n")),
      wanted,
    );
    expect(error).toMatchObject(retry("WX_SMTP_TIMEOUT", "tls"));
  });

  test("second send after a failed STARTTLS: never in clear", async () => {
    const { server, pool } = await serveScripted(
      offers((peer) => peer.say("220 go\r\n").then(() => peer.close())) as (peer: Peer) => Promise<void>,
      { security: "starttls-if-offered", allowPlaintextAuth: true, auth: AUTH, timeouts: SHORT },
    );
    for (let round = 0; round < 3; round += 1) {
      await expect(pool.send(ENVELOPE, MESSAGE)).rejects.toMatchObject({ retryable: true, outcome: "not-sent" });
    }
    expect(server.conversations).toHaveLength(3);
    expect(server.conversations.flat().filter((line) => !/^(?:EHLO|STARTTLS)/.test(line))).toEqual([]);
  });

  test("capabilities before TLS differ: only those after TLS count; no AUTH offered = fail", async () => {
    const { error, server } = await fault(
      async (peer) => {
        await peer.greet("STARTTLS", "AUTH PLAIN", "SIZE 1");
        await peer.line();
        await peer.say("220 go\r\n");
        await peer.secure(good);
        await peer.ok("EHLO");
      },
      { ...wanted, tls: { ca: certificates.ca } },
    );
    expect(error).toMatchObject(fail("WX_SMTP_AUTH", "auth"));
    expect(error.message).toContain("offers no log-in");
    expect(server.conversations[0]).toHaveLength(3);
  });
});

describe("self-signed, expired, wrong host, unknown CA (STARTTLS and implicit): not sent, error names the reason", () => {
  const ips = ["127.0.0.1"];
  const cases: [string, () => Promise<KeyAndCertificate>, "known" | "unknown", RegExp][] = [
    ["self-signed", () => certificates.selfSigned({ names: ["x"], ips }), "unknown", /is self-signed/],
    ["expired", () => certificates.issue({ names: ["x"], ips, expired: true }), "known", /has expired/],
    ["wrong host", () => certificates.issue({ names: ["other.test"] }), "known", /is for DNS:other\.test, not for/],
    ["unknown CA", async () => good, "unknown", /authority that is not known here/],
  ];
  test.each(cases.flatMap((each) => [["starttls", ...each] as const, ["tls", ...each] as const]))(
    "%s: %s",
    async (security, _, pair, authority, reason) => {
      const tls = authority === "known" ? { ca: certificates.ca } : {};
      const shown = await pair();
      const { error, said } = await fault(
        async (peer) => {
          if (security === "starttls") {
            await peer.greet("STARTTLS", "AUTH PLAIN");
            await peer.line();
            await peer.say("220 go\r\n");
          }
          await peer.secure(shown);
        },
        { security, auth: AUTH, tls },
      );
      expect(error).toMatchObject(fail("WX_SMTP_TLS_CERTIFICATE", "tls"));
      expect(error.message).toMatch(reason);
      expect(said).not.toContain("AUTH");
    },
  );
});

describe("TLS/plain mismatch; TLS 1.0-1.1 only: error within the deadline", () => {
  test("TLS to a plain port", async () => {
    const { error } = await fault((peer) => peer.say("220 plain\r\n"), { security: "tls" });
    expect(error).toMatchObject({ code: "WX_SMTP_TLS", stage: "tls" });
    expect(error.message).toMatch(/in plain text .*set security to "starttls"/);
  });

  test.each<[string, Script, object]>([
    ["that stays silent", async () => {}, retry("WX_SMTP_TIMEOUT", "greeting")],
    ["that closes", async (peer) => peer.close(), { retryable: true }],
    [
      "that sends an alert",
      (peer) => peer.say(Buffer.from("15030300020246", "hex")),
      retry("WX_SMTP_PROTOCOL", "greeting"),
    ],
  ])("plain to a TLS port %s", async (_, script, outcome) => {
    const { error } = await fault(script, { security: "starttls" });
    expect(error).toMatchObject(outcome);
    expect(error.message).toContain('set security to "tls"');
  });

  test.each<SecureVersion>(["TLSv1", "TLSv1.1"])("%s only", async (version) => {
    const old = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
    const server = createServer({ ...good, ...old }).on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { pool } = await serveScripted(async () => {}, { port, security: "tls", tls: { ca: certificates.ca } });
    const sending = pool.send(ENVELOPE, MESSAGE);
    await expect(sending).rejects.toMatchObject({ code: "WX_SMTP_TLS", stage: "tls", outcome: "not-sent" });
    await expect(sending).rejects.toThrow(/older than 1\.2/);
  });
});

test("AUTH without TLS: refuse unless opted in", async () => {
  const { error, server } = await fault((peer) => peer.greet("AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256"), {
    security: "none",
    auth: AUTH,
  });
  expect(error).toMatchObject(fail("WX_SMTP_AUTH_PLAINTEXT", "auth"));
  expect(server.conversations[0]).toHaveLength(1);
});

test.each(["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"])(
  "endless 334 (%s): fail within 6 s",
  async (mechanism) => {
    const isToken = mechanism.includes("OAUTH");
    const { error, server } = await fault(
      async (peer) => {
        await peer.greet(`AUTH ${mechanism}`);
        for (;;) {
          await peer.line();
          await peer.say("334 bW9yZQ==\r\n");
        }
      },
      { ...IN_CLEAR, auth: isToken ? { user: AUTH.user, accessToken: "a-token" } : AUTH },
    );
    expect(error).toMatchObject({ stage: "auth" });
    expect(server.conversations[0]?.length).toBeLessThanOrEqual(6);
  },
);

describe("AUTH stalls/closes: retry", () => {
  test.each<[string, Script, object]>([
    ["stalls", async () => {}, retry("WX_SMTP_TIMEOUT", "auth")],
    ["closes", async (peer) => peer.close(), retry("WX_SMTP_LOST", "auth")],
    ["stalls in the middle", (peer) => peer.say("334 \r\n"), retry("WX_SMTP_TIMEOUT", "auth")],
    ["454", (peer) => peer.say("454 4.7.0 later\r\n"), retry("WX_SMTP_AUTH", "auth")],
    ["535", (peer) => peer.say("535 5.7.8 no\r\n"), fail("WX_SMTP_AUTH", "auth")],
  ])("%s", async (_, answer, outcome) => {
    const { error } = await fault(async (peer) => {
      await peer.greet("AUTH LOGIN");
      await peer.line();
      await answer(peer);
    }, IN_CLEAR);
    expect(error).toMatchObject(outcome);
  });
});

test("only GSSAPI offered: fail, password not sent", async () => {
  const { error, server } = await fault((peer) => peer.greet("AUTH GSSAPI"), IN_CLEAR);
  expect(error).toMatchObject(fail("WX_SMTP_AUTH", "auth"));
  expect(error.message).toContain("offers to log in by GSSAPI");
  expect(server.conversations[0]).toHaveLength(1);
});

describe("LOGIN, CRAM-MD5, AUTH=, UTF-8 and 4 KB password: works", () => {
  const passwords: [string, string][] = [
    ["UTF-8", PASSWORD],
    ["4 KB", "p".repeat(4096)],
  ];
  const offers = ["AUTH LOGIN", "AUTH=LOGIN", "AUTH PLAIN", "AUTH CRAM-MD5", "AUTH SCRAM-SHA-256"];
  test.each(offers.flatMap((offer) => passwords.map(([name, password]) => [offer, name, password] as const)))(
    "%s, %s",
    async (offer, _, password) => {
      const { pool } = await serveScripted(
        async (peer) => {
          await peer.greet(offer);
          if (offer.includes("SCRAM")) await playScram(peer, { password });
          else await takeLogIn(peer);
          await peer.message();
          await peer.gone();
        },
        { ...IN_CLEAR, auth: { user: AUTH.user, password } },
      );
      expect((await pool.send(ENVELOPE, MESSAGE)).accepted).toEqual(ENVELOPE.to);
    },
  );

  /** Asks until it has heard what the mechanism has to say. */
  async function takeLogIn(peer: Peer): Promise<void> {
    const [, mechanism, first] = (await peer.line()).split(" ");
    const questions = first !== undefined ? 0 : mechanism === "LOGIN" ? 2 : 1;
    for (let count = 0; count < questions; count += 1) {
      await peer.say(`334 ${Buffer.from("<1@mail>").toString("base64")}\r\n`);
      await peer.line();
    }
    await peer.say("235 2.7.0 welcome\r\n");
  }
});

describe("530 at MAIL; secret in errors: fail; never printed (also base64)", () => {
  test("530", async () => {
    const { error } = await fault(async (peer) => {
      await peer.greet();
      await peer.line();
      await peer.say("530 5.7.0 log in first\r\n");
    });
    expect(error).toMatchObject(fail("WX_SMTP_REFUSED", "mail"));
    expect(error.message).toContain("Set auth");
  });

  test.each(["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"])("%s, all of it echoed", async (mechanism) => {
    const { error } = await fault(async (peer) => {
      await peer.greet(`AUTH ${mechanism}`);
      await peer.line();
      if (mechanism !== "PLAIN") await peer.say(`334 ${Buffer.from("<1@mail>").toString("base64")}\r\n`);
      if (mechanism === "LOGIN") await peer.line().then(() => peer.say("334 UGFzc3dvcmQ6\r\n"));
      if (mechanism === "LOGIN" || mechanism === "CRAM-MD5") await peer.line();
      const echo = peer.lines.slice(1).join(" ");
      await peer.say(`535-5.7.8 no: ${echo}\r\n535 5.7.8 ${PASSWORD}\r\n`);
    }, IN_CLEAR);
    expect(error).toMatchObject({ code: "WX_SMTP_AUTH", stage: "auth", retryable: false });
  });
});
