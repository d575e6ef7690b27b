import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readByMailparser, readByPostalMime } from "../../../test/support/parsers.ts";
import { compose, EmailMessage } from "../../mail/index.ts";
import type { ApiKey } from "./api-keys.ts";
import { type Handover, readMessage } from "./read-message.ts";
import type { SubmittedMail } from "./types.ts";

const now = Date.UTC(2026, 10, 23, 1, 2, 3);
const key: ApiKey = {
  id: "k1",
  name: "shop",
  settings: {},
  createdAt: 0,
  lastUsedAt: undefined,
  revokedAt: undefined,
};
const handover: Handover = {
  from: "shop@shop.example",
  to: ["ann@x.cn"],
  dsn: undefined,
  requireTls: false,
  smtpUtf8: false,
  key,
  trace: {
    helo: "client.example",
    address: "203.0.113.7",
    host: "submit.example",
    protocol: "ESMTPSA",
    isUtf8: false,
    id: "s1.1",
  },
  now,
  unsubscribe: undefined,
};

const read = (message: string | Buffer, changes: Partial<Handover> = {}): SubmittedMail =>
  readMessage(Buffer.from(message), { ...handover, ...changes });
const textOf = (mail: SubmittedMail): string => Buffer.from(mail.message.raw as Buffer).toString();
/** With the checks that every finished message passes. */
const composed = (mail: SubmittedMail) =>
  compose(new EmailMessage(mail.message), { clock: { now: () => now, sleep: async () => {} }, hostname: "x.cn" });

const header = "From: Shop <shop@shop.example>\r\nTo: ann@x.cn\r\nSubject: Hello\r\n";

test("the trace stands first; Date and Message-ID are added where they are missing", () => {
  const text = textOf(read(`${header}\r\nWorld\r\n`));
  expect(text).toMatch(
    /^Received: from client\.example \(\[203\.0\.113\.7\]\)\r\n by submit\.example with ESMTPSA id s1\.1;\r\n Mon, 23 Nov 2026 01:02:03 \+0000\r\nFrom: Shop/,
  );
  expect(text).toContain("\r\nDate: Mon, 23 Nov 2026 01:02:03 +0000\r\n");
  expect(text).toMatch(/\r\nMessage-ID: <[\w-]{36}@shop\.example>\r\n\r\nWorld\r\n$/);
  const own = `Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nMessage-ID: <own@shop.example>\r\n${header}\r\nWorld\r\n`;
  expect(textOf(read(own)).replace(/^Received:.*\r\n(?: .*\r\n)*/, "")).toBe(own);
});

test("nothing that a client says of itself can end the trace", () => {
  const trace = { ...handover.trace, helo: "evil\r\nX-Injected: (1);", address: "2001:db8::7" };
  const [first] = textOf(read(`${header}\r\n`, { trace })).split("From:");
  expect(first).toMatch(/^Received: from evil__X-Injected:__1__ \(\[IPv6:2001:db8::7\]\)\r\n by/);
});

test.each([" ", "\t"])("a first line that begins with %j would continue the trace, and is refused", (space) => {
  expect(() => read(`${space}From: boss@bank.example\r\n${header}\r\n`)).toThrow(/begins with white space/);
});

test("Bcc, Return-Path and what is for us are taken out, the folded lines with them", () => {
  const mail = read(
    `Return-Path: <x@x.cn>\r\nBcc: secret@x.cn,\r\n other@x.cn\r\nX-Waxseal-Tags: welcome,\r\n\tonboarding\r\nResent-Bcc: c@x.cn\r\n${header}\r\nBcc: in the body\r\n`,
  );
  expect(textOf(mail)).not.toMatch(/secret|other@|Return-Path|Waxseal|onboarding|c@x/);
  expect(textOf(mail)).toContain("\r\nBcc: in the body\r\n");
  expect(mail.message.tags).toEqual(["welcome", "onboarding"]);
});

test("what a message asks for is read, over what the key says", () => {
  const asked = [
    "X-Waxseal-Priority: Critical",
    'X-Waxseal-Metadata: {"order":"17", "customer":"=?utf-8?b?546L?="}',
    "x-waxseal-send-at: 2026-12-24T18:00:00+08:00",
    "X-WAXSEAL-EXPIRES-AT: 2026-12-25T00:00:00Z",
    "X-Waxseal-Idempotency-Key: order-17",
    "X-Waxseal-Group: =?utf-8?q?=E8=AE=A2=E5=8D=95?=",
    "X-Waxseal-Stream: news",
    "X-Waxseal-Sensitive: yes",
  ].join("\r\n");
  const mail = read(`${asked}\r\n${header}\r\n`, {
    key: { ...key, settings: { priority: "low", mailer: "bulk", allowCritical: true } },
  });
  expect(mail.options).toEqual({
    using: "bulk",
    priority: "critical",
    sendAt: Date.UTC(2026, 11, 24, 10),
    expiresAt: Date.UTC(2026, 11, 25),
    idempotencyKey: "api-key:k1:order-17",
    group: "订单",
    stream: "news",
    sensitive: true,
  });
  expect(mail.message.metadata).toEqual({ order: "17", customer: "王" });
});

test("critical is refused with a key that may not ask for it, with the fix; nothing is lowered unseen", () => {
  const asked = `X-Waxseal-Priority: critical\r\n${header}\r\n`;
  const priorityWith = (settings: ApiKey["settings"], message = asked) =>
    read(message, { key: { ...key, settings } }).options.priority;
  for (const settings of [{}, { priority: "high" }] as const) {
    expect(() => priorityWith(settings)).toThrow(
      expect.objectContaining({
        code: "WX_SUBMISSION_PRIORITY",
        message: expect.stringMatching(/API key "shop".*waxseal api-key create NAME --allow-critical/),
      }),
    );
  }
  expect(priorityWith({ allowCritical: true })).toBe("critical");
  expect(priorityWith({ priority: "critical" })).toBe("critical");
  expect(priorityWith({ priority: "critical" }, `${header}\r\n`)).toBe("critical");
  expect(priorityWith({ allowCritical: true }, `${header}\r\n`)).toBe("normal");
  expect(priorityWith({}, asked.replace("critical", "high"))).toBe("high");
});

test.each([
  ["X-Waxseal-Prioritty: high", /^X-Waxseal-Prioritty: there is no such header\. Did you mean X-Waxseal-Priority\?$/],
  ["X-Waxseal-Priority: urgent", /it is "urgent"; it must be one of critical/],
  ["X-Waxseal-Priority: high\r\nX-Waxseal-Priority: low", /it is there twice/],
  ["X-Waxseal-Send-At: tomorrow", /a time with its zone, such as/],
  ["X-Waxseal-Send-At: 2026-12-24 18:00", /a time with its zone/],
  ["X-Waxseal-Expires-At: 2020-01-01T00:00:00Z", /it is over before the message is sent/],
  ["X-Waxseal-Metadata: {order: 17}", /a JSON object/],
  ['X-Waxseal-Metadata: {"order":17}', /whose values are texts/],
  ["X-Waxseal-Tags: a,,b", /1 to 20 tags/],
  ["X-Waxseal-Idempotency-Key:", /1 to 150 characters/],
  ["X-Waxseal-Sensitive: maybe", /true or false/],
])("%j is refused by name", (asked, problem) => {
  const error = { code: "WX_SUBMISSION_HEADER", message: expect.stringMatching(problem) };
  expect(() => read(`${asked}\r\n${header}\r\n`)).toThrow(expect.objectContaining(error));
});

test.each([
  ["a LF alone", `${header}\r\nA\n.\nB\r\n`, "WX_MESSAGE_RAW"],
  ["a CR alone", `${header}\r\nA\r.\rB\r\n`, "WX_MESSAGE_RAW"],
  ["a LF alone among 8 bits", `${header}\r\nä\nB\r\n`, "WX_MESSAGE_RAW"],
  ["a LF alone in the header", "From: shop@shop.example\nBcc: x@x.cn\r\n\r\nB\r\n", "WX_MESSAGE_RAW"],
  ["no From", "To: ann@x.cn\r\n\r\nB\r\n", "WX_MESSAGE_RAW"],
  ["no header at all", "\r\nB\r\n", "WX_MESSAGE_RAW"],
  ["two From", `From: a@x.cn\r\n${header}\r\nB\r\n`, "WX_MESSAGE_RAW"],
  ["two From, one spelt otherwise", `FROM : a@x.cn\r\n${header}\r\nB\r\n`, "WX_MESSAGE_RAW"],
  ["a From that is no mailbox", "From: nobody\r\n\r\nB\r\n", "WX_MESSAGE_ADDRESS"],
  ["two Subjects", `Subject: other\r\n${header}\r\nB\r\n`, "WX_MESSAGE_RAW"],
  ["a line that is no field", `no field\r\n${header}\r\nB\r\n`, "WX_MESSAGE_RAW"],
  ["a NUL in the header", `X-A: \0\r\n${header}\r\nB\r\n`, "WX_MESSAGE_RAW"],
  ["UTF-8 in the header without SMTPUTF8", `X-A: ä\r\n${header}\r\nB\r\n`, "WX_MESSAGE_RAW"],
  [
    "a circle",
    `${"Received: from a by b; Thu, 01 Jan 2026 00:00:00 +0000\r\n".repeat(101)}${header}\r\n`,
    "WX_SUBMISSION_LOOP",
  ],
])("%s is refused", (_what, message, code) => {
  expect(() => composed(read(message))).toThrow(expect.objectContaining({ code }));
});

test("a part of 8 bits, or with lines too long, is encoded so that any server takes it", async () => {
  const mime = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
  const body = `Grüße aus 北京\r\n${"x".repeat(2000)}\r\n`;
  const { bytes, envelope } = composed(read(`${header}${mime}\r\n${body}`, { smtpUtf8: true }));
  expect(Buffer.from(bytes).every((octet) => octet < 0x80)).toBe(true);
  expect(envelope.smtpUtf8).toBeUndefined();
  expect((await readByPostalMime(bytes)).text).toBe(body.replaceAll("\r\n", "\n"));
  expect((await readByMailparser(bytes)).text).toBe(body.replaceAll("\r\n", "\n"));
});

test("8 bits that say nothing of themselves are read as the UTF-8 that they are", async () => {
  const { bytes } = composed(read(`${header}\r\nGrüße\r\n`));
  expect((await readByMailparser(bytes)).text).toBe("Grüße\n");
  const latin = composed(read(Buffer.concat([Buffer.from(`${header}\r\n`), Buffer.from("Gr\xfc\xdfe\r\n", "latin1")])));
  expect(Buffer.from(latin.bytes).toString()).toContain("charset=unknown-8bit");
});

test("with SMTPUTF8 the header may hold UTF-8, and the next server is asked for it", () => {
  const mail = read(`From: 王 <王@例子.中国>\r\nSubject: 订单\r\n\r\n内容\r\n`, {
    smtpUtf8: true,
    from: "王@例子.中国",
  });
  const { bytes, envelope } = composed(mail);
  expect(envelope).toMatchObject({ from: "王@xn--fsqu00a.xn--fiqs8s", smtpUtf8: true });
  expect(Buffer.from(bytes).toString()).toContain("Subject: 订单");
});

test(
  "whatever octets come, what is taken has a header of whole lines and nothing that is ours to hide",
  { timeout: 20_000 },
  () => {
    const lines = ["X: y\r\n", "From: a@x.cn\r\n", "Bcc: s@x.cn\r\n", "X-Waxseal-Tags: t\r\n"];
    const piece = fc.constantFrom("\r\n", "\r\n", "\r", "\n", " ", ":", "\0", "ä", ".", "\t", "x", ...lines);
    const message = fc.tuple(fc.constantFrom("From: a@x.cn\r\n", ""), fc.array(piece, { maxLength: 12 }));
    let taken = 0;
    fc.assert(
      fc.property(message, ([first, pieces]) => {
        let bytes: Uint8Array;
        try {
          ({ bytes } = composed(read(Buffer.from(first + pieces.join("")))));
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^WX_(?:MESSAGE|SUBMISSION)_/);
          return;
        }
        taken++;
        const text = Buffer.from(bytes).toString("latin1");
        expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
        const [head = ""] = text.split("\r\n\r\n");
        expect(head).not.toMatch(/^(?:bcc|x-waxseal)/im);
      }),
      { numRuns: 1500, seed: 6 },
    );
    expect(taken).toBeGreaterThan(100);
  },
);
