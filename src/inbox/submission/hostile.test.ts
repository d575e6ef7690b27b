import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createCertificates } from "../../../test/support/certificates.ts";
import { authPlain, loggedIn, startSubmission, submit, talk } from "../../../test/support/submission-server.ts";

const header = "From: Shop <shop@shop.example>\r\nTo: ann@x.cn\r\nSubject: Hello\r\n";
const letter = `${header}\r\nWorld\r\n`;

test.each(["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\r\n\0.\r\n", "\n\r\n.\r", "\r\n.\r\r\n"])(
  "%j does not end a message: what follows it is no command, and the whole is refused",
  async (end) => {
    const server = await startSubmission();
    const client = await loggedIn(server);
    for (const line of ["MAIL FROM:<shop@shop.example>", "RCPT TO:<ann@x.cn>", "DATA"]) await client.say(line);
    const smuggled = `MAIL FROM:<boss@bank.example>\r\nRCPT TO:<victim@x.cn>\r\nDATA\r\n${letter}`;
    client.write(`${letter.slice(0, -2)}${end}${smuggled}`);
    const answer = await client.say(".");
    if (end.includes("\0")) expect(answer).toMatch(/^250 /);
    else expect(answer).toMatch(/^554 5\.6\.0 message has a CR or LF alone; lines end with CRLF.*WX_MESSAGE_RAW/);
    expect(server.taken.flatMap(({ composed }) => composed.envelope.to)).not.toContain("victim@x.cn");
    expect(await client.say("NOOP")).toMatch(/^250 /);
  },
);

test("a dot and a LF at the very start of a message do not end it", async () => {
  const server = await startSubmission();
  const client = await loggedIn(server);
  for (const line of ["MAIL FROM:<shop@shop.example>", "RCPT TO:<ann@x.cn>", "DATA"]) await client.say(line);
  client.write(".\nMAIL FROM:<boss@bank.example>\r\nRCPT TO:<victim@x.cn>\r\nDATA\r\n");
  expect(await client.say(".")).toMatch(/^554 /);
  expect(server.taken).toEqual([]);
});

test("however a message is cut into packets, it arrives to the octet", { timeout: 30_000 }, async () => {
  const server = await startSubmission();
  const client = await loggedIn(server);
  const piece = fc.constantFrom("\r\n", ".", "..", "a", "\r\n.", "\r\n..", " ", "bcd");
  const bodies = fc.array(piece, { maxLength: 25 }).map((pieces) => `${pieces.join("")}\r\n`);
  await fc.assert(
    fc.asyncProperty(
      bodies,
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 9 }),
      async (body, cuts) => {
        for (const line of ["MAIL FROM:<shop@shop.example>", "RCPT TO:<ann@x.cn>", "DATA"]) await client.say(line);
        const stuffed = `${`${header}Message-ID: <1@x.cn>\r\n\r\n${body}`.replace(/(^|\r\n)\./g, "$1..")}.\r\n`;
        const end = stuffed.length - 60;
        client.write(stuffed.slice(0, end));
        for (let at = Math.max(0, end), turn = 0; at < stuffed.length; turn++) {
          const next = at + (cuts[turn % cuts.length] ?? 1);
          client.write(stuffed.slice(at, next));
          at = next;
          await new Promise(setImmediate);
        }
        expect(await client.reply()).toMatch(/^250 /);
        const text = Buffer.from(server.taken.pop()?.composed.bytes ?? []).toString();
        expect(text.slice(text.indexOf("\r\n\r\n") + 4)).toBe(body);
      },
    ),
    { numRuns: 40, seed: 6 },
  );
});

test("a whole conversation may come in one packet", async () => {
  const server = await startSubmission();
  const client = await loggedIn(server);
  const one = `MAIL FROM:<shop@shop.example>\r\nRCPT TO:<ann@x.cn>\r\nDATA\r\n${letter}.\r\n`;
  client.write(one + one + one);
  const answers: string[] = [];
  while (answers.length < 12) answers.push(await client.reply());
  expect(answers.filter((answer) => answer.startsWith("250 2.0.0 Ok: queued as id-"))).toHaveLength(3);
  expect(server.taken).toHaveLength(3);
});

test("what follows STARTTLS in the clear is not taken as said under TLS", async () => {
  const { ca, issue } = await createCertificates();
  const server = await startSubmission({ tls: await issue({ names: ["localhost"] }) });
  const client = await talk(server.port);
  await client.reply();
  await client.say("EHLO client.example");
  client.write(`STARTTLS\r\nEHLO evil.example\r\n${authPlain(server.secret)}\r\nMAIL FROM:<boss@bank.example>\r\n`);
  expect(await client.reply()).toMatch(/^220 /);
  await client.secure(ca);
  await client.say("EHLO client.example");
  expect(await client.say("MAIL FROM:<boss@bank.example>")).toMatch(/^530 /);
});

test.each([
  ["a browser", "POST / HTTP/1.1"],
  ["a line without end", `EHLO ${"x".repeat(40_000)}`],
])("%s is hung up on", async (_who, line) => {
  const server = await startSubmission();
  const client = await talk(server.port);
  await client.reply();
  expect(await client.say(line)).toMatch(/^421 /);
  await client.closed;
});

test.each([
  "MAIL FROM:<shop@shop.example\r>",
  "MAIL FROM:<a@b@c>",
  "MAIL FROM:shop@shop.example",
  "MAIL FROM:<shop@shop.example> SIZE=1 SIZE=2",
  "MAIL FROM:<shop@shop.example> ENVID=a+0D+0Ab",
  "MAIL FROM:<王@shop.example>",
])("%j is no sender", async (line) => {
  const client = await loggedIn(await startSubmission());
  expect(await client.say(line)).toMatch(/^5/);
});

test("text of a client's that comes back in a reply is one line of ASCII", async () => {
  const client = await loggedIn(await startSubmission());
  const answer = await submit(
    client,
    `X-Waxseal-Priority: =?utf-8?q?=0D=0A250_ok=E8=AE=A2${"x".repeat(900)}?=\r\n${letter}`,
  );
  expect(answer).toMatch(/^554 5\.6\.0 [ -~]+$/);
  expect(answer.length).toBeLessThan(512);
});

test("what a refused MAIL asked for does not stay for the next", async () => {
  const server = await startSubmission({ key: { allowedFrom: ["shop@shop.example"] } });
  const client = await loggedIn(server);
  expect(await client.say("MAIL FROM:<eve@evil.example> SMTPUTF8 RET=FULL ENVID=evil")).toMatch(/^550 /);
  expect(await submit(client, letter)).toMatch(/^250 /);
  expect(server.taken[0]?.composed.envelope).toEqual({ from: "shop@shop.example", to: ["ann@x.cn"] });
});

test("reports that a client asks for are passed on", async () => {
  const server = await startSubmission();
  const client = await loggedIn(server);
  expect(await client.say("MAIL FROM:<shop@shop.example> RET=HDRS ENVID=order-17")).toMatch(/^250 /);
  await client.say("RCPT TO:<ann@x.cn> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;ann@x.cn");
  await client.say("RCPT TO:<bob@x.cn> NOTIFY=NEVER");
  await client.say("DATA");
  client.write(letter);
  expect(await client.say(".")).toMatch(/^250 /);
  expect(server.taken[0]?.composed.envelope.dsn).toEqual({
    notify: ["success", "failure"],
    return: "headers",
    id: "order-17",
  });
});

test("whatever is said, nobody gets in without the key, and the server lives on", { timeout: 30_000 }, async () => {
  const server = await startSubmission({ maxConnectionsPerClient: 500 });
  const words = "EHLO x|HELO|MAIL FROM:<a@x.cn>|RCPT TO:<b@x.cn>|DATA|.|RSET|AUTH PLAIN|AUTH LOGIN|*|AUTH XOAUTH2 =|\0";
  const others = "AUTH PLAIN AAAA|STARTTLS|\xff\xfe|XCLIENT ADDR=127.0.0.1 LOGIN=shop|WIZ x||NOOP";
  const word = fc.constantFrom(...words.split("|"), ...others.split("|"));
  const ending = fc.constantFrom("\r\n", "\n", "\r", "\r\n\r\n");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(word, ending), { minLength: 1, maxLength: 12 }), async (lines) => {
      const client = await talk(server.port);
      await client.reply();
      client.write(Buffer.from(lines.flat().join(""), "latin1"));
      client.socket().end("\r\nQUIT\r\n");
      await client.closed;
    }),
    { numRuns: 60, seed: 6 },
  );
  expect(server.taken).toEqual([]);
  expect(await submit(await loggedIn(server), letter)).toMatch(/^250 /);
});
