import { describe, expect, test } from "vitest";
import { serveScripted } from "../../../test/support/scripted-pool.ts";
import { serveTokens, type TokenEndpoint } from "../../../test/support/token-endpoint.ts";
import type { SecretSource } from "../auth/secret-source.ts";
import { SmtpError } from "../errors.ts";
import { resolveGrant, type SmtpOAuth2Options } from "./grant.ts";
import { refreshedToken } from "./refreshed-token.ts";

const CLIENT_SECRET = "GOCSPX-client+secret/1";
const REFRESH_TOKEN = "1//0refresh-token+of_mac";
const HOUR_MS = 3_600_000;

/** A source whose clock stands until the test moves it. */
function sourceOf(endpoint: TokenEndpoint, options: Partial<SmtpOAuth2Options> = {}): SecretSource & { nowMs: number } {
  const clock = { nowMs: 1000 };
  const all = { clientId: "waxseal", clientSecret: CLIENT_SECRET, refreshToken: REFRESH_TOKEN, ...options };
  const source = refreshedToken({ provider: { tokenUrl: endpoint.url }, ...all }, () => clock.nowMs);
  return Object.assign(clock, { get: (refused?: string) => source.get(refused) });
}

const tokens = (count: number): { body: unknown } => ({ body: { access_token: `token${count}`, expires_in: 3600 } });

test("a token is asked for by the refresh token, and kept until a minute before its end", async () => {
  const endpoint = await serveTokens(tokens);
  const source = sourceOf(endpoint, { scope: "mail send" });
  expect(await source.get()).toBe("token1");
  source.nowMs += HOUR_MS - 60_001;
  expect(await source.get()).toBe("token1");
  source.nowMs += 1;
  expect(await source.get()).toBe("token2");
  expect(endpoint.asked[0]).toEqual({
    grant_type: "refresh_token",
    client_id: "waxseal",
    client_secret: CLIENT_SECRET,
    refresh_token: REFRESH_TOKEN,
    scope: "mail send",
  });
});

test("many that wait are served by one request, and a refused token is replaced before its time", async () => {
  const endpoint = await serveTokens(tokens);
  const source = sourceOf(endpoint);
  const all = await Promise.all([source.get(), source.get(), source.get(), source.get()]);
  expect(all).toEqual(["token1", "token1", "token1", "token1"]);
  expect(await source.get("token1")).toBe("token2");
  // Another connection that was refused the same token finds the new one.
  expect(await source.get("token1")).toBe("token2");
  expect(endpoint.asked).toHaveLength(2);
});

test.each([
  ["100", 50_000],
  [undefined, 240_000],
  [-5, 240_000],
])("a life of %j seconds is used to %i ms", async (expiresIn, usedMs) => {
  const endpoint = await serveTokens((count) => ({ body: { access_token: `token${count}`, expires_in: expiresIn } }));
  const source = sourceOf(endpoint);
  await source.get();
  source.nowMs += usedMs - 1;
  expect(await source.get()).toBe("token1");
  source.nowMs += 1;
  expect(await source.get()).toBe("token2");
});

test("a refresh token that the endpoint replaces is used from then on, and told", async () => {
  const endpoint = await serveTokens((count) => ({
    body: { access_token: `token${count}`, expires_in: 3600, refresh_token: `rotated${count}` },
  }));
  const told: string[] = [];
  const source = sourceOf(endpoint, { onRefreshToken: (token) => void told.push(token) });
  await source.get();
  await source.get("token1");
  expect(told).toEqual(["rotated1", "rotated2"]);
  expect(endpoint.asked[1]?.["refresh_token"]).toBe("rotated1");
});

test("a callback that fails is told, and the next log-in has its token", async () => {
  const endpoint = await serveTokens(() => ({ body: { access_token: "t", expires_in: 3600, refresh_token: "next" } }));
  const source = sourceOf(endpoint, { onRefreshToken: () => Promise.reject(new Error("disk full")) });
  expect(await source.get()).toMatchObject({ code: "WX_SMTP_OAUTH2", retryable: true, cause: new Error("disk full") });
  expect(await source.get()).toBe("t");
});

describe("what the endpoint says", () => {
  test.each([
    [400, { error: "invalid_grant", error_description: "Token has been revoked." }, false, /consent again/],
    [401, { error: "invalid_client" }, false, /clientId and clientSecret/],
    [400, "<html>", false, /provider's pages/],
    [503, { error: "temporarily_unavailable" }, true, /503/],
    [429, {}, true, /429/],
    [200, { token: "elsewhere" }, true, /without an access token/],
    [200, { access_token: "two words" }, true, /without an access token/],
    [200, "x".repeat(70_000), true, /more than 64 KB/],
    [200, "null", true, /without an access token/],
  ])("%i %j: retryable %s", async (status, body, retryable, words) => {
    const source = sourceOf(await serveTokens(() => ({ status, body })));
    const fault = await source.get();
    expect(fault).toMatchObject({ code: "WX_SMTP_OAUTH2", retryable });
    expect(JSON.stringify(fault)).toMatch(words);
    if (typeof fault !== "string") expect(fault.what).toMatch(/127\.0\.0\.1:\d+\/token /);
  });

  test("is shown without a secret, however it repeats one", async () => {
    const forms = [CLIENT_SECRET, REFRESH_TOKEN].flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
    ]);
    const source = sourceOf(
      await serveTokens(() => ({
        status: 400,
        body: { error: "invalid_request", error_description: forms.join(" ") },
      })),
    );
    const fault = JSON.stringify(await source.get());
    for (const form of [...forms, "in-the-query"]) expect(fault).not.toContain(form);
    expect(fault).toContain("[hidden]");
  });

  test("a redirection is not followed: the form holds secrets", async () => {
    const elsewhere = await serveTokens(tokens);
    const endpoint = await serveTokens(() => ({ status: 307, body: "", headers: { location: elsewhere.url } }));
    expect(await sourceOf(endpoint).get()).toMatchObject({ code: "WX_SMTP_OAUTH2", retryable: true });
    expect(elsewhere.asked).toEqual([]);
  });

  test("an endpoint that cannot be reached is named", async () => {
    const source = sourceOf({ url: "http://127.0.0.1:1/token", asked: [] });
    const fault = await source.get();
    expect(fault).toMatchObject({ code: "WX_SMTP_OAUTH2", retryable: true });
    expect(JSON.stringify(fault)).toContain("127.0.0.1:1/token");
  });
});

describe("the grant", () => {
  const google = { provider: "google", clientId: "c", refreshToken: "r" } as const;
  const microsoft = { ...google, provider: "microsoft" } as const;

  test.each([
    [google, "https://oauth2.googleapis.com/token", undefined],
    [
      microsoft,
      "https://login.microsoftonline.com/common/oauth2/v2.0/token",
      "https://outlook.office.com/SMTP.Send offline_access",
    ],
    [
      { provider: "microsoft", clientId: "c", clientSecret: "s", tenant: "contoso.example" },
      "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token",
      "https://outlook.office365.com/.default",
    ],
    [{ ...microsoft, scope: "own" }, "https://login.microsoftonline.com/common/oauth2/v2.0/token", "own"],
  ] as const)("%j is asked of %s", (options, url, scope) => {
    const grant = resolveGrant(options);
    expect([grant.tokenUrl.href, grant.scope]).toEqual([url, scope]);
  });

  test("a client asks for itself where there is no refresh token", async () => {
    const endpoint = await serveTokens(tokens);
    await sourceOf(endpoint, { refreshToken: undefined }).get();
    expect(endpoint.asked[0]).toEqual({
      grant_type: "client_credentials",
      client_id: "waxseal",
      client_secret: CLIENT_SECRET,
    });
  });

  test.each([
    [{ ...google, refreshToken: undefined, clientSecret: "s" }, "refreshToken"],
    [{ ...google, clientId: "" }, "clientId"],
    [{ ...google, tenant: "x" }, "tenant"],
    [{ ...microsoft, tenant: "a/b" }, "tenant"],
    [{ provider: "microsoft", clientId: "c", clientSecret: "s" }, "tenant"],
    [{ ...google, provider: "gogle" }, "provider"],
    [{ ...google, provider: { tokenUrl: "http://token.example/" } }, "provider"],
    [{ ...google, provider: { tokenUrl: "https://u:p@token.example/" } }, "provider"],
    [{ ...google, refrehToken: "x" }, "refreshToken"],
  ])("%j is refused by name", (options, name) => {
    const refused = (): unknown => resolveGrant(options as SmtpOAuth2Options);
    expect(refused).toThrow(SmtpError);
    expect(refused).toThrow(new RegExp(`auth\\.oauth2.*${name}`));
  });
});

test("a log-in fetches its token, and a fresh one where the server refuses that", async () => {
  const endpoint = await serveTokens(tokens);
  const lines: string[] = [];
  const { pool } = await serveScripted(
    async (peer) => {
      await peer.greet("AUTH XOAUTH2");
      lines.push(Buffer.from((await peer.line()).split(" ")[2] ?? "", "base64").toString());
      await peer.say("535 5.7.3 expired\r\n");
      lines.push(Buffer.from((await peer.line()).split(" ")[2] ?? "", "base64").toString());
      await peer.say("235 welcome\r\n");
      await peer.gone();
    },
    {
      security: "none",
      allowPlaintextAuth: true,
      auth: {
        user: "mac@example.com",
        oauth2: { provider: { tokenUrl: endpoint.url }, clientId: "c", refreshToken: REFRESH_TOKEN },
      },
    },
  );
  await pool.verify();
  expect(lines.map((line) => /Bearer (\w+)/.exec(line)?.[1])).toEqual(["token1", "token2"]);
});
