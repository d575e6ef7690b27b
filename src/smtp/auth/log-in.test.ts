import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { playScram } from "../../../test/support/scram-server.ts";
import { serveScripted } from "../../../test/support/scripted-pool.ts";
import type { Peer, ScriptedSmtp } from "../../../test/support/scripted-smtp.ts";
import { SmtpError } from "../errors.ts";
import type { SmtpPool } from "../pool.ts";
import type { SmtpCredentials } from "./account.ts";

const USER = "mac@example.com";
const PASSWORD = "hush-hush-授权码";
const TOKEN = "ya29.a0-the-token_of+someone/else==";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const plainText = (encoded: string | undefined): string => Buffer.from(encoded ?? "", "base64").toString();

/** A server that offers these mechanisms in clear, and what follows AUTH as `script` has it. */
async function serve(
  offered: string,
  script: (peer: Peer) => Promise<unknown>,
  auth: SmtpCredentials = { user: USER, password: PASSWORD },
): Promise<{ server: ScriptedSmtp; pool: SmtpPool }> {
  const open = { security: "none", allowPlaintextAuth: true } as const;
  return serveScripted(
    async (peer) => {
      await peer.greet(`AUTH ${offered}`);
      await script(peer);
      await peer.gone();
    },
    { ...open, auth },
  );
}

async function failure(opening: Promise<unknown>): Promise<SmtpError> {
  const error: unknown = await opening.then(() => "opened").catch((thrown: unknown) => thrown);
  if (!(error instanceof SmtpError)) throw new Error(`not an SmtpError: ${String(error)}`);
  const told = JSON.stringify([error.message, error.reply, error.transcript, error.stack]);
  for (const secret of [PASSWORD, PASSWORD.slice(0, 9), TOKEN, TOKEN.slice(5, 20)]) {
    expect(told).not.toContain(secret);
    expect(told).not.toContain(base64(secret).replace(/=+$/, ""));
  }
  return error;
}

const welcome = async (peer: Peer): Promise<void> => {
  await peer.line();
  await peer.say("235 welcome\r\n");
};

/** The mechanism that the client named. */
async function chosenAmong(offered: string, auth?: SmtpCredentials): Promise<string | undefined> {
  let line = "";
  const watch = async (peer: Peer): Promise<void> => {
    line = await peer.line();
    await peer.say("454 enough\r\n");
  };
  const { pool } = await serve(offered, watch, auth);
  await failure(pool.verify());
  return line.split(" ")[1];
}

describe("the choice", () => {
  const token = { user: USER, accessToken: TOKEN };
  test.each<[string, string, SmtpCredentials | undefined]>([
    ["LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256 XOAUTH2", "SCRAM-SHA-256", undefined],
    ["LOGIN PLAIN CRAM-MD5", "CRAM-MD5", undefined],
    ["LOGIN PLAIN", "PLAIN", undefined],
    ["XOAUTH2 LOGIN", "LOGIN", undefined],
    ["PLAIN XOAUTH2 OAUTHBEARER", "OAUTHBEARER", token],
    ["PLAIN XOAUTH2", "XOAUTH2", token],
    ["XOAUTH2 OAUTHBEARER", "XOAUTH2", { ...token, method: "xoauth2" }],
    ["LOGIN PLAIN CRAM-MD5", "LOGIN", { user: USER, password: PASSWORD, method: "LOGIN" }],
  ])("of %s is %s", async (offered, chosen, auth) => {
    expect(await chosenAmong(offered, auth)).toBe(chosen);
  });

  test.each<[string, SmtpCredentials, RegExp]>([
    ["GSSAPI", { user: USER, password: PASSWORD }, /offers to log in by GSSAPI; known here for a password are/],
    ["PLAIN", { user: USER, accessToken: TOKEN }, /by PLAIN; known here for a token are OAUTHBEARER.*auth\.password/],
    ["XOAUTH2", { user: USER, password: PASSWORD }, /by XOAUTH2; .*Give auth\.oauth2 or auth\.accessToken/],
    ["PLAIN", { user: USER, password: PASSWORD, method: "LOGIN" }, /by PLAIN; auth\.method is LOGIN/],
  ])("where %s is offered and none fits, nothing is said", async (offered, auth, words) => {
    const { server, pool } = await serve(offered, async () => {}, auth);
    const error = await failure(pool.verify());
    expect(error).toMatchObject({ code: "WX_SMTP_AUTH", retryable: false });
    expect(error.message).toMatch(words);
    expect(server.conversations[0]).toHaveLength(1);
  });
});

test("CRAM-MD5 answers the challenge with a digest", async () => {
  // The example of RFC 2195, section 2.
  const challenge = "<1896.697170952@postoffice.reston.mci.net>";
  const auth = { user: "tim", password: "tanstaaftanstaaf" };
  const ask = async (peer: Peer): Promise<void> => {
    await peer.line();
    await peer.say(`334 ${base64(challenge)}\r\n`);
    await welcome(peer);
  };
  const { server, pool } = await serve("CRAM-MD5", ask, auth);
  await pool.verify();
  expect(server.conversations[0]?.slice(1)).toEqual([
    "AUTH CRAM-MD5",
    "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw",
  ]);
});

test("a digest that the server repeats is not shown", async () => {
  const digest = createHmac("md5", PASSWORD).update("<1@x>").digest("hex");
  const { pool } = await serve("CRAM-MD5", async (peer) => {
    await peer.line();
    await peer.say(`334 ${base64("<1@x>")}\r\n`);
    await peer.line();
    await peer.say(`535 5.7.8 ${digest} is wrong\r\n`);
  });
  const error = await failure(pool.verify());
  expect(JSON.stringify(error)).not.toContain(digest);
  expect(error.message).toContain("[hidden] is wrong");
  expect(error.message).toContain('auth.method "PLAIN"');
});

describe("SCRAM-SHA-256", () => {
  test("both sides prove that they know the password", async () => {
    const { server, pool } = await serve("PLAIN SCRAM-SHA-256", (peer) => playScram(peer, { password: PASSWORD }));
    await pool.verify();
    expect(server.conversations.flat().join("\n")).not.toContain(base64(PASSWORD));
  });

  test("a wrong password is refused, and the proof is not shown", async () => {
    const { pool } = await serve("SCRAM-SHA-256", (peer) => playScram(peer, { password: "another" }));
    const error = await failure(pool.verify());
    expect(error).toMatchObject({ code: "WX_SMTP_AUTH", reply: { code: 535 } });
    expect(error.transcript.filter((line) => line.startsWith("C: "))).toEqual([
      expect.stringMatching(/^C: EHLO/),
      "C: AUTH SCRAM-SHA-256 ********",
      "C: ********",
    ]);
  });

  test.each(["v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "e=other-error"])(
    "a server that says %j and then welcomes us is not believed",
    async (serverFinal) => {
      const { pool } = await serve("SCRAM-SHA-256", (peer) => playScram(peer, { password: PASSWORD, serverFinal }));
      const error = await failure(pool.verify());
      expect(error).toMatchObject({ code: "WX_SMTP_AUTH", retryable: false, outcome: "not-sent" });
      expect(error.message).toContain("did not prove that it knows the password");
    },
  );

  test("a welcome without any proof is not believed", async () => {
    const { pool } = await serve("SCRAM-SHA-256", welcome);
    expect((await failure(pool.verify())).message).toContain("does not answer ours");
  });
});

describe("access tokens", () => {
  const auth = { user: USER, accessToken: TOKEN };

  test("XOAUTH2 and OAUTHBEARER carry the token as their providers have it", async () => {
    for (const offered of ["XOAUTH2", "OAUTHBEARER"]) {
      const { server, pool } = await serve(offered, welcome, auth);
      await pool.verify();
      const [, , words] = server.conversations[0]?.[1]?.split(" ") ?? [];
      expect(plainText(words)).toBe(
        offered === "XOAUTH2"
          ? `user=${USER}\x01auth=Bearer ${TOKEN}\x01\x01`
          : `n,a=${USER},\x01host=127.0.0.1\x01port=${server.port}\x01auth=Bearer ${TOKEN}\x01\x01`,
      );
    }
  });

  test("a token of 3 KB follows the command", async () => {
    const accessToken = "t".repeat(3000);
    const ask = async (peer: Peer): Promise<void> => {
      await peer.line();
      await peer.say("334 \r\n");
      await welcome(peer);
    };
    const { server, pool } = await serve("XOAUTH2", ask, { user: USER, accessToken });
    await pool.verify();
    expect(server.conversations[0]?.[1]).toBe("AUTH XOAUTH2");
    expect(plainText(server.conversations[0]?.[2])).toContain(accessToken);
  });

  test.each([
    ["XOAUTH2", ""],
    ["OAUTHBEARER", "AQ=="],
  ])("a refusal by %s is shown with its reason", async (offered, answer) => {
    const reason = '{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}';
    const refuse = async (peer: Peer): Promise<void> => {
      await peer.line();
      await peer.say(`334 ${base64(reason)}\r\n`);
      await peer.line();
      await peer.say("535 5.7.8 not accepted\r\n");
    };
    const { server, pool } = await serve(offered, refuse, auth);
    const error = await failure(pool.verify());
    expect(error).toMatchObject({ code: "WX_SMTP_AUTH", retryable: false, reply: { code: 535 } });
    expect(error.message).toContain(reason);
    expect(server.conversations[0]?.[2]).toBe(answer);
    // The same token again would be the same refusal.
    expect(server.conversations[0]).toHaveLength(3);
  });

  test("a token that is refused is replaced once, on the same connection", async () => {
    const asked: boolean[] = [];
    const accessToken = async ({ refresh }: { refresh: boolean }): Promise<string> => {
      asked.push(refresh);
      return refresh ? "fresh" : "stale";
    };
    const { server, pool } = await serve(
      "XOAUTH2",
      async (peer) => {
        await peer.line();
        await peer.say("535 5.7.8 expired\r\n");
        await welcome(peer);
      },
      { user: USER, accessToken },
    );
    await pool.verify();
    expect(asked).toEqual([false, true]);
    const tokens = server.conversations[0]?.slice(1).map((line) => plainText(line.split(" ")[2]));
    expect(tokens).toEqual([expect.stringContaining("stale"), expect.stringContaining("fresh")]);
  });

  test("two refusals are enough", async () => {
    let count = 0;
    const refuse = async (peer: Peer): Promise<void> => {
      for (;;) {
        await peer.line();
        await peer.say("535 5.7.8 no\r\n");
      }
    };
    const { server, pool } = await serve("XOAUTH2", refuse, { user: USER, accessToken: () => `token${(count += 1)}` });
    expect(await failure(pool.verify())).toMatchObject({ code: "WX_SMTP_AUTH", reply: { code: 535 } });
    expect(server.conversations[0]).toHaveLength(3);
  });

  test.each([
    ["throws", () => Promise.reject(new Error("the vault is closed"))],
    ["gives nothing", () => ""],
    ["gives a line break", () => "a\r\nMAIL FROM:<x>"],
    ["gives a field's end", () => "a\x01b"],
  ])("a function that %s is told so", async (_, accessToken) => {
    const { server, pool } = await serve("XOAUTH2", async () => {}, { user: USER, accessToken });
    const error = await failure(pool.verify());
    expect(error).toMatchObject({ code: "WX_SMTP_OAUTH2", stage: "auth", outcome: "not-sent" });
    expect(error.message).toContain("auth.accessToken");
    expect(server.conversations[0]).toHaveLength(1);
  });

  test("a function that never answers ends at the deadline, or with the caller's signal", async () => {
    const never = { user: USER, accessToken: () => new Promise<string>(() => {}) };
    const script = async (peer: Peer): Promise<void> => {
      await peer.greet("AUTH XOAUTH2");
      await peer.gone();
    };
    const options = { security: "none", allowPlaintextAuth: true, auth: never } as const;
    const { pool: short } = await serveScripted(script, { ...options, timeouts: { replyMs: 100 } });
    const late = await failure(short.verify());
    expect(late).toMatchObject({ code: "WX_SMTP_TIMEOUT", stage: "auth", retryable: true });
    expect(late.message).toContain("access token");
    const { server, pool } = await serveScripted(script, options);
    const stop = new AbortController();
    const opening = failure(pool.verify({ signal: stop.signal }));
    await expect.poll(() => server.conversations[0]?.length).toBe(1);
    stop.abort();
    expect(await opening).toMatchObject({ code: "WX_SMTP_ABORTED" });
  });
});

test("a short password does not tear the challenges apart", async () => {
  for (const password of ["A", "aB", "c3M"]) {
    const { pool } = await serve("SCRAM-SHA-256", (peer) => playScram(peer, { password }), { user: USER, password });
    await expect(pool.verify()).resolves.toBeUndefined();
  }
});
