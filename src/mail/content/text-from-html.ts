/** The text of a message made from its HTML: what it says, with its links, for readers that show no HTML. */
import type { FormatCallback, HtmlToTextOptions } from "html-to-text";
import { describeError } from "../../base/index.ts";
import { MessageError } from "../errors.ts";

/** Ten times what Gmail shows. A longer one is no letter, and reading it would hold up the process. */
const MAX_HTML = 1_048_576;
/** What is nested deeper is no letter either: the parser takes time by the square of it. */
const MAX_NESTING = 500;
/** Below this the text is left out: it is followed by recursion. */
const MAX_DEPTH = 200;
const TAG = /<(\/?)([a-z][a-z\d]*)/gi;
/** Elements that hold nothing. */
const VOID = /^(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)$/;
/** Elements that end the one just open, where it is one of these: their end tags may be left out. */
const ENDS: ReadonlyMap<string, RegExp> = new Map([
  ["dd", /^d[dt]$/],
  ["dt", /^d[dt]$/],
  ["li", /^li$/],
  ["option", /^option$/],
  ["p", /^p$/],
  ["tbody", /^t(?:head|body)$/],
  ["td", /^t[dh]$/],
  ["th", /^th$/],
  ["tr", /^t[drh]$/],
]);

/** Words of neighbouring cells stay apart. */
const cell: FormatCallback = (element, walk, builder) => {
  walk(element.children, builder);
  builder.addInline(" ");
};

/** What stands in place of a picture. */
const alt: FormatCallback = (element, _walk, builder) => {
  const attributes = element.attribs as Readonly<Record<string, string>> | undefined;
  builder.addInline(attributes?.["alt"] ?? "");
};

const options: HtmlToTextOptions = {
  wordwrap: false,
  limits: { maxDepth: MAX_DEPTH },
  formatters: { cell, alt },
  selectors: [
    { selector: "a", options: { hideLinkHrefIfSameAsText: true, linkBrackets: ["<", ">"] } },
    { selector: "head", format: "skip" },
    { selector: "title", format: "skip" },
    { selector: "img", format: "alt" },
    { selector: "td", format: "cell" },
    { selector: "th", format: "cell" },
    { selector: "tr", format: "block", options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
    { selector: '[style*="display:none"]', format: "skip" },
    { selector: '[style*="display: none"]', format: "skip" },
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
};

let converter: Promise<(html: string) => string> | undefined;

/**
 * The text, or an empty one where the HTML says nothing, has more than 1,048,576 characters, or nests more than 500
 * elements in each other.
 *
 * @throws MessageError WX_MESSAGE_HTML when the HTML cannot be read
 */
export async function textFromHtml(html: string): Promise<string> {
  if (html.length > MAX_HTML || isTooDeep(html)) return "";
  converter ??= import("html-to-text").then(({ compile }) => compile(options));
  const convert = await converter;
  try {
    return convert(html);
  } catch (cause) {
    const problem = `cannot be made into text (${describeError(cause)})`;
    throw new MessageError("WX_MESSAGE_HTML", { field: "html", problem, fix: "Give a text beside it" }, { cause });
  }
}

/** Whether more elements stand in each other than any letter has, as the parser counts them. */
function isTooDeep(html: string): boolean {
  const open: string[] = [];
  for (const [, slash, written = ""] of html.matchAll(TAG)) {
    const name = written.toLowerCase();
    if (slash === "") enter(open, name);
    else leave(open, name);
    if (open.length > MAX_NESTING) return true;
  }
  return false;
}

function enter(open: string[], name: string): void {
  if (VOID.test(name)) return;
  const ended = ENDS.get(name);
  while (ended?.test(open.at(-1) ?? "") === true) open.pop();
  open.push(name);
}

/** An end tag ends what was opened inside of its element too; one that nothing opened ends nothing. */
function leave(open: string[], name: string): void {
  const at = open.lastIndexOf(name);
  if (at >= 0) open.length = at;
}
