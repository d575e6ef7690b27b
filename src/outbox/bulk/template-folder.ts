/** Reads a template from its folder: `subject.txt`, `body.txt`, `body.html`, folders of languages, and files to attach. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { BulkError } from "./errors.ts";
import type { Template, TemplateAttachment, TemplateTexts } from "./template.ts";

const fileNames = { subject: "subject.txt", text: "body.txt", html: "body.html" } as const;
const ATTACHMENTS = "attachments";
const LANGUAGE_TAG = /^[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/;

/**
 * Reads a template.
 *
 *     welcome/subject.txt  body.txt  body.html     for everybody
 *     welcome/zh-CN/subject.txt ...                for recipients of that locale
 *     welcome/attachments/terms.pdf                goes along; shown in place where body.html has "cid:terms.pdf"
 *
 * Without texts of its own, the English ones serve for everybody, else those of the first language.
 *
 * @param folder Its path.
 * @throws BulkError `WX_BULK_TEMPLATE` when there is no such folder, or nothing in it to send
 * @example
 * const template = await loadTemplate("templates/welcome");
 */
export async function loadTemplate(folder: string): Promise<Template> {
  const names = await listFolder(folder);
  const own = await readTexts(folder);
  const locales: Record<string, TemplateTexts> = {};
  for (const { name, isFolder } of names) {
    if (!isFolder || name === ATTACHMENTS) continue;
    if (LANGUAGE_TAG.test(name)) locales[name] = await readTexts(join(folder, name));
  }
  const fallback = Object.keys(own).length > 0 ? own : (locales["en"] ?? Object.values(locales)[0] ?? {});
  if (Object.keys(fallback).length === 0) {
    throw new BulkError(
      "WX_BULK_TEMPLATE",
      `${folder}: there is neither ${Object.values(fileNames).join(", ")} nor a folder of a language in it.`,
    );
  }
  const isAttaching = names.some(({ name, isFolder }) => isFolder && name === ATTACHMENTS);
  return {
    ...fallback,
    ...(Object.keys(locales).length > 0 && { locales }),
    ...(isAttaching && {
      attachments: await readAttachments(join(folder, ATTACHMENTS), [fallback, ...Object.values(locales)]),
    }),
  };
}

/** Sorted, since the order of a folder is the file system's. */
async function listFolder(folder: string): Promise<{ name: string; isFolder: boolean }[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const all = entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
    return all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new BulkError(
      "WX_BULK_TEMPLATE",
      `${folder}: there is no such template. Make the folder, with subject.txt and body.txt or body.html in it.`,
      { cause },
    );
  }
}

async function readTexts(folder: string): Promise<TemplateTexts> {
  const texts: TemplateTexts = {};
  for (const [key, file] of Object.entries(fileNames) as [keyof TemplateTexts, string][]) {
    const text = await readText(join(folder, file));
    if (text !== undefined) texts[key] = text;
  }
  return texts;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return undefined;
    const problem = cause instanceof TypeError ? "is not UTF-8; save it as UTF-8" : "cannot be read";
    throw new BulkError("WX_BULK_TEMPLATE", `${path}: it ${problem}`, { cause });
  }
}

async function readAttachments(folder: string, texts: readonly TemplateTexts[]): Promise<TemplateAttachment[]> {
  const files = (await listFolder(folder)).filter(({ name, isFolder }) => !isFolder && !name.startsWith("."));
  return Promise.all(
    files.map(async ({ name }) => {
      const content = await readFile(join(folder, name));
      const isShown = texts.some(({ html = "" }) => html.includes(`cid:${name}`));
      return { filename: name, content, ...(isShown && { cid: name }) };
    }),
  );
}
