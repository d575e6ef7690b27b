import { expect, test } from "vitest";
import { NotAReply, ReplyReader } from "./reply-reader.ts";
import type { SmtpReply } from "./reply.ts";
import { expectLinearTime } from "../../test/support/linear-time.ts";

function read(...pieces: (string | Buffer)[]): SmtpReply[] {
  const reader = new ReplyReader();
  const replies: SmtpReply[] = [];
  for (const piece of pieces) {
    reader.push(Buffer.from(piece as string, "utf8"));
    for (let reply = reader.take(); reply !== undefined; reply = reader.take()) replies.push(reply.read());
  }
  return replies;
}

const TWO = "250-first\r\n250-2.1.0 odd\r\n250 last\r\n354 go\r\n";

test("replies are the same however their bytes are split", () => {
  const whole = read(TWO);
  expect(whole).toEqual([
    { code: 250, enhancedCode: "", lines: ["first", "2.1.0 odd", "last"], text: "first 2.1.0 odd last" },
    { code: 354, enhancedCode: "", lines: ["go"], text: "go" },
  ]);
  for (let at = 1; at < TWO.length; at += 1) expect(read(TWO.slice(0, at), TWO.slice(at))).toEqual(whole);
  expect(read(...TWO)).toEqual(whole);
});

test("an enhanced code is taken off every line, but only one of the reply's own class", () => {
  expect(read("550-5.7.1 No\r\n550 5.7.1 way\r\n")[0]).toMatchObject({ enhancedCode: "5.7.1", text: "No way" });
  expect(read("250 5.7.1 odd\r\n")[0]).toMatchObject({ enhancedCode: "", text: "5.7.1 odd" });
});

test("a reply without text, and one that ends in a lone LF, are replies", () => {
  expect(read("250\r\n")[0]).toMatchObject({ code: 250, text: "" });
  expect(read("250 ok\n")[0]).toMatchObject({ code: 250, text: "ok" });
});

test("text is read as UTF-8, else as GB18030", () => {
  expect(read("550 用户不存在\r\n")[0]?.text).toBe("用户不存在");
  const chinese = Buffer.concat([Buffer.from("550 "), Buffer.from("c4e3bac3", "hex"), Buffer.from("\r\n")]);
  const reader = new ReplyReader();
  reader.push(chinese);
  expect(reader.take()?.read().text).toBe("你好");
});

test("control characters in a reply cannot reach a log", () => {
  expect(read("250 a\u001b[31mb\u202ec\rd\r\n")[0]?.text).toBe("a\ufffd[31mb\ufffdc\ufffdd");
});

test.each([
  ["words", "hello\r\n"],
  ["a code of two digits", "25 ok\r\n"],
  ["a code of four digits", "2500 ok\r\n"],
  ["another separator", "250_ok\r\n"],
  ["a code below 200", "150 ok\r\n"],
  ["an empty line", "\r\n"],
  ["two codes in one reply", "250-one\r\n251 two\r\n"],
  ["junk that never ends a line", "x".repeat(4)],
])("%s is not a reply", (_, bytes) => {
  expect(() => read(bytes)).toThrow(NotAReply);
});

test("an endless line, and endless lines, are given up early", () => {
  const endless = new ReplyReader();
  let sent = 0;
  const drip = (bytes: string): void => {
    for (let count = 0; count < 100_000; count += 1) {
      sent += bytes.length;
      endless.push(Buffer.from(bytes));
    }
  };
  endless.push(Buffer.from("250 "));
  expect(() => drip("x".repeat(1000))).toThrow("64 KB");
  expect(sent).toBeLessThan(70_000);
  expect(() => read("250-x\r\n".repeat(1001))).toThrow("1,000 lines");
});

test("one byte at a time is read in linear time", () => {
  expectLinearTime((size) => {
    const reader = new ReplyReader();
    const bytes = Buffer.from(`250 ${"x".repeat(size)}\r\n`);
    for (let at = 0; at < bytes.length; at += 1) reader.push(bytes.subarray(at, at + 1));
    expect(reader.take()?.read().text.length).toBe(size);
  }, 60_000);
});

test("it knows whether anything waits, a part of a reply included", () => {
  const reader = new ReplyReader();
  expect(reader.waiting).toBe(false);
  reader.push(Buffer.from("2"));
  expect(reader.waiting).toBe(true);
  reader.push(Buffer.from("50-a\r\n"));
  expect(reader.waiting).toBe(true);
  reader.push(Buffer.from("250 b\r\n"));
  reader.take();
  expect(reader.waiting).toBe(false);
});
