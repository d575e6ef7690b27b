import { createServer } from "node:net";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test } from "vitest";
import { createCertificates } from "../../../test/support/certificates.ts";
import { fixedClock } from "../../../test/support/fixed-clock.ts";
import { authPlain, loggedIn, startSubmission, submit, talk } from "../../../test/support/submission-server.ts";
import { testDatabase } from "../../../test/support/test-database.ts";
import { until } from "../../../test/support/until.ts";
import { createApiKeys } from "./api-keys.ts";
import { createSubmission } from "./submission.ts";

const letter = "From: Shop <shop@shop.example>\r\nTo: ann@x.cn\r\nSubject: Hello\r\n\r\nWorld\r\n";

test("a message is taken with a key, stored, and answered with its id", async () => {
  const server = await startSubmission({ key: { mailer: "bulk", tenant: "acme", priority: "low" } });
  const client = await loggedIn(server);
  expect(await submit(client, letter, ["ann@x.cn", "bob@x.cn"])).toBe("250 2.0.0 Ok: queued as id-1");
  expect(server.taken[0]).toMatchObject({
    composed: { envelope: { from: "shop@shop.example", to: ["ann@x.cn", "bob@x.cn"] }, subject: "Hello" },
    options: { using: "bulk", tenant: "acme", priority: "low" },
    key: { name: "shop" },
  });
  expect(await submit(client, letter)).toBe("250 2.0.0 Ok: queued as id-2");
});

test("the 250 waits for the message to be stored, and messages do not wait for each other", async () => {
  const stored: (() => void)[] = [];
  const deliver = () => new Promise<string>((resolve) => stored.push(() => resolve(`id-${stored.length}`)));
  const server = await startSubmission({ deliver });
  const clients = await Promise.all([loggedIn(server), loggedIn(server), loggedIn(server)]);
  let answered = 0;
  const answers = clients.map((client) => submit(client, letter).finally(() => answered++));
  await until(() => stored.length === 3);
  expect(answered).toBe(0);
  for (const done of stored) done();
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 3 }, () => "250 2.0.0 Ok: queued as id-3"));
});

test("where it cannot be stored the client is to try again, and may", async () => {
  let isBroken = true;
  const server = await startSubmission({
    deliver: async () => {
      if (isBroken) throw new Error("SQLITE_FULL: /var/secret/path");
      return "id-7";
    },
  });
  const client = await loggedIn(server);
  const refused = await submit(client, letter);
  expect(refused).toMatch(/^451 4\.3\.0 /);
  expect(refused).not.toContain("secret");
  isBroken = false;
  expect(await submit(client, letter)).toBe("250 2.0.0 Ok: queued as id-7");
});

test("without a key nothing is taken: no sender, no recipient", async () => {
  const { port, taken } = await startSubmission();
  const client = await talk(port);
  expect(await client.reply()).toMatch(/^220 submit\.example ESMTP/);
  expect(await client.say("EHLO client.example")).toMatch(/AUTH PLAIN LOGIN\n/);
  expect(await client.say("MAIL FROM:<shop@shop.example>")).toMatch(/^530 5\.7\.0 Authentication required/);
  expect(await client.say("RCPT TO:<ann@x.cn>")).toMatch(/^530 /);
  expect(await client.say("DATA")).toMatch(/^530 /);
  expect(taken).toEqual([]);
});

test("AUTH LOGIN takes the key too, whatever the user is called", async () => {
  const { port, secret } = await startSubmission();
  const client = await talk(port);
  await client.reply();
  await client.say("EHLO client.example");
  expect(await client.say("AUTH LOGIN")).toMatch(/^334 /);
  expect(await client.say(Buffer.from("anybody").toString("base64"))).toMatch(/^334 /);
  expect(await client.say(Buffer.from(secret).toString("base64"))).toMatch(/^235 /);
});

test("a wrong key, a revoked one and what is none get the same answer, later each time; who goes on is hung up on", async () => {
  const waits: number[] = [];
  const clock = { ...fixedClock(), sleep: async (ms: number) => void waits.push(ms) };
  const { port, keys, secret } = await startSubmission({ clock, maxFailedLogins: 5 });
  const { secret: old } = await keys.create("old");
  await keys.revoke("old");
  const client = await talk(port);
  await client.reply();
  await client.say("EHLO client.example");
  const answers = [];
  for (const wrong of [`wxs_${"A".repeat(43)}`, old, "password", ""]) answers.push(await client.say(authPlain(wrong)));
  expect(new Set(answers).size).toBe(1);
  expect(answers[0]).toMatch(/^535 5\.7\.8 /);
  expect(waits).toEqual([250, 500, 1000, 2000]);
  const last = await client.say(authPlain("fifth"));
  expect(last).toMatch(/^421 4\.7\.0 Too many wrong keys from 127\.0\.0\.1\. Try again in 15 min/);
  await client.closed;

  const next = await talk(port);
  await next.reply();
  await next.say("EHLO client.example");
  expect(await next.say(authPlain("sixth"))).toMatch(/^421 4\.7\.0 /);
  await loggedIn({ port, secret }); // the right key is not locked out
});

test("a revoked key is refused on open connections too, once the answer about it is 2 seconds old", async () => {
  const clock = fixedClock();
  const server = await startSubmission({ clock });
  const client = await loggedIn(server);
  expect(await submit(client, letter)).toMatch(/^250 /);
  // As another process does it.
  await createApiKeys({ database: server.database }).revoke("shop");
  clock.advance(2_000);
  expect(await client.say("MAIL FROM:<shop@shop.example>")).toBe("421 4.7.0 The API key was revoked.");
  await client.closed;
});

test("keys travel under TLS: by STARTTLS, or on a port that begins with it", async () => {
  const { ca, issue } = await createCertificates();
  const tls = await issue({ names: ["localhost"], ips: ["127.0.0.1"] });
  const server = await startSubmission({ tls, at: { tlsPort: 0 } });
  const client = await talk(server.port);
  await client.reply();
  expect(await client.say("EHLO client.example")).toMatch(/STARTTLS/);
  expect(await client.say("STARTTLS")).toMatch(/^220 /);
  await client.secure(ca);
  expect(await client.say("EHLO client.example")).toMatch(/REQUIRETLS/);
  expect(await client.say(authPlain(server.secret))).toMatch(/^235 /);
  expect(await submit(client, letter)).toMatch(/^250 /);
  expect(Buffer.from(server.taken[0]?.composed.bytes ?? []).toString()).toMatch(/with ESMTPSA id /);

  const direct = await talk(server.tlsPort, { ca });
  await direct.reply();
  await direct.say("EHLO client.example");
  expect(await direct.say(authPlain(server.secret))).toMatch(/^235 /);
  expect(await submit(direct, letter)).toMatch(/^250 /);
});

test("what was said before STARTTLS does not count after it, a log-in included", async () => {
  const { ca, issue } = await createCertificates();
  const server = await startSubmission({ tls: await issue({ names: ["localhost"] }) });
  const client = await loggedIn(server);
  expect(await client.say("STARTTLS")).toMatch(/^220 /);
  await client.secure(ca);
  await client.say("EHLO client.example");
  expect(await client.say("MAIL FROM:<shop@shop.example>")).toMatch(/^530 /);
});

test("a renewed certificate is used from the next connection on", async () => {
  const [first, second] = [await createCertificates(), await createCertificates()];
  const server = await startSubmission({ tls: await first.issue({ names: ["localhost"] }), at: { tlsPort: 0 } });
  server.submission.useCertificate(await second.issue({ names: ["localhost"] }));
  const client = await talk(server.tlsPort, { ca: second.ca });
  expect(await client.reply()).toMatch(/^220 /);
});

test("in the clear, keys are neither offered nor taken from another machine unless that is asked for", async () => {
  const options = { database: await testDatabase(), keys: { find: async () => undefined }, deliver: async () => "" };
  await expect(createSubmission(options).listen({ host: "0.0.0.0", port: 0 })).rejects.toMatchObject({
    code: "WX_SUBMISSION_INSECURE",
    message: expect.stringContaining("0.0.0.0"),
  });
  await expect(createSubmission(options).listen({ port: 0, tlsPort: 0 })).rejects.toMatchObject({
    code: "WX_SUBMISSION_INSECURE",
  });
  const open = createSubmission({ ...options, allowPlaintextAuth: true });
  onTestFinished(() => open.close());
  expect((await open.listen({ host: "0.0.0.0", port: 0 })).port).toBeGreaterThan(0);
});

/** An address of this machine that others may have, too. */
const outward = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

test.skipIf(outward === undefined)(
  "over a network AUTH is offered under TLS only, so that no key is said before",
  async () => {
    const { ca, issue } = await createCertificates();
    const server = await startSubmission({ tls: await issue({ names: ["localhost"] }), at: { host: "0.0.0.0" } });
    const client = await talk(server.port, undefined, outward);
    await client.reply();
    expect(await client.say("EHLO client.example")).not.toMatch(/AUTH/);
    expect(await client.say(authPlain(server.secret))).toMatch(/^5/);
    expect(await client.say("MAIL FROM:<shop@shop.example>")).toBe("530 5.7.0 Must issue a STARTTLS command first");
    expect(await client.say("STARTTLS")).toMatch(/^220 /);
    await client.secure(ca);
    expect(await client.say("EHLO client.example")).toMatch(/AUTH PLAIN LOGIN/);
    expect(await client.say(authPlain(server.secret))).toMatch(/^235 /);

    const bounces = { matches: () => false, handle: async () => {} };
    const reports = await startSubmission({ bounces, at: { host: "0.0.0.0" } }); // without a certificate
    const other = await talk(reports.port, undefined, outward);
    await other.reply();
    expect(await other.say("EHLO mx.example")).not.toMatch(/AUTH/);
    expect(await other.say(authPlain(reports.secret))).toMatch(/^5/);
  },
);

test("senders the key may not use are refused by name, in the envelope and in the header", async () => {
  const server = await startSubmission({ key: { allowedFrom: ["*@shop.example", "news@*.shop.example"] } });
  const client = await loggedIn(server);
  const refused = await client.say("MAIL FROM:<eve@evil.example>");
  expect(refused).toMatch(/^550 5\.7\.1 MAIL FROM: eve@evil\.example is not allowed with the API key "shop"/);
  expect(refused).toContain("*@shop.example, news@*.shop.example");
  expect(refused).toContain("waxseal api-key create");
  for (const header of [
    "From: eve@evil.example",
    "From: shop@shop.example, eve@evil.example",
    'From: "shop@shop.example" <eve@evil.example>',
    "From: shop@shop.example\r\nSender: eve@evil.example",
    "From: shop@shop.example\r\nResent-From: shop@shop.example, eve@evil.example",
    "From: shop@shop.example\r\nResent-Sender: eve@evil.example",
    "From: shop@evil.shop.example",
  ]) {
    expect(await submit(client, `${header}\r\n\r\nx\r\n`), header).toMatch(/^550 5\.7\.1 .*WX_SUBMISSION_SENDER/);
  }
  expect(server.taken).toEqual([]);
  expect(await client.say("MAIL FROM:<news@Eu.Shop.Example>")).toMatch(/^250 /);
  await client.say("RSET");
  expect(await client.say("MAIL FROM:<>")).toMatch(/^250 /);
});

test("recipients and sizes have limits, which are told", async () => {
  const server = await startSubmission({ maxRecipients: 2, maxMessageBytes: 1000 });
  const client = await loggedIn(server);
  expect(await client.say("EHLO client.example")).toMatch(/SIZE 1000/);
  expect(await client.say("MAIL FROM:<shop@shop.example> SIZE=1001")).toMatch(/^552 /);
  await client.say("MAIL FROM:<shop@shop.example>");
  for (const name of ["a", "b"]) expect(await client.say(`RCPT TO:<${name}@x.cn>`)).toMatch(/^250 /);
  expect(await client.say("RCPT TO:<c@x.cn>")).toMatch(/^452 /);
  expect(await client.say("RCPT TO:<not an address>")).toMatch(/^501 /);
  await client.say("RSET");
  const long = `${letter}${"x".repeat(70)}\r\n`.padEnd(letter.length + 1500, `${"x".repeat(70)}\r\n`);
  expect(await submit(client, long)).toMatch(/^552 5\.3\.4 The message is larger than 1000 octets/);
  expect(await submit(client, letter)).toMatch(/^250 /);
});

test("a client that sends without end is cut off; nothing of it is kept", async () => {
  const server = await startSubmission({ maxMessageBytes: 10_000 });
  const client = await loggedIn(server);
  for (const line of ["MAIL FROM:<shop@shop.example>", "RCPT TO:<ann@x.cn>", "DATA"]) await client.say(line);
  const answer = client.reply();
  const block = Buffer.alloc(16_384, `${"x".repeat(62)}\r\n`);
  const pump = setInterval(() => client.write(block), 1);
  onTestFinished(() => clearInterval(pump));
  expect(await answer).toMatch(/^552 5\.3\.4 /);
  await client.closed;
  expect(server.taken).toEqual([]);
});

test("what all messages under way hold together is bounded, until they are stored", async () => {
  let store: (() => void) | undefined;
  const deliver = () => new Promise<string>((resolve) => (store = () => resolve("id-1")));
  const server = await startSubmission({ deliver, maxMessageBytes: 1000, maxBytesUnderWay: 1000 });
  const [first, second] = await Promise.all([loggedIn(server), loggedIn(server)]);
  // The 1000 octets are one room for both.
  const answer = submit(first, letter + "x".repeat(900));
  const stored = await until(() => store);
  expect(await submit(second, letter)).toMatch(/^452 4\.3\.1 /);
  stored();
  expect(await answer).toMatch(/^250 /);
  store = undefined;
  const again = submit(second, letter);
  (await until(() => store))();
  expect(await again).toMatch(/^250 /);
});

test("while messages are stored, they are held once and not twice", { timeout: 30_000 }, async () => {
  const stored: (() => void)[] = [];
  const deliver = () => new Promise<string>((resolve) => stored.push(() => resolve("id-1")));
  const server = await startSubmission({ deliver });
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const [count, size] = [16, 2 * 1024 * 1024];
  const clients = await Promise.all(Array.from({ length: count }, () => loggedIn(server)));
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  const long = letter + `${"x".repeat(70)}\r\n`.repeat(size / 72);
  const answers = clients.map((client) => submit(client, long));
  await until(() => stored.length === count);
  const share = (): number => {
    collectGarbage();
    return (process.memoryUsage().arrayBuffers - before) / (count * size);
  };
  await expect.poll(share).toBeLessThan(1.5);
  for (const done of stored) done();
  expect(await Promise.all(answers)).toEqual(answers.map(() => "250 2.0.0 Ok: queued as id-1"));
});

test("a client that goes away amid its message leaves nothing behind, not even room", async () => {
  const log: string[] = [];
  const logger = { log: (level: string, event: string) => void log.push(`${level} ${event}`) };
  const server = await startSubmission({ maxMessageBytes: 1000, maxBytesUnderWay: 1000, logger });
  const client = await loggedIn(server);
  for (const line of ["MAIL FROM:<shop@shop.example>", "RCPT TO:<ann@x.cn>", "DATA"]) await client.say(line);
  client.write(letter + "x".repeat(900));
  client.socket().destroy();
  await until(() => log.includes("info submission.refused"));
  expect(log.filter((line) => line.startsWith("error"))).toEqual([]);
  expect(await submit(await loggedIn(server), letter + "x".repeat(900))).toMatch(/^250 /);
  expect(server.taken).toHaveLength(1);
});

test("where the hooks leave nobody to send to, the client is told so, and has no error", async () => {
  const server = await startSubmission({ deliver: async () => undefined });
  expect(await submit(await loggedIn(server), letter)).toMatch(/^250 2\.0\.0 Ok: dropped, as the hooks/);
});

test("a key's rate and its number for the day are kept, and the answer says when to try again", async () => {
  const clock = fixedClock();
  const perMinute = await loggedIn(await startSubmission({ clock, key: { ratePerMinute: 2 } }));
  for (let n = 0; n < 2; n++) expect(await submit(perMinute, letter)).toMatch(/^250 /);
  expect(await submit(perMinute, letter)).toMatch(
    /^450 4\.7\.1 The API key "shop" may send 2 messages a minute\. Try again in \d+ s\.$/,
  );
  const perDay = await loggedIn(await startSubmission({ clock, key: { dailyLimit: 1 } }));
  expect(await submit(perDay, letter)).toMatch(/^250 /);
  expect(await submit(perDay, letter)).toMatch(
    /^450 4\.7\.1 The API key "shop" may send 1 messages a day\. Try again in \d+ h/,
  );
  clock.advance(86_400_000);
  expect(await submit(perDay, letter)).toMatch(/^250 /);
});

test("a client has so many connections and no more", async () => {
  const { port } = await startSubmission({ maxConnectionsPerClient: 2 });
  const [first] = [await talk(port), await talk(port)];
  await first.reply();
  const third = await talk(port);
  expect(await third.reply()).toMatch(/^421 4\.7\.0 More than 2 connections/);
  await first.say("QUIT");
  await first.closed;
  await until(async () => (await (await talk(port)).reply()).startsWith("220"));
});

test("all clients together have so many connections; those there are go on", async () => {
  const server = await startSubmission({ maxConnections: 1 });
  const client = await loggedIn(server);
  expect(await (await talk(server.port)).reply()).toMatch(/^421 /);
  expect(await submit(client, letter)).toMatch(/^250 /);
});

test("who says nothing, does not log in, or only tries commands, is hung up on", async () => {
  const idle = await talk((await startSubmission({ idleTimeoutMs: 200 })).port);
  await idle.reply();
  expect(await idle.reply()).toMatch(/^421 /);

  const late = await talk((await startSubmission({ unauthenticatedMs: 300 })).port);
  await late.reply();
  expect(await late.reply()).toMatch(/^421 4\.4\.2 Nobody has logged in/);

  const busy = await talk((await startSubmission({ maxUnauthenticatedCommands: 5 })).port);
  await busy.reply();
  const said: string[] = [];
  while (said.at(-1)?.startsWith("421") !== true) said.push(await busy.say("NOOP"));
  expect(said).toHaveLength(5);
  await busy.closed;
});

test("nobody learns here who has a mailbox", async () => {
  const client = await loggedIn(await startSubmission());
  for (const command of ["VRFY ann@x.cn", "EXPN staff"]) expect(await client.say(command)).toMatch(/^50[02] /);
});

test("only the bounce mailbox takes mail without a key, and only reports of a certain size and number", async () => {
  const reports: [string, string][] = [];
  const server = await startSubmission({
    maxBounceBytes: 2000,
    bouncesPerMinute: 4,
    bounces: {
      matches: (address) => address.endsWith("@bounces.shop.example"),
      handle: async (to, bytes) => void reports.push([to, Buffer.from(bytes).toString()]),
    },
  });
  const client = await talk(server.port);
  await client.reply();
  await client.say("EHLO mx.example");
  expect(await client.say("MAIL FROM:<>")).toMatch(/^250 /);
  expect(await client.say("RCPT TO:<ann@x.cn>")).toMatch(/^550 5\.7\.1 Relaying denied/);
  expect(await client.say("RCPT TO:<b+1@bounces.shop.example>")).toMatch(/^250 /);
  await client.say("DATA");
  client.write("From: mx@x.cn\r\n\r\nreport\r\n");
  expect(await client.say(".")).toBe("250 2.0.0 Ok: report taken");
  expect(reports).toEqual([["b+1@bounces.shop.example", "From: mx@x.cn\r\n\r\nreport\r\n"]]);
  const again = async (content: string): Promise<string> => {
    for (const line of ["MAIL FROM:<>", "RCPT TO:<b@bounces.shop.example>", "DATA"]) {
      const answer = await client.say(line);
      if (!/^[23]/.test(answer)) return answer;
    }
    client.write(content);
    return client.say("\r\n.");
  };
  expect(await again("x".repeat(3000))).toMatch(/^552 /);
  expect(await again("x")).toMatch(/^250 /);
  expect(await again("x")).toMatch(/^250 /);
  expect(await again("x")).toMatch(/^450 4\.7\.1 /);
  expect(server.taken).toEqual([]);
});

test("closing takes nothing more, but lets a message under way be stored", async () => {
  let done: (() => void) | undefined;
  const deliver = () => new Promise<string>((resolve) => (done = () => resolve("id-1")));
  const server = await startSubmission({ deliver, closeTimeoutMs: 5_000 });
  const [busy, idle] = await Promise.all([loggedIn(server), loggedIn(server)]);
  const answer = submit(busy, letter);
  const store = await until(() => done);
  const closed = server.submission.close();
  expect(await idle.reply()).toMatch(/^421 4\.3\.2 /);
  store();
  expect(await answer).toBe("250 2.0.0 Ok: queued as id-1");
  await closed;
});

test("a port in use, and options that do not exist, are named", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const { port } = other.address() as { port: number };
  const options = { database: await testDatabase(), keys: { find: async () => undefined }, deliver: async () => "" };
  await expect(createSubmission(options).listen({ port })).rejects.toMatchObject({
    code: "WX_SUBMISSION_LISTEN",
    message: expect.stringContaining(`127.0.0.1:${port}`),
    cause: { code: "EADDRINUSE" },
  });
  const misspelt = { ...options, maxMesageBytes: 1 };
  expect(() => createSubmission(misspelt)).toThrow(/Did you mean maxMessageBytes\?/);
  expect(() => createSubmission({ ...options, maxRecipients: 0 })).toThrow(/maxRecipients: it is 0/);
  // There is room for the largest message, unless somebody says that there is not.
  const large = { ...options, maxMessageBytes: 300 * 1024 * 1024 };
  expect(() => createSubmission(large)).not.toThrow();
  expect(() => createSubmission({ ...large, maxBytesUnderWay: 1000 })).toThrow(/must be at least maxMessageBytes/);
});

test("8 bits and UTF-8 are taken where the client says so: SMTPUTF8 for addresses and headers, nothing for bodies", async () => {
  const server = await startSubmission();
  const client = await loggedIn(server);
  expect(await client.say("EHLO client.example")).toMatch(/8BITMIME\n.*SMTPUTF8/);
  await client.say("MAIL FROM:<shop@shop.example> BODY=8BITMIME");
  expect(await client.say("RCPT TO:<王@x.cn>")).toMatch(/^553 5\.1\.3 .*WX_MESSAGE_ADDRESS/);
  await client.say("RSET");
  await client.say("MAIL FROM:<shop@shop.example> BODY=8BITMIME SMTPUTF8");
  expect(await client.say("RCPT TO:<王@例子.中国>")).toMatch(/^250 /);
  await client.say("DATA");
  client.write("From: 店 <shop@shop.example>\r\nSubject: 订单\r\n\r\n内容\r\n");
  expect(await client.say(".")).toMatch(/^250 /);
  const { envelope, bytes } = server.taken[0]?.composed ?? {};
  expect(envelope).toEqual({ from: "shop@shop.example", to: ["王@xn--fsqu00a.xn--fiqs8s"], smtpUtf8: true });
  expect(Buffer.from(bytes ?? []).toString()).toMatch(/with UTF8SMTPA? id .*\r\n.*\r\nFrom: 店/);
});
