import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { systemClock } from "../../base/index.ts";
import { compose } from "../compose.ts";
import { DeliveryError } from "../errors.ts";
import type { MessageFields } from "../message.ts";
import { consoleBackend } from "./console.ts";

async function shown(fields: MessageFields): Promise<string> {
  const writes: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      writes.push(chunk.toString());
      done();
    },
  });
  const context = { clock: systemClock, hostname: "example.com", defaultFrom: "天天生鲜 <mac@163.com>" };
  const { envelope, bytes } = compose({ to: ["麦克 <ann@example.com>"], ...fields }, context);
  await consoleBackend({ stream }).send(envelope, bytes);
  expect(writes).toHaveLength(1);
  return writes.join("");
}

test("a person can read the subject, the names, the text and the link", async () => {
  const link = `http://127.0.0.1:8000/user/active/${"eyJhbGciOi".repeat(20)}`;
  const text = await shown({
    subject: "欢迎".repeat(40),
    text: `你好，请点击\n${link}\n`,
    html: "<p>你好",
    bcc: ["x@example.com"],
  });
  expect(text).toContain(`Subject: ${"欢迎".repeat(40)}\n`);
  expect(text).toContain("From: 天天生鲜 <mac@163.com>\nTo: 麦克 <ann@example.com>\n");
  expect(text).toContain("Envelope: mac@163.com -> ann@example.com, x@example.com\n");
  expect(text).toContain(`\n\n你好，请点击\n${link}\n`);
  expect(text).toContain("[and as HTML, ");
  expect(text.endsWith(`\n${"-".repeat(79)}\n`)).toBe(true);
});

test("a message of HTML alone shows its source", async () => {
  const text = await shown({ html: '<h1>欢迎</h1><a href="http://127.0.0.1/user/active/t">激活</a>' });
  expect(text).toContain('<h1>欢迎</h1><a href="http://127.0.0.1/user/active/t">激活</a>\n');
});

test("attachments are named, not shown", async () => {
  const attachments = [{ filename: "报告.pdf", content: Buffer.alloc(1234) }, { content: "secret" }];
  const text = await shown({ text: "x", attachments });
  expect(text).toContain("[attachment 报告.pdf, application/pdf, 1234 bytes]\n");
  expect(text).toContain("[attachment without a name, application/octet-stream, 6 bytes]\n");
  expect(text).not.toContain("secret");
});

test("nothing in a message can steer the terminal", async () => {
  const text = await shown({ text: "a\u001b[2Jb\u009b31mc\rd\u0007" });
  expect(text).not.toMatch(/[\u001b\u009b\r\u0007]/);
  expect(text).toContain("a\ufffd[2Jb");
});

test("bytes that are no text, right-to-left overrides and zero bytes do not reach the terminal", async () => {
  const text = await shown({ text: "safe\u202Egpj.exe\u2066" });
  expect(text).not.toMatch(/[\u202e\u2066]/);
});

test("each link stands whole on a line of its own, also where Chinese follows at once", async () => {
  const link = `https://example.com/a?b=${"c".repeat(100)}`;
  const text = await shown({ text: `Open ${link}. Then wait.\n请点击${link}，谢谢。` });
  expect(text).toContain(`\nOpen\n${link}\nThen wait.\n请点击\n${link}\n谢谢。\n`);
});

test("links that only the HTML has are listed", async () => {
  const html = '<a class="x" href="https://example.com/off?a=1&amp;b=2">off</a><a href="#top">top</a>';
  const text = await shown({ text: "x", html });
  expect(text).toContain("[links only there]\nhttps://example.com/off?a=1&b=2\n\n");
});

test("tags and metadata are shown", async () => {
  const chunks: Buffer[] = [];
  const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => done(void chunks.push(chunk)) });
  const envelope = { from: "", to: ["b@example.com"], tags: ["welcome", "new"], metadata: { user: "7", plan: "free" } };
  await consoleBackend({ stream }).send(envelope, Buffer.from("Subject: x\r\n\r\ny\r\n"));
  expect(Buffer.concat(chunks).toString()).toContain(
    "Envelope: <> -> b@example.com\nTags: welcome, new\nMetadata: user=7, plan=free\n",
  );
});

test("raw prints the bytes as they would be sent", async () => {
  const chunks: Buffer[] = [];
  const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => done(void chunks.push(chunk)) });
  const bytes = Buffer.from("Subject: =?utf-8?B?5qyi6L+O?=\r\n\r\nx\r\n");
  await consoleBackend({ stream, raw: true }).send({ from: "a@example.com", to: ["b@example.com"] }, bytes);
  expect(Buffer.concat(chunks).toString()).toBe(`${bytes.toString()}${"-".repeat(79)}\n`);
});

test("a misspelt option is refused", () => {
  // @ts-expect-error no such option
  expect(() => consoleBackend({ row: true })).toThrow("console: row is no option. Did you mean raw?");
});

test("a stream that cannot be written to is a failed delivery", async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
  stream.on("error", () => {});
  const sent = consoleBackend({ stream }).send({ from: "a@example.com", to: ["b@example.com"] }, Buffer.from("\r\n"));
  await expect(sent).rejects.toThrow(DeliveryError);
});

test("HTML full of links that are never closed is shown in linear time", async () => {
  const cost = async (count: number): Promise<number> => {
    const { cpuUsage } = process;
    const started = cpuUsage();
    await shown({ text: "x", html: "<a ".repeat(count) });
    return cpuUsage(started).user;
  };
  await cost(2_000);
  const small = Math.max(2_000, await cost(2_000));
  expect(await cost(64_000), "microseconds").toBeLessThan(small * 32 * 8);
});

test("a link in any quotes, or in none, is shown once", async () => {
  const html = `<a href=https://a.example/1>1</a><a class='x' href='https://a.example/2?x=1&amp;y=2'>2</a><A HREF="https://a.example/1">3</A>`;
  const text = await shown({ text: "x", html });
  expect(text).toContain("[links only there]\nhttps://a.example/1\nhttps://a.example/2?x=1&y=2\n\n");
});

test("a name cannot look like another mailbox, nor metadata like another header", async () => {
  const text = await shown({
    to: [{ name: "boss@example.com>, Eve", address: "ann@example.com" }],
    cc: ['"Doe, John" <john@example.com>'],
    metadata: { order: "1\nFrom: boss@example.com" },
  });
  expect(text).toContain('To: "boss@example.com>, Eve" <ann@example.com>\nCc: "Doe, John" <john@example.com>\n');
  expect(text).not.toMatch(/^From: boss/m);
});
