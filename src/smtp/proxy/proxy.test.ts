import { once } from "node:events";
import { connect, createServer } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { type Certificates, createCertificates, type KeyAndCertificate } from "../../../test/support/certificates.ts";
import { type ProxyPlay, serveHttpProxy, serveSocks, type TestProxy } from "../../../test/support/proxies.ts";
import { serveScripted } from "../../../test/support/scripted-pool.ts";
import { listenTlsMailServer } from "../../../test/support/tls-mail-server.ts";
import { createSmtpPool, httpProxy, SmtpError, type SocketFunction, socksProxy } from "../index.ts";

const LOGIN = "mac:pass word@:/授权码";
const [USER = "", PASSWORD = ""] = [LOGIN.slice(0, 3), LOGIN.slice(4)];
const IN_URL = `${USER}:${encodeURIComponent(PASSWORD)}@`;
const MESSAGE = Buffer.from("Subject: hello\r\n\r\nthrough\r\n");
const ENVELOPE = { from: "mac@example.com", to: ["ann@example.com"] };

let certificates: Certificates;
let good: KeyAndCertificate;
beforeAll(async () => {
  certificates = await createCertificates();
  good = await certificates.issue({ names: ["mail.inside.test"], ips: ["127.0.0.1"] });
});

async function failure(opening: Promise<unknown>): Promise<SmtpError> {
  const error: unknown = await opening.then(() => "opened").catch((thrown: unknown) => thrown);
  if (!(error instanceof SmtpError)) throw new Error(`not an SmtpError: ${String(error)}`);
  const told = JSON.stringify([error.message, error.stack, String(error.cause)]);
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD)]) expect(told).not.toContain(secret);
  return error;
}

interface Kind {
  serve(play: ProxyPlay): Promise<TestProxy>;
  socket(port: number, login?: string): SocketFunction;
}
const kinds: [string, Kind][] = [
  ["SOCKS5", { serve: serveSocks, socket: (port, login = "") => socksProxy(`socks5://${login}127.0.0.1:${port}`) }],
  ["CONNECT", { serve: serveHttpProxy, socket: (port, login = "") => httpProxy(`http://${login}127.0.0.1:${port}`) }],
];

describe.each(kinds)("%s", (_, kind) => {
  test("mail goes through, and the proxy is given the server's name", async () => {
    const { server } = await serveScripted(async (peer) => {
      await peer.greet();
      await peer.message();
      await peer.gone();
    });
    const proxy = await kind.serve({ leadsTo: server.port });
    await using pool = createSmtpPool({ host: "mail.inside.test", port: 2525, socket: kind.socket(proxy.port) });
    expect((await pool.send(ENVELOPE, MESSAGE)).accepted).toEqual(ENVELOPE.to);
    expect(proxy.targets).toEqual(["mail.inside.test:2525"]);
  });

  test.each([
    ["tls", true],
    ["starttls", false],
  ] as const)(
    "%s goes through, checked against the server's name, with a log-in at both",
    async (security, implicit) => {
      const mail = await listenTlsMailServer(good, { implicit, user: "mac", password: "secret" });
      const proxy = await kind.serve({ leadsTo: mail.port, login: LOGIN });
      await using pool = createSmtpPool({
        host: "mail.inside.test",
        security,
        tls: { ca: certificates.ca },
        auth: { user: "mac", password: "secret" },
        socket: kind.socket(proxy.port, IN_URL),
      });
      await pool.send(ENVELOPE, MESSAGE);
      expect(mail.logins).toMatchObject([{ user: "mac", encrypted: true }]);
    },
  );

  test("a wrong or missing log-in at the proxy is named, and no password shown", async () => {
    const proxy = await kind.serve({ leadsTo: 1, login: `${LOGIN}!` });
    for (const login of [IN_URL, ""]) {
      await using pool = createSmtpPool({ host: "mail.inside.test", socket: kind.socket(proxy.port, login) });
      const error = await failure(pool.verify());
      expect(error).toMatchObject({ code: "WX_SMTP_CONNECT", stage: "connect", retryable: true });
      expect(error.message).toContain(`the proxy 127.0.0.1:${proxy.port}`);
      expect(error.message).toMatch(/user and password in the proxy's URL/);
    }
  });

  test("a proxy that is not there is named", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    await using pool = createSmtpPool({ host: "mail.inside.test", socket: kind.socket(port) });
    const { message } = await failure(pool.verify());
    expect(message).toMatch(new RegExp(`the proxy 127.0.0.1:${port} was not reached: .*ECONNREFUSED`));
  });

  test("an answer that comes byte by byte is read to its end, and no further", async () => {
    const { server } = await serveScripted(async (peer) => {
      await peer.greet();
      await peer.message();
      await peer.gone();
    });
    const proxy = await kind.serve({ leadsTo: server.port, login: LOGIN, drips: true });
    await using pool = createSmtpPool({ host: "a.test", port: 25, socket: kind.socket(proxy.port, IN_URL) });
    expect((await pool.send(ENVELOPE, MESSAGE)).accepted).toEqual(ENVELOPE.to);
  });

  test.each([
    ["another protocol's words", "220 mail.example ESMTP\r\n", /does not speak|closed/],
    ["an endless answer", `HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(4000)}`, /does not speak|more than 16384 bytes/],
  ])("%s end the attempt", async (_name, answer, words) => {
    const proxy = await kind.serve({ leadsTo: 1, answer });
    await using pool = createSmtpPool({ host: "mail.inside.test", socket: kind.socket(proxy.port) });
    expect((await failure(pool.verify())).message).toMatch(words);
    await expect.poll(() => proxy.open.size).toBe(0);
  });

  test("a proxy that says nothing ends at the deadline, or when the caller stops, and leaves nothing open", async () => {
    const proxy = await kind.serve({ leadsTo: 1, answer: "" });
    const options = { host: "mail.inside.test", socket: kind.socket(proxy.port) };
    await using short = createSmtpPool({ ...options, timeouts: { connectMs: 100 } });
    expect(await failure(short.verify())).toMatchObject({ code: "WX_SMTP_TIMEOUT", stage: "connect" });
    const stop = new AbortController();
    await using pool = createSmtpPool(options);
    const opening = failure(pool.verify({ signal: stop.signal }));
    await expect.poll(() => proxy.targets.length).toBe(2);
    stop.abort();
    expect(await opening).toMatchObject({ code: "WX_SMTP_ABORTED", stage: "connect" });
    await expect.poll(() => proxy.open.size).toBe(0);
  });
});

describe("SOCKS5", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7:25"],
    ["2001:db8::1", "20010db8000000000000000000000001:25"],
    ["::ffff:192.0.2.7", "00000000000000000000ffffc0000207:25"],
  ])("the address %s travels as an address", async (host, target) => {
    const proxy = await serveSocks({ leadsTo: 1, answer: Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0]) });
    await using pool = createSmtpPool({ host, port: 25, socket: socksProxy(`socks5://127.0.0.1:${proxy.port}`) });
    expect((await failure(pool.verify())).message).toContain("does not allow this connection");
    expect(proxy.targets).toEqual([target]);
  });

  test.each([
    [5, "was refused by the server"],
    [200, "answered with the unknown code 200"],
  ])("the answer %i is told in words, cut short or not", async (code, words) => {
    const proxy = await serveSocks({ leadsTo: 1, answer: Buffer.from([5, code]) });
    await using pool = createSmtpPool({ host: "a.test", socket: socksProxy(`socks5://127.0.0.1:${proxy.port}`) });
    expect((await failure(pool.verify())).message).toContain(words);
  });
});

describe("CONNECT", () => {
  test("a refusal is told with the proxy's words, made harmless", async () => {
    const proxy = await serveHttpProxy({ leadsTo: 1, answer: "HTTP/1.1 403 Not\x1b[31m this port\r\n\r\n" });
    await using pool = createSmtpPool({ host: "a.test", socket: httpProxy(`http://127.0.0.1:${proxy.port}`) });
    const { message } = await failure(pool.verify());
    expect(message).toContain("answered 403");
    expect(message).not.toContain("\x1b");
  });

  test("an address of IPv6 stands in brackets", async () => {
    const proxy = await serveHttpProxy({ leadsTo: 1, answer: "HTTP/1.1 403 no\r\n\r\n" });
    await using pool = createSmtpPool({ host: "::1", port: 25, socket: httpProxy(`http://127.0.0.1:${proxy.port}`) });
    await failure(pool.verify());
    expect(proxy.targets).toEqual(["[::1]:25"]);
  });

  test("the proxy itself is spoken to by TLS, and mail by TLS through it", async () => {
    const mail = await listenTlsMailServer(good, { implicit: true, user: "mac", password: "secret" });
    const proxy = await serveHttpProxy({ leadsTo: mail.port, tls: good });
    const url = `https://127.0.0.1:${proxy.port}`;
    const options = { host: "mail.inside.test", port: 465, auth: { user: "mac", password: "secret" } };
    const trusting = { ...options, tls: { ca: certificates.ca }, socket: httpProxy(url, { ca: certificates.ca }) };
    await using pool = createSmtpPool(trusting);
    await pool.send(ENVELOPE, MESSAGE);
    await using careful = createSmtpPool({ ...trusting, socket: httpProxy(url) });
    const error = await failure(careful.verify());
    expect(error).toMatchObject({ code: "WX_SMTP_CONNECT" });
    expect(proxy.targets).toHaveLength(1);
  });
});

test.each([
  () => socksProxy("http://127.0.0.1:1080"),
  () => socksProxy("127.0.0.1:1080"),
  () => socksProxy(`socks5://mac:${"p".repeat(256)}@127.0.0.1`),
  () => httpProxy("socks5://127.0.0.1"),
  () => httpProxy("http://mac:hush%@127.0.0.1"),
  () => httpProxy("http://127.0.0.1/path"),
  () => httpProxy("https://127.0.0.1", { cA: "x" } as object),
])("a URL that is none is refused at once, without its password (%#)", (make) => {
  expect(make).toThrow(SmtpError);
  expect(make).toThrow(/socket/);
  expect(make).not.toThrow(/hush|ppp/);
});

describe("a socket function of one's own", () => {
  test("is what the connection goes through", async () => {
    const { server } = await serveScripted((peer) => peer.greet().then(() => peer.gone()));
    const asked: unknown[] = [];
    const socket: SocketFunction = async (target) => {
      asked.push(target);
      const made = connect(server.port, "127.0.0.1");
      await once(made, "connect");
      return made;
    };
    await using pool = createSmtpPool({ host: "mail.inside.test", port: 25, socket });
    await pool.verify();
    expect(asked).toEqual([{ host: "mail.inside.test", port: 25 }]);
  });

  test("that throws, or gives no socket, is told so", async () => {
    const refusing: SocketFunction = () => {
      throw new Error("no tunnel");
    };
    for (const [socket, words] of [
      [refusing, /no tunnel/],
      [async () => ({}), /no net\.Socket/],
    ] as [SocketFunction, RegExp][]) {
      await using pool = createSmtpPool({ host: "mail.inside.test", socket });
      const error = await failure(pool.verify());
      expect(error).toMatchObject({ code: "WX_SMTP_CONNECT", stage: "connect" });
      expect(error.message).toMatch(words);
    }
  });

  test("that ends after its time leaves nothing open", async () => {
    const { server } = await serveScripted((peer) => peer.gone());
    const made = connect(server.port, "127.0.0.1");
    await once(made, "connect");
    let resolve = (_socket: typeof made): void => {};
    const late = new Promise<typeof made>((give) => (resolve = give));
    await using pool = createSmtpPool({
      host: "mail.inside.test",
      socket: () => late,
      timeouts: { connectMs: 50 },
    });
    expect(await failure(pool.verify())).toMatchObject({ code: "WX_SMTP_TIMEOUT" });
    resolve(made);
    await expect.poll(() => made.destroyed).toBe(true);
  });
});
