/** What a mail's HTML shows: its text, links and images. Read in one pass, whatever it holds; nothing of it is run. */

/** A link as a reader sees it. */
export interface HtmlLink {
  href: string;
  /** What is clicked. */
  text: string;
}

/** An image. */
export interface HtmlImage {
  src: string;
  /** Undefined where there is none; empty says that the image only decorates. */
  alt: string | undefined;
}

/** What was found. */
export interface HtmlContent {
  links: HtmlLink[];
  images: HtmlImage[];
  /** Characters of text that are shown, without those between words. */
  textLength: number;
  /** Those of them inside of links. */
  linkTextLength: number;
  /** The names of all elements, in lower case. */
  elements: Set<string>;
}

/** Elements whose content is no text of the page. */
const NOT_SHOWN: ReadonlySet<string> = new Set(["script", "style", "title", "template"]);
const TAG_NAME = /[a-z][^\s/>]*/iy;
const ATTRIBUTE = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

/** Reads HTML as a mail reader would. */
export function readHtml(html: string): HtmlContent {
  const content: HtmlContent = { links: [], images: [], textLength: 0, linkTextLength: 0, elements: new Set() };
  let openLink: HtmlLink | undefined;
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    const text = html.slice(at, open === -1 ? html.length : open);
    countText(content, text, openLink);
    if (open === -1) break;
    const tag = readTag(html, open);
    at = tag.end;
    if (tag.name === "") {
      if (tag.end === open + 1) countText(content, "<", openLink);
      continue;
    }
    if (tag.name === "a") openLink = tag.closes ? undefined : addLink(content, tag.attributes);
    if (tag.closes) continue;
    content.elements.add(tag.name);
    if (tag.name === "img") content.images.push(readImage(tag.attributes));
    if (NOT_SHOWN.has(tag.name)) at = endOfElement(html, at, tag.name);
  }
  return content;
}

function countText(content: HtmlContent, raw: string, openLink: HtmlLink | undefined): void {
  const text = decodeEntities(raw);
  const length = text.replace(/\s/g, "").length;
  content.textLength += length;
  if (openLink === undefined) return;
  content.linkTextLength += length;
  openLink.text += text;
}

function addLink(content: HtmlContent, attributes: string): HtmlLink | undefined {
  const href = readAttributes(attributes).get("href");
  if (href === undefined) return undefined;
  const link = { href, text: "" };
  content.links.push(link);
  return link;
}

function readImage(attributes: string): HtmlImage {
  const read = readAttributes(attributes);
  return { src: read.get("src") ?? "", alt: read.get("alt") };
}

interface Tag {
  /** In lower case; empty for a comment, a doctype, or a `<` that begins no tag. */
  name: string;
  closes: boolean;
  attributes: string;
  /** Where the text after it begins. */
  end: number;
}

function readTag(html: string, open: number): Tag {
  const nothing = { name: "", closes: false, attributes: "" };
  if (html.startsWith("<!--", open)) return { ...nothing, end: after(html, "-->", open + "<!--".length) };
  const next = html[open + 1];
  if (next === "!" || next === "?") return { ...nothing, end: after(html, ">", open) };
  const closes = next === "/";
  TAG_NAME.lastIndex = open + (closes ? 2 : 1);
  const name = TAG_NAME.exec(html)?.[0];
  if (name === undefined) return { ...nothing, end: open + 1 };
  const start = TAG_NAME.lastIndex;
  const end = endOfTag(html, start);
  if (end === -1) return { ...nothing, end: html.length }; // never closed: no tag, and nothing of it is shown
  return { name: name.toLowerCase(), closes, attributes: html.slice(start, end - 1), end };
}

/** The place after `text`, or the end of the document. */
function after(html: string, text: string, from: number): number {
  const at = html.indexOf(text, from);
  return at === -1 ? html.length : at + text.length;
}

/** The place after the `>` of a tag, or -1; one in quotes does not end it. */
function endOfTag(html: string, from: number): number {
  for (let at = from; at < html.length; at++) {
    const character = html[at];
    if (character === ">") return at + 1;
    if (character === '"' || character === "'") at = after(html, character, at + 1) - 1;
  }
  return -1;
}

function endOfElement(html: string, from: number, name: string): number {
  const close = new RegExp(`</${name}`, "gi");
  close.lastIndex = from;
  const match = close.exec(html);
  return match === null ? html.length : match.index;
}

/** By their lower-case names; the first of a name counts. */
function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single, bare] of text.matchAll(ATTRIBUTE)) {
    const key = name.toLowerCase();
    if (!attributes.has(key)) attributes.set(key, decodeEntities(double ?? single ?? bare ?? "").trim());
  }
  return attributes;
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** The few entities that stand in links and button texts; others count as they are written. */
function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,4}));/gi, (entity, decimal, hex, name: string = "") => {
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    if (Number.isNaN(code)) return NAMED[name.toLowerCase()] ?? entity;
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}
