/** Django's EmailMessageTests, as far as they are about the body and what is attached. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EmailMessage, EmailMultiAlternatives, type MessageFields } from "../../src/mail/index.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { headerValues, onTheWire, partsOf, refusal, structureOf } from "./support.ts";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452ff00", "hex");
const attachedText = Buffer.from("django/django");

test("EmailMessageTests.test_multipart_with_attachments: HTML and a file without text keep both", async () => {
  const message = new EmailMultiAlternatives({ textFromHtml: false });
  message.attachAlternative("<p>content</p>", "text/html");
  message.attach("example.txt", "Text file content", "text/plain");
  const { raw, postal } = await onTheWire(message);
  expect(structureOf(raw)).toBe("mixed[text/html, text/plain]");
  expect(postal.html?.trim()).toBe("<p>content</p>");
});

test("EmailMessageTests.test_alternatives, EmailMessageTests.test_alternatives_constructor, EmailMessageTests.test_alternatives_constructor_from_tuple: kept as objects, whichever way they came", async () => {
  const alternative = { content: "<p>html</p>", contentType: "text/html" };
  const attached = new EmailMultiAlternatives({ text: "text" });
  attached.attachAlternative(alternative.content, alternative.contentType);
  for (const message of [attached, new EmailMultiAlternatives({ text: "text", alternatives: [alternative] })]) {
    expect(message.alternatives).toEqual([alternative]);
    const { raw } = await onTheWire(message);
    expect(structureOf(raw)).toBe("alternative[text/plain, text/html]");
    expect(raw).toContain("<p>html</p>");
  }
});

test("EmailMessageTests.test_alternative_alternatives: text and bytes, text types and others, come back", async () => {
  const alternatives = [
    { content: "text", contentType: "text/plain" },
    { content: "Ünïcøde text", contentType: "text/x-markdown" },
    { content: Buffer.from("Ünïcøde bytes"), contentType: "text/x-other" },
    { content: Buffer.from("plist bytes"), contentType: "application/x-plist" },
    { content: "plist text", contentType: "application/x-plist" },
    { content: PNG, contentType: "image/png" },
  ];
  const { raw } = await onTheWire({ alternatives });
  const parts = partsOf(raw);
  expect(parts.map(({ type }) => type.split(";")[0])).toEqual(alternatives.map(({ contentType }) => contentType));
  for (const [index, { content }] of parts.entries()) {
    expect(content.toString("latin1").trimEnd()).toBe(
      Buffer.from(alternatives[index]?.content ?? "").toString("latin1"),
    );
  }
});

test("EmailMessageTests.test_alternatives_and_attachment_serializable: a message comes back from structuredClone and JSON", async () => {
  const message = new EmailMultiAlternatives({ text: "text", date: new Date(0), headers: { "X-Date": new Date(0) } });
  message.attachAlternative("<p>html</p>", "text/html");
  message.attachAlternative(Buffer.from("Ünï"), "text/x-other");
  message.attach("image.png", PNG, "image/png");
  message.attach("sample.txt", "Ünïcøde");
  message.attachFile(join(tempFolder(), "later.txt"));
  message.attachments.pop();
  const expected = partsOf((await onTheWire(message)).raw).map(({ content }) => content);
  const cloned = new EmailMultiAlternatives(structuredClone(message) as MessageFields);
  const parsed = new EmailMultiAlternatives(JSON.parse(JSON.stringify(message)) as MessageFields);
  for (const again of [cloned, parsed]) {
    expect(partsOf((await onTheWire(again)).raw).map(({ content }) => content)).toEqual(expected);
  }
  expect(parsed.date).toBe("Thu, 01 Jan 1970 00:00:00 +0000");
});

test("EmailMessageTests.test_none_body: no body is an empty one, a lone line end on the wire", async () => {
  for (const text of [undefined, null as unknown as undefined]) {
    const message = new EmailMessage("subject", text);
    expect(message.text).toBe("");
    expect((await onTheWire(message)).raw).toMatch(/\r\n\r\n(?:\r\n)?$/);
  }
});

test("EmailMessageTests.test_encoding, EmailMessageTests.test_encoding_alternatives: the charset that is asked for is declared and used", async () => {
  const text = "Firstname Sürname is a great guy.";
  const html = "<p>Firstname Sürname is a <strong>great</strong> guy.</p>";
  const plain = await onTheWire({ text, charset: "iso-8859-1" });
  expect(headerValues(plain.raw, "Content-Type")).toEqual(["text/plain; charset=iso-8859-1"]);
  expect(partsOf(plain.raw)[0]?.content.toString("latin1").trimEnd()).toBe(text);
  const parts = partsOf((await onTheWire({ text, html, charset: "iso-8859-1" })).raw);
  expect(parts.map(({ type }) => type)).toEqual(["text/plain; charset=iso-8859-1", "text/html; charset=iso-8859-1"]);
  expect(parts.map(({ content }) => content.toString("latin1").trimEnd())).toEqual([text, html]);
});

test("EmailMessageTests.test_attachments, EmailMessageTests.test_attachments_constructor, EmailMessageTests.test_attachments_constructor_from_tuple: a file keeps its name, type and bytes, whichever way it came", async () => {
  const attachment = { filename: "test.png", content: PNG, contentType: "image/png" };
  const attached = new EmailMessage();
  attached.attach("test.png", PNG, "image/png");
  for (const message of [attached, new EmailMessage({ attachments: [attachment] })]) {
    expect(message.attachments).toEqual([attachment]);
    const file = (await onTheWire(message)).postal.attachments[0];
    expect(file).toMatchObject({ filename: "test.png", mimeType: "image/png" });
    expect(Buffer.from(file?.content as ArrayBuffer)).toEqual(PNG);
  }
});

test("EmailMessageTests.test_attachments_constructor_omit_mimetype: without a type the name decides, else it is bytes", async () => {
  const files = ["file1", "file2.png", "file3.unknown"].map((filename) => ({ filename, content: PNG }));
  const { postal } = await onTheWire({ attachments: files });
  expect(postal.attachments.map(({ mimeType }) => mimeType)).toEqual([
    "application/octet-stream",
    "image/png",
    "application/octet-stream",
  ]);
});

test("EmailMessageTests.test_attachments_with_alternative_parts: the forms of the body stand in one part beside the files", async () => {
  const message = new EmailMultiAlternatives({ text: "text" });
  message.attachAlternative("<p>html</p>", "text/html");
  message.attach("an attachment.pdf", "%PDF-1.4.%...", "application/pdf");
  const { raw } = await onTheWire(message);
  expect(structureOf(raw)).toBe("mixed[alternative[text/plain, text/html], application/pdf]");
});

test("EmailMessageTests.test_decoded_attachment_text_MIMEPart, EmailMessageTests.test_attach_mime_part, EmailMessageTests.test_attach_mime_part_in_constructor: a prebuilt part is kept to the byte", async () => {
  const raw = [
    "Content-Type: text/x-prebuilt; charset=us-ascii",
    'Content-Disposition: inline; filename="prebuilt.txt"',
    "Content-ID: <prebuilt@x.cn>",
    "X-Own: kept",
    "",
    "content1",
    "",
  ].join("\r\n");
  const attached = new EmailMessage();
  attached.attach({ raw });
  for (const message of [attached, new EmailMessage({ attachments: [{ raw }] })]) {
    expect((await onTheWire({ ...message, text: "x" })).raw).toContain(`\r\n${raw}`);
  }
});

test("EmailMessageTests.test_non_ascii_attachment_filename: a name outside ASCII comes back", async () => {
  for (const filename of ["une pièce jointe.pdf", "发票 2026.pdf", '🙂;"x".pdf']) {
    const { postal, parser } = await onTheWire({ attachments: [{ filename, content: "x" }] });
    expect([postal.attachments[0]?.filename, parser.attachments[0]?.filename]).toEqual([filename, filename]);
  }
});

test("EmailMessageTests.test_attach_file: the type follows from the name, unless it is given, and the bytes come back", async () => {
  const folder = tempFolder();
  const files: [string, Buffer, string][] = [
    ["file.txt", attachedText, "text/plain"],
    ["file.eml", Buffer.from("Subject: x\r\n\r\nhello\r\n"), "message/rfc822"],
    ["file.png", PNG, "image/png"],
    ["file_txt", attachedText, "application/octet-stream"],
    ["file_png", PNG, "application/octet-stream"],
    ["file_txt.png", attachedText, "image/png"],
    ["file_png.txt", PNG, "application/octet-stream"],
  ];
  for (const [name, content, guessed] of files) {
    const path = join(folder, name);
    writeFileSync(path, content);
    for (const [given, type] of [
      [undefined, guessed],
      ["application/x-given", "application/x-given"],
    ] as const) {
      const message = new EmailMessage();
      message.attachFile(path, given);
      const { raw, postal } = await onTheWire({ ...message, text: "x" });
      expect(postal.attachments[0], `${name} as ${given}`).toMatchObject({ filename: name, mimeType: type });
      expect(partsOf(raw)[1]?.content, name).toEqual(content);
    }
  }
});

test("EmailMessageTests.test_attach_text_as_bytes, EmailMessageTests.test_attach_text_as_bytes_using_property, EmailMessageTests.test_attach_utf8_text_as_bytes, EmailMessageTests.test_attach_non_utf8_text_as_bytes: UTF-8 is text, other bytes stay untouched bytes", async () => {
  for (const [content, type] of [
    [Buffer.from("file content"), "text/plain"],
    [Buffer.from([0xc3, 0xbc]), "text/plain"],
    [Buffer.from([0xff]), "application/octet-stream"],
  ] as const) {
    const attached = new EmailMessage();
    attached.attach("file.txt", content, "text/plain");
    const assigned = new EmailMessage();
    assigned.attachments = [{ filename: "file.txt", content, contentType: "text/plain" }];
    for (const message of [attached, assigned]) {
      const part = partsOf((await onTheWire({ ...message, text: "x" })).raw)[1];
      expect(part?.type.split(";")[0]).toBe(type);
      expect(part?.content).toEqual(content);
    }
  }
});

test("EmailMessageTests.test_attach_rfc822_message: a message is attached as it is, and never encoded as a whole", async () => {
  const inner = "From: a@x.cn\r\nSubject: =?utf-8?q?inn=C3=A9r?=\r\n\r\nhello\r\n";
  for (const content of [inner, Buffer.from(inner)]) {
    for (const named of [{ contentType: "message/rfc822" }, { filename: "message.eml" }]) {
      const { raw } = await onTheWire({ text: "x", attachments: [{ content, ...named }] });
      expect(structureOf(raw)).toBe("mixed[text/plain, message/rfc822]");
      const part = partsOf(raw)[1];
      expect(part?.header("Content-Transfer-Encoding")).toBe("7bit");
      expect(part?.content.toString()).toBe(inner);
    }
  }
});

test("EmailMessageTests.test_attach_8bit_rfc822_message_non_ascii: a message of 8 bits goes in 7, and says the same", async () => {
  const head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
  const content = Buffer.from(`${head}\r\ninnér\r\n`);
  for (const named of [{ contentType: "message/rfc822" }, { filename: "message.eml" }]) {
    const { raw } = await onTheWire({ text: "x", attachments: [{ content, ...named }] });
    expect(raw).toMatch(/^[\t\r\n -~]*$/);
    expect(structureOf(raw)).toBe("mixed[text/plain, message/rfc822]");
    const inner = partsOf(partsOf(raw)[1]?.content.toString("latin1") ?? "")[0];
    expect(inner?.content.toString().trimEnd()).toBe("innér");
  }
});

test("EmailMessageTests.test_attach_mimepart_prohibits_other_params: a whole attachment takes no second argument", async () => {
  const message = new EmailMessage();
  const attach = message.attach.bind(message) as (...given: unknown[]) => void;
  const refused = { code: "WX_MESSAGE_ATTACHMENT", field: "attachments[0]" };
  expect(await refusal(() => attach({ raw: "" }, "content"))).toEqual(refused);
  expect(await refusal(() => attach({ raw: "" }, undefined, "text/plain"))).toEqual(refused);
});

test("EmailMessageTests.test_attach_content_is_required: a name alone is no file", async () => {
  const message = new EmailMessage();
  const attach = message.attach.bind(message) as (...given: unknown[]) => void;
  const refused = { code: "WX_MESSAGE_ATTACHMENT", field: "attachments[0]" };
  expect(await refusal(() => attach("file.txt"))).toEqual(refused);
  expect(await refusal(() => attach("file.txt", undefined, "text/plain"))).toEqual(refused);
});

test("EmailMessageTests.test_dont_mangle_from_in_body: a line that begins with From comes back without a >", async () => {
  const { raw, postal } = await onTheWire({ text: "From the future" });
  expect(raw).not.toContain(">From");
  expect(postal.text?.trimEnd()).toBe("From the future");
});

test("EmailMessageTests.test_body_content_transfer_encoding, EmailMessageTests.test_message_policy_cte_7bit: plain where it is ASCII, else the shorter of quoted-printable and base64, and never 8 bits", async () => {
  for (const [text, encoding] of [
    ["Body with only ASCII characters.", "7bit"],
    ["Body with latin characters: àáä.", "quoted-printable"],
    ["Body with non latin characters: А Б В Г Д Е Ж Ѕ З И І К Л М Н О П.", "base64"],
    [`ASCII with a long line${" and more".repeat(20)}`, "quoted-printable"],
  ] as const) {
    const { raw, postal } = await onTheWire({ text });
    expect(headerValues(raw, "Content-Transfer-Encoding")).toEqual([encoding]);
    expect(raw).toMatch(/^[\t\r\n -~]*$/);
    expect(postal.text?.trimEnd()).toBe(text);
  }
});

test("EmailMessageTests.test_long_lines: a line over 998 octets is encoded, in base64 for Cyrillic and quoted-printable for Danish", async () => {
  for (const [text, encoding] of [
    ["В южных морях ".repeat(60), "base64"],
    ["Alle mennesker er født frie og lige i værdighed og rettigheder. ".repeat(20), "quoted-printable"],
  ] as const) {
    const { raw, postal } = await onTheWire({ text });
    expect(headerValues(raw, "Content-Transfer-Encoding")).toEqual([encoding]);
    for (const line of raw.split("\r\n")) expect(line.length).toBeLessThanOrEqual(78);
    expect(postal.text?.trimEnd()).toBe(text.trimEnd());
  }
});

test("EmailMessageTests.test_email_multi_alternatives_content_mimetype_none: a form needs content and type", async () => {
  const message = new EmailMultiAlternatives();
  const attach = message.attachAlternative.bind(message) as (...given: unknown[]) => void;
  const refused = { code: "WX_MESSAGE_CONTENT_TYPE", field: "alternatives[0]" };
  expect(await refusal(() => attach(undefined, "text/html"))).toEqual(refused);
  expect(await refusal(() => attach("<p>content</p>", undefined))).toEqual(refused);
  expect(await refusal(() => attach("<p>content</p>"))).toEqual(refused);
});

test("EmailMessageTests.test_mime_structure: a part for each thing, and no multipart around a single one", async () => {
  const html = { content: "<p>html", contentType: "text/html" };
  const image = { filename: "test.png", content: PNG };
  const mail = { content: "Subject: x\r\n\r\nx\r\n", contentType: "message/rfc822" };
  const cases: [MessageFields, string][] = [
    [{ text: "text" }, "text/plain"],
    [{ text: "<p>html", contentSubtype: "html" }, "text/html"],
    [{ text: "text", alternatives: [html] }, "alternative[text/plain, text/html]"],
    [{ alternatives: [html] }, "text/html"],
    [{ text: "text", attachments: [image] }, "mixed[text/plain, image/png]"],
    [{ text: "text", attachments: [image, mail] }, "mixed[text/plain, image/png, message/rfc822]"],
    [{ attachments: [image] }, "image/png"],
    [
      { text: "text", alternatives: [html], attachments: [image] },
      "mixed[alternative[text/plain, text/html], image/png]",
    ],
    [{ alternatives: [html], attachments: [image] }, "mixed[text/html, image/png]"],
    [{ attachments: [mail] }, "message/rfc822"],
  ];
  for (const [fields, structure] of cases) expect(structureOf((await onTheWire(fields)).raw)).toBe(structure);
});

test("EmailMessageTests.test_body_contains, EmailMessageTests.test_body_contains_alternative_non_text: the text stands in the body and in each form that is text", () => {
  const message = new EmailMultiAlternatives({ text: "I am content." });
  expect([message.bodyContains("I am"), message.bodyContains("other")]).toEqual([true, false]);
  message.attachAlternative("<p>I am content.", "text/html");
  expect([message.bodyContains("I am content."), message.bodyContains("<p>")]).toEqual([true, false]);
  message.attachAlternative(Buffer.from("I am content. é"), "text/x-other");
  message.attachAlternative("nothing", "application/x-other");
  expect(message.bodyContains("I am content.")).toBe(true);
  message.html = "else";
  expect(message.bodyContains("I am content.")).toBe(false);
});
