import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:https";
import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { createCertificates } from "../../../../test/support/certificates.ts";
import { fixedClock } from "../../../../test/support/fixed-clock.ts";
import { listenHttpProvider } from "../../../../test/support/http-provider.ts";
import { PLAIN, PLAIN_ENVELOPE } from "../../../../test/support/rich-message.ts";
import type { Backend } from "../../backend.ts";
import { aliyunBackend } from "./aliyun.ts";
import { mailgunBackend } from "./mailgun.ts";
import { postmarkBackend } from "./postmark.ts";
import { resendBackend } from "./resend.ts";
import { sendgridBackend } from "./sendgrid.ts";
import { sesBackend } from "./ses.ts";
import { tencentBackend } from "./tencent.ts";

const backendAt = (baseUrl: string, timeoutMs = 10_000): Backend => resendBackend({ apiKey: "x", baseUrl, timeoutMs });

/** A server that does with each connection what the test says. */
async function listenRaw(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("nothing listens: not sent, worth another try", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await expect(backendAt(`http://127.0.0.1:${port}`).send(PLAIN_ENVELOPE, PLAIN)).rejects.toMatchObject({
    code: "WX_DELIVERY_DEFERRED",
    outcome: "not-sent",
    stage: "connect",
    server: `127.0.0.1:${port}`,
  });
});

test("a name that does not exist: not sent", async () => {
  const sent = backendAt("https://api.invalid").send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ outcome: "not-sent", stage: "connect", retryable: true });
});

test("a connection that breaks after the whole request: unknown", async () => {
  const provider = await listenHttpProvider("reset");
  const sent = backendAt(provider.url).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ code: "WX_DELIVERY_UNKNOWN", stage: "response", retryable: true });
  expect(provider.requests.length).toBe(1);
});

test("an answer that breaks off: unknown", async () => {
  const url = await listenRaw((socket) =>
    socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")),
  );
  await expect(backendAt(url).send(PLAIN_ENVELOPE, PLAIN)).rejects.toMatchObject({ outcome: "unknown" });
});

test("no answer within the deadline: unknown, and it says after how long", async () => {
  const provider = await listenHttpProvider("hang");
  const sent = backendAt(provider.url, 50).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ code: "WX_DELIVERY_UNKNOWN", retryable: true });
  await expect(sent).rejects.toThrow("did not answer within 50 ms; it may have taken the message");
});

test("the caller's signal gives a request up; one that had aborted before sends nothing", async () => {
  const provider = await listenHttpProvider("hang");
  const controller = new AbortController();
  const sent = backendAt(provider.url).send(PLAIN_ENVELOPE, PLAIN, { signal: controller.signal });
  const given = async (): Promise<void> => {
    await expect.poll(() => provider.requests.length).toBe(1);
    controller.abort();
  };
  await Promise.all([expect(sent).rejects.toMatchObject({ outcome: "unknown" }), given()]);
  const again = backendAt(provider.url).send(PLAIN_ENVELOPE, PLAIN, { signal: controller.signal });
  await expect(again).rejects.toMatchObject({ outcome: "not-sent", retryable: true });
  expect(provider.requests.length).toBe(1);
});

test("a certificate that is not to be trusted: not sent, and no use to try again", async () => {
  const { selfSigned } = await createCertificates();
  const pair = await selfSigned({ names: ["localhost"], ips: ["127.0.0.1"] });
  const server = createTlsServer(pair).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const sent = backendAt(`https://127.0.0.1:${port}`).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ code: "WX_DELIVERY_REFUSED", stage: "tls", outcome: "not-sent" });
});

test("a server without TLS behind https: not sent", async () => {
  const url = await listenRaw((socket) => socket.end("hello\r\n"));
  const sent = backendAt(url.replace("http:", "https:")).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ stage: "tls", outcome: "not-sent", retryable: true });
});

test("a redirect is not followed: the key stays here", async () => {
  const other = await listenHttpProvider({ status: 200, body: { id: "x" } });
  const provider = await listenHttpProvider({ status: 307, headers: { location: other.url }, body: "" });
  const sent = backendAt(provider.url).send(PLAIN_ENVELOPE, PLAIN);
  await expect(sent).rejects.toMatchObject({ stage: "auth", retryable: false });
  expect(other.requests).toEqual([]);
});

test("a gateway that gave up waiting does not know either: unknown", async () => {
  const provider = await listenHttpProvider({ status: 504, body: "<html>Gateway Time-out" });
  await expect(backendAt(provider.url).send(PLAIN_ENVELOPE, PLAIN)).rejects.toMatchObject({
    code: "WX_DELIVERY_UNKNOWN",
    retryable: true,
  });
});

test("a date in Retry-After is read against the clock, a date in the past means at once, and no wait is longer than a day", async () => {
  const clock = fixedClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const body = "busy";
  const provider = await listenHttpProvider(
    { status: 503, headers: { "retry-after": "Fri, 02 Jan 2026 03:05:05 GMT" }, body },
    { status: 503, headers: { "retry-after": "Fri, 02 Jan 2026 03:00:00 GMT" }, body },
    { status: 503, headers: { "retry-after": "soon" }, body },
    { status: 503, headers: { "retry-after": "999999999" }, body },
  );
  const backend = resendBackend({ apiKey: "x", baseUrl: provider.url, clock });
  for (const retryAfterMs of [60_000, 0, undefined, 86_400_000]) {
    const error: unknown = await backend.send(PLAIN_ENVELOPE, PLAIN).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ retryable: true, retryAfterMs });
  }
});

test("an answer without end is not read to the end", async () => {
  const url = await listenRaw((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 500 No\r\ncontent-type: text/plain\r\n\r\n");
      const more = (): void => {
        while (socket.writable && socket.write(Buffer.alloc(65_536, "x"))) {
          // as long as it is taken
        }
      };
      socket.on("drain", more);
      more();
    });
  });
  await expect(backendAt(url).send(PLAIN_ENVELOPE, PLAIN)).rejects.toMatchObject({ code: "WX_DELIVERY_DEFERRED" });
});

test("a long or hostile answer is shown short and on one line, without the key", async () => {
  const provider = await listenHttpProvider({ status: 400, body: `\u001b[2Jbad\r\n${"x".repeat(5000)}` });
  const backend = resendBackend({ apiKey: "re_secret", baseUrl: provider.url });
  const error: unknown = await backend.send(PLAIN_ENVELOPE, PLAIN).catch((reason: unknown) => reason);
  const { message } = error as Error;
  expect(message.length).toBeLessThan(400);
  expect(message).not.toMatch(/[\p{Cc}]|re_secret/u);
});

test.each([
  [{ dsn: { notify: "never" } as const }, "delivery reports"],
  [{ smtpUtf8: true }, "plain ASCII addresses"],
  [{ requireTls: true }, "demand TLS"],
])("%j, which only SMTP can promise, is refused", async (promise, text) => {
  const sent = backendAt("http://127.0.0.1:1").send({ ...PLAIN_ENVELOPE, ...promise }, PLAIN);
  await expect(sent).rejects.toThrow(text);
  await expect(sent).rejects.toMatchObject({ stage: "unsupported", outcome: "not-sent", retryable: false });
});

test("a quoted recipient, which some APIs would take for several, is not sent to", async () => {
  const provider = await listenHttpProvider({ status: 200, body: {} });
  const common = { baseUrl: provider.url, accessKeyId: "a", secretAccessKey: "b" };
  const ways = [
    aliyunBackend(common),
    sesBackend({ ...common, region: "eu-west-1" }),
    mailgunBackend({ baseUrl: provider.url, apiKey: "x", domain: "example.com" }),
    backendAt(provider.url),
  ];
  const to = ['"ann,eve@evil.example,x"@example.com'];
  for (const way of ways) {
    const sent = way.send({ ...PLAIN_ENVELOPE, to }, PLAIN);
    await expect(sent).rejects.toMatchObject({ outcome: "not-sent", stage: "unsupported" });
  }
  expect(provider.requests).toEqual([]);
});

test.each(["https://:secret@api.example.com", "https://user:secret@api.example.com", "ftp://api.example.com"])(
  "%s is no base URL, and its password stays out of the error",
  (baseUrl) => {
    expect(() => backendAt(baseUrl)).toThrow(expect.objectContaining({ code: "WX_MAILER_OPTION" }) as Error);
    expect(() => backendAt(baseUrl)).not.toThrow(/secret/);
  },
);

test("a key that a provider says back stands in no error", async () => {
  const secret = "a-secret-key";
  const body = {
    message: `${secret} is wrong`,
    Message: `${secret} is wrong`,
    errors: [{ message: `${secret} is wrong` }],
  };
  const provider = await listenHttpProvider({ status: 401, body: { ...body, Code: secret, name: secret } });
  const [key, keys] = [
    { baseUrl: provider.url, apiKey: secret },
    { baseUrl: provider.url, accessKeyId: "AKID", secretAccessKey: secret },
  ];
  const ways = [
    resendBackend(key),
    postmarkBackend(key),
    sendgridBackend(key),
    mailgunBackend({ ...key, domain: "example.com" }),
    sesBackend({ ...keys, region: "eu-west-1" }),
    aliyunBackend(keys),
    tencentBackend(keys),
  ];
  for (const way of ways) {
    const error: unknown = await way.send(PLAIN_ENVELOPE, PLAIN).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ stage: "auth", retryable: false });
    expect(inspect([error, way], { depth: 9, showHidden: true })).not.toContain(secret);
  }
});
