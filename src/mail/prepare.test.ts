import { Readable } from "node:stream";
import { expect, test, vi } from "vitest";
import type { MessageFields } from "./message-fields.ts";
import { prepareMessage } from "./prepare.ts";

const prepare = (message: MessageFields): Promise<MessageFields> => prepareMessage(message, {});

test("a message with all it needs comes back itself", async () => {
  const messages: MessageFields[] = [
    { text: "x" },
    { text: "x", html: "<p>x", attachments: [{ content: "x" }] },
    { html: "<p>x", textFromHtml: false },
    { raw: "x", html: "<p>x", attachments: [{ path: "nothing" }] },
  ];
  for (const message of messages) expect(await prepare(message)).toBe(message);
});

test("HTML without a text beside it gets one: links whole, headings and cells apart, pictures by their words", async () => {
  const html = `<head><title>T</title><style>p{}</style></head><h1>Welcome</h1><p>Dear 王芳,<br>please
    <a href="https://example.com/a?b=c&amp;d=e">activate</a> or open <a href="https://x.cn/">https://x.cn/</a>.</p>
    <div style="display: none">preview</div><script>alert(1)</script>
    <ul><li>one<li>two</ul><a href="https://e.com"><img src="x.png" alt="Shop"></a>
    <table><tr><th>Item</th><td>1</td></tr><tr><td>Sum</td><td>2</td></tr></table>`;
  const { text } = await prepare({ html });
  expect(text).toBe(
    [
      "Welcome",
      "",
      "Dear 王芳,",
      "please activate <https://example.com/a?b=c&d=e> or open https://x.cn/.",
      "",
      " * one",
      " * two",
      "",
      "Shop <https://e.com>",
      "Item 1",
      "Sum 2",
    ].join("\n"),
  );
});

test("a text that is there stays, and HTML that says nothing makes none", async () => {
  expect(await prepare({ text: "", html: "<img src=x>" })).toEqual({ text: "", html: "<img src=x>" });
  expect((await prepare({ text: " ", html: "<p>x" })).text).toBe(" ");
});

test("HTML that is no letter any more makes no text, by its length or by its nesting", async () => {
  expect((await prepare({ html: "<p>x".repeat(300_000) })).text).toBe("");
  expect((await prepare({ html: `${"<div>".repeat(300)}deep` })).text).not.toContain("deep");
  for (const tags of ["<b>", "<blockquote>", "<table><tr><td>", "<ul><li>", "<li><p>", "<td><p>", "<dd><option>"]) {
    expect((await prepare({ html: tags.repeat(60_000) })).text).toBe("");
  }
  const long = "<p>one<ul><li>two<li>three</ul><br><img src=x><b>four</b>".repeat(2_000);
  expect((await prepare({ html: long })).text).toContain("four");
});

test("CSS moves into the elements on request, what cannot stays, and nothing is fetched", async () => {
  const html = `<style>p{color:red}@media print{p{color:blue}}</style><link rel="stylesheet" href="http://127.0.0.1:9/x.css"><p>Hi</p>`;
  const inlined = await prepare({ html, text: "Hi", inlineCss: true });
  expect(inlined.html).toContain('<p style="color: red;">Hi</p>');
  expect(inlined.html).toContain("@media print");
  expect((await prepare({ html, text: "Hi" })).html).toBe(html);
});

test("without the inliner the error is the command that installs it", async () => {
  vi.doMock("@css-inline/css-inline", () => {
    throw new Error("Cannot find package");
  });
  vi.resetModules();
  const { prepareMessage: withoutInliner } = await import("./prepare.ts");
  await expect(withoutInliner({ html: "<p>x", inlineCss: true }, {})).rejects.toMatchObject({
    code: "WX_MESSAGE_INLINE_CSS",
    message: expect.stringMatching(/Run npm i @css-inline\/css-inline\.$/) as string,
  });
  vi.doUnmock("@css-inline/css-inline");
});

test("attachments are loaded, and the message that was given is left as it was", async () => {
  const message = { text: "x", attachments: [{ content: Readable.from(["abc"]), filename: "a.txt" }] };
  const prepared = await prepare(message);
  expect(prepared.attachments?.[0]?.content).toEqual(Buffer.from("abc"));
  expect(message.attachments[0]?.content).toBeInstanceOf(Readable);
});
