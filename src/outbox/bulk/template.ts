/** A template: the texts of a mail with `{{ variables }}` in them, by language, and what it has beside texts. */
import { findUnknownOption } from "../../base/index.ts";
import type { Attachment, ListHeaders, MessageFields } from "../../mail/index.ts";
import { BulkError } from "./errors.ts";
import { type Renderable, type TextReader, textReader } from "./liquid.ts";

/** What a template says in one language. Each is a Liquid template; values are escaped in `html` alone. */
export interface TemplateTexts {
  /** One line. */
  subject?: string | undefined;
  text?: string | undefined;
  /** Finished HTML, such as what React Email or MJML give, with `{{ variables }}` in it. */
  html?: string | undefined;
}

/** A file that goes along with every message of a template; it is stored once. */
export interface TemplateAttachment extends Pick<Attachment, "contentType" | "contentDisposition" | "cid"> {
  filename: string;
  content: string | Uint8Array;
  /** How `content` is written where it is a string that stands for bytes. Default: it is text. */
  encoding?: "base64" | undefined;
}

/** A mail to many, or to one after the other. All its strings but those of `attachments` are Liquid templates. */
export interface Template extends TemplateTexts {
  from?: string | undefined;
  replyTo?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  list?: Readonly<Partial<Record<Exclude<keyof ListHeaders, "oneClick" | "id">, string>> & { id?: string }> | undefined;
  /** The same for all; not rendered. */
  attachments?: readonly TemplateAttachment[] | undefined;
  /** Moves the rules of `<style>` into the elements; needs `@css-inline/css-inline`. Default false. */
  inlineCss?: boolean | undefined;
  /** By language tag, such as `zh-CN`: what differs for recipients of that locale. */
  locales?: Readonly<Record<string, TemplateTexts>> | undefined;
}

/** How a template is rendered. */
export interface RenderOptions {
  /** A language tag. Default: the template's own texts. */
  locale?: string | undefined;
  /** What `"now"` stands for, in milliseconds since 1970. Default: now. */
  at?: number | undefined;
}

/** A template that was read: any number of messages can be made of it. */
export interface ReadTemplate {
  /** @throws BulkError WX_BULK_TEMPLATE with the text, the line and the variable */
  render(
    variables: Readonly<Record<string, unknown>>,
    options: { locale: string | undefined; at: number },
  ): MessageFields;
}

const textNames = { subject: true, text: true, html: true } satisfies Record<keyof TemplateTexts, true>;
const templateNames = {
  ...textNames,
  from: true,
  replyTo: true,
  headers: true,
  list: true,
  attachments: true,
  inlineCss: true,
  locales: true,
} satisfies Record<keyof Template, true>;

/**
 * The fields of one message out of a template, to be sent by `mail.send` or enqueued.
 *
 * @throws BulkError `WX_BULK_TEMPLATE` when it is malformed, or asks for a variable that is not there
 * @example
 * const fields = await renderTemplate({ subject: "Hello {{ name }}", text: "..." }, { name: "Ann" });
 * await mail.send({ ...fields, to: ["ann@example.com"] });
 */
export async function renderTemplate(
  template: Template,
  variables: Readonly<Record<string, unknown>>,
  { locale, at = Date.now() }: RenderOptions = {},
): Promise<MessageFields> {
  return (await readTemplate(template)).render(variables, { locale, at });
}

/**
 * Reads a template once, to render it often.
 *
 * @param name Stands before the names of its texts in errors.
 * @throws BulkError WX_BULK_TEMPLATE
 */
export async function readTemplate(template: Template, name = "template"): Promise<ReadTemplate> {
  refuseUnknown(template, Object.keys(templateNames), name);
  const reader = await textReader();
  const own = readTexts(reader, template, name);
  const locales = new Map<string, Texts>();
  for (const [tag, texts] of Object.entries(template.locales ?? {})) {
    refuseUnknown(texts, Object.keys(textNames), `${name}/${tag}`);
    locales.set(tag.toLowerCase().replaceAll("_", "-"), inLocale(own, readTexts(reader, texts, `${name}/${tag}`)));
  }
  for (const [tag, texts] of [["", own] as const, ...locales]) requireBody(texts, tag === "" ? name : `${name}/${tag}`);
  const renderFields = fieldsReader(reader, template, name);
  return {
    render: (variables, { locale, at }) => {
      const texts = textsFor(locale, own, locales);
      return { ...renderFields(variables, at), ...renderTexts(texts, variables, at, name) };
    },
  };
}

type Texts = Partial<Record<keyof TemplateTexts, Renderable>>;

/** What each text is called where it is a file. */
const fileNames = { subject: "subject.txt", text: "body.txt", html: "body.html" };

function readTexts(reader: TextReader, texts: TemplateTexts, name: string): Texts {
  const read: Texts = {};
  for (const key of Object.keys(textNames) as (keyof TemplateTexts)[]) {
    const text = texts[key];
    if (text === undefined) continue;
    const label = `${name}/${fileNames[key]}`;
    requireText(text, label);
    // A file ends with a line break that is no part of the subject.
    read[key] = reader.read(key === "subject" ? text.trim() : text, key === "html" ? "html" : "plain", label);
  }
  return read;
}

/** A locale that has a body of its own takes none of another language beside it. */
function inLocale(own: Texts, texts: Texts): Texts {
  const hasBody = texts.text !== undefined || texts.html !== undefined;
  return hasBody ? { ...(own.subject && { subject: own.subject }), ...texts } : { ...own, ...texts };
}

/** The exact tag, else one of the same language, else the template's own texts. */
function textsFor(locale: string | undefined, own: Texts, locales: ReadonlyMap<string, Texts>): Texts {
  if (locale === undefined || locale === "") return own;
  const tag = locale.toLowerCase().replaceAll("_", "-");
  const language = tag.split("-")[0] ?? "";
  const exact = locales.get(tag) ?? locales.get(language);
  if (exact !== undefined) return exact;
  for (const [known, texts] of locales) if (known.split("-")[0] === language) return texts;
  return own;
}

function renderTexts(
  texts: Texts,
  variables: Readonly<Record<string, unknown>>,
  at: number,
  name: string,
): TemplateTexts {
  const subject = texts.subject?.render(variables, at).trim();
  if (subject !== undefined && /\p{Cc}/u.test(subject)) {
    throw new BulkError(
      "WX_BULK_TEMPLATE",
      `${name}/subject.txt: it must be one line, but holds a line break or another control character`,
    );
  }
  const text = texts.text?.render(variables, at);
  const html = texts.html?.render(variables, at);
  return {
    ...(subject !== undefined && { subject }),
    ...(text !== undefined && { text }),
    ...(html !== undefined && { html }),
  };
}

/** What renders all that stands beside the texts. */
function fieldsReader(
  reader: TextReader,
  { from, replyTo, headers, list, attachments, inlineCss }: Template,
  name: string,
): (variables: Readonly<Record<string, unknown>>, at: number) => MessageFields {
  const readAll = (texts: object = {}, prefix = ""): [string, Renderable][] =>
    Object.entries(texts).map(([key, text]) => {
      const label = `${name}: ${prefix}${key}`;
      requireText(text, label);
      return [key, reader.read(text, "plain", label)];
    });
  const own = readAll({ ...(from !== undefined && { from }), ...(replyTo !== undefined && { replyTo }) });
  const [headerTexts, listTexts] = [readAll(headers, "headers."), readAll(list, "list.")];
  const shared = { ...(attachments && { attachments }), ...(inlineCss !== undefined && { inlineCss }) };
  return (variables, at) => {
    const rendered = (texts: [string, Renderable][]): Record<string, string> =>
      Object.fromEntries(texts.map(([key, text]) => [key, text.render(variables, at)]));
    const { replyTo: reply, ...sender } = rendered(own);
    return {
      ...shared,
      ...sender,
      ...(reply !== undefined && { replyTo: [reply] }),
      ...(headerTexts.length > 0 && { headers: rendered(headerTexts) }),
      ...(listTexts.length > 0 && { list: rendered(listTexts) }),
    };
  };
}

function refuseUnknown(value: object, known: readonly string[], name: string): void {
  const unknown = findUnknownOption(value, known);
  if (unknown === undefined) return;
  throw new BulkError("WX_BULK_TEMPLATE", `${name}: a template has no ${unknown.name}. ${unknown.hint}`);
}

function requireText(text: unknown, name: string): asserts text is string {
  if (typeof text !== "string") throw new BulkError("WX_BULK_TEMPLATE", `${name}: it is no text`);
}

function requireBody({ text, html, subject }: Texts, name: string): void {
  if (text === undefined && html === undefined) {
    throw new BulkError(
      "WX_BULK_TEMPLATE",
      `${name}: it has no body. Give text (body.txt), html (body.html), or both.`,
    );
  }
  if (subject === undefined) throw new BulkError("WX_BULK_TEMPLATE", `${name}: it has no subject (subject.txt)`);
}

/** A template as it is stored: all bytes in base64. */
export function storedTemplate(template: Template): string {
  const attachments = template.attachments?.map((attachment) =>
    typeof attachment.content === "string"
      ? attachment
      : { ...attachment, content: Buffer.from(attachment.content).toString("base64"), encoding: "base64" as const },
  );
  return JSON.stringify({ ...template, ...(attachments !== undefined && { attachments }) });
}
