import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { readTemplate, renderTemplate, storedTemplate, type Template } from "./template.ts";
import { loadTemplate } from "./template-folder.ts";

const at = Date.UTC(2026, 0, 2, 3, 4, 5);

test("values are escaped in HTML, and stand as they are in text and subject", async () => {
  const template = { subject: "For {{ name }}", text: "Hello {{ name }}", html: "<p>Hello {{ name }}{{ bold | raw }}" };
  const fields = await renderTemplate(template, { name: '<b> & "Ann"', bold: "<b>!</b>" });
  expect(fields).toEqual({
    subject: 'For <b> & "Ann"',
    text: 'Hello <b> & "Ann"',
    html: "<p>Hello &lt;b&gt; &amp; &#34;Ann&#34;<b>!</b>",
  });
});

test("each string but an attachment's is a template", async () => {
  const template: Template = {
    from: "{{ shop }} <shop@x.cn>",
    replyTo: "{{ agent }}@x.cn",
    headers: { "X-Id": "{{ id }}" },
    list: { help: "https://x.cn/{{ id }}" },
    attachments: [{ filename: "a.txt", content: "{{ id }}" }],
    subject: "s",
    text: "t",
  };
  expect(await renderTemplate(template, { shop: "Shop", agent: "ann", id: 7 })).toEqual({
    from: "Shop <shop@x.cn>",
    replyTo: ["ann@x.cn"],
    headers: { "X-Id": "7" },
    list: { help: "https://x.cn/7" },
    attachments: [{ filename: "a.txt", content: "{{ id }}" }],
    subject: "s",
    text: "t",
  });
});

test.each([
  [{ text: "Hi {{ name }}\n{{ nmae }}" }, 'template/body.txt line 2: there is no variable "nmae". Did you mean name?'],
  [{ html: "<p>{{ name.first }}" }, 'template/body.html line 1: there is no variable "name.first".'],
  [{ subject: "{{ city }}", text: "x" }, 'template/subject.txt line 1: there is no variable "city".'],
  [{ text: "{% if name %}x" }, "template/body.txt line 1: tag {% if name %} not closed"],
  [{ text: "\n\n{{ name | nope }}" }, "template/body.txt line 3: undefined filter: nope"],
  [{ text: "{% include 'other' %}" }, "a template cannot include another"],
  [{ text: "{% render '../../etc/passwd' %}" }, "a template cannot include another"],
  [{ text: "{% layout '/etc/passwd' %}" }, "a template cannot include another"],
  [{ text: "{{ name.constructor }}" }, "there is no variable"],
  [{ text: "{{ names | sample }}" }, "each attempt must send the same"],
  [{ text: "{% for i in (1..100000000) %}x{% endfor %}" }, "its loops or texts are too long"],
  [
    { text: '{% for i in "1" %}{% for j in many %}{% for k in many %}{% endfor %}{% endfor %}{% endfor %}' },
    "too long",
  ],
  [{ subject: "{{ lines }}", text: "x" }, "template/subject.txt: it must be one line"],
  [{ text: 7 as unknown as string }, "template/body.txt: it is no text"],
  [{ text: undefined }, "it has no body"],
  [{ subject: undefined, text: "x" }, "it has no subject"],
  [{ txt: "x" } as Template, "a template has no txt. Did you mean text?"],
  [
    { text: "x", locales: { en: { body: "x" } as Template } },
    "template/en: a template has no body. Did you mean text?",
  ],
])("%j is refused: %s", async (template, problem) => {
  const variables = { name: "Ann", lines: "a\r\nBcc: eve@x.cn", names: ["a", "b"], many: Array(50_000).fill(0) };
  const rendering = renderTemplate({ subject: "s", ...template }, variables);
  await expect(rendering).rejects.toMatchObject({
    code: "WX_BULK_TEMPLATE",
    message: expect.stringContaining(problem),
  });
});

test("what may be missing can be asked for", async () => {
  const text = "{% if coupon %}{{ coupon }}{% else %}none{% endif %} {{ city | default: 'somewhere' }}";
  expect(await renderTemplate({ subject: "s", text }, {})).toMatchObject({ text: "none somewhere" });
});

test("a locale has its own texts, and what it lacks is the template's", async () => {
  const template = await readTemplate({
    subject: "Hello",
    text: "Welcome",
    locales: { "zh-CN": { subject: "你好", text: "欢迎" }, fr: { subject: "Bonjour" } },
  });
  const subjectFor = (locale?: string) => template.render({}, { locale, at }).subject;
  expect(["zh-CN", "zh_cn", "zh-TW", "zh", "en", "", undefined, "fr-CA"].map(subjectFor)).toEqual([
    "你好",
    "你好",
    "你好",
    "你好",
    "Hello",
    "Hello",
    "Hello",
    "Bonjour",
  ]);
  expect(template.render({}, { locale: "fr", at }).text).toBe("Welcome");
});

test("a body in one language takes none of another beside it", async () => {
  const locales = { "zh-CN": { text: "欢迎" } };
  const template = { subject: "Hello", text: "Welcome", html: "<p>Welcome", locales };
  expect(await renderTemplate(template, {}, { locale: "zh-CN" })).toEqual({ subject: "Hello", text: "欢迎" });
});

test("a template gives the same at any time and in any zone", async () => {
  const text = "{{ 'now' | date: '%Y-%m-%d %H:%M' }} {{ 'today' | date_to_rfc822 }} {{ day | date: '%B %d, %H:%M' }}";
  const template = await readTemplate({ subject: "s", text });
  const rendered = template.render({ day: "2026-05-06T07:08:09Z" }, { locale: undefined, at });
  expect(rendered.text).toBe("2026-01-02 03:04 Fri, 02 Jan 2026 03:04:05 +0000 May 06, 07:08");
});

test("a stored template keeps the bytes of its attachments", async () => {
  const bytes = Uint8Array.of(0, 255, 10);
  const stored = storedTemplate({ subject: "s", text: "t", attachments: [{ filename: "a.bin", content: bytes }] });
  const { attachments } = JSON.parse(stored) as Template;
  expect(attachments).toEqual([{ filename: "a.bin", content: "AP8K", encoding: "base64" }]);
});

function folderWith(files: Record<string, string | Uint8Array>): string {
  const folder = tempFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

test("a folder is a template: its texts, its languages, and what it attaches or shows", async () => {
  const template = await loadTemplate(
    folderWith({
      "subject.txt": "Hello\n",
      "body.html": '<img src="cid:logo.png">',
      "zh-CN/subject.txt": "你好\n",
      "zh-CN/body.txt": "欢迎",
      "attachments/logo.png": Uint8Array.of(1),
      "attachments/terms.pdf": Uint8Array.of(2),
      "attachments/.DS_Store": "",
      "README.md": "not sent",
    }),
  );
  expect(template).toMatchObject({
    subject: "Hello\n",
    html: '<img src="cid:logo.png">',
    locales: { "zh-CN": { subject: "你好\n", text: "欢迎" } },
  });
  expect(template.attachments?.map(({ filename, cid }) => [filename, cid])).toEqual([
    ["logo.png", "logo.png"],
    ["terms.pdf", undefined],
  ]);
  expect(await renderTemplate(template, {})).toMatchObject({ subject: "Hello" });
});

test("without texts of its own, a folder's English ones are for everybody", async () => {
  const files = { "zh-CN/subject.txt": "你好", "zh-CN/body.txt": "x", "en/subject.txt": "Hello", "en/body.txt": "x" };
  expect(await loadTemplate(folderWith(files))).toMatchObject({ subject: "Hello", text: "x" });
});

test.each([
  [{}, "there is neither"],
  [{ "body.txt": Buffer.from([0xc4, 0xe3]) }, "is not UTF-8; save it as UTF-8"],
])("a folder with %j is refused", async (files, problem) => {
  await expect(loadTemplate(folderWith(files))).rejects.toThrow(problem);
});

test("a folder that is not there is named", async () => {
  await expect(loadTemplate("/nowhere/welcome")).rejects.toThrow("/nowhere/welcome: there is no such template");
});
