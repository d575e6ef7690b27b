/** What the rules look at: a message, read once. */
import { type MailboxList, parseMailbox, presentItems } from "../address.ts";
import { MessageError } from "../errors.ts";
import type { HeaderValue, MessageFields } from "../message-fields.ts";
import { type HtmlContent, readHtml } from "./html-reader.ts";

/** A link to a web page. */
export interface WebLink {
  /** Where it stands. */
  field: "html" | "text";
  /** As it was written. */
  href: string;
  url: URL;
  /** What is clicked; in a plain text, the link itself. */
  text: string;
}

/** A message, as the rules see it. */
export interface Facts {
  message: MessageFields;
  subject: string;
  text: string;
  html: string;
  /** The HTML's content, where there is HTML. */
  content: HtmlContent | undefined;
  /** To web pages, from the HTML and the text. */
  links: readonly WebLink[];
  /** The domain of From, in lower case; undefined where it is not known. */
  fromDomain: string | undefined;
  /** How many mailboxes stand in To. */
  toCount: number;
  /** What `headers` says of a name in lower case. */
  header(name: string): HeaderValue | undefined;
}

const TEXT_LINK = /\bhttps?:\/\/[^\s<>"'（）《》「」，。]+/gi;

/** Reads a message. What is wrong with it is for composing to say. */
export function readFacts(message: MessageFields, defaultFrom: string | undefined): Facts {
  const subject = textOf(message.subject);
  const text = textOf(message.text);
  const html = textOf(message.html);
  const content = html === "" ? undefined : readHtml(html);
  const headers = new Map(Object.entries(message.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    message,
    subject,
    text,
    html,
    content,
    links: [...htmlLinks(content), ...textLinks(text)],
    fromDomain: domainOf(message.from === undefined || message.from === "" ? defaultFrom : message.from),
    toCount: countOf(message.to),
    header: (name) => headers.get(name),
  };
}

/** Empty for what is no text, which is for composing to refuse. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function htmlLinks(content: HtmlContent | undefined): WebLink[] {
  return (content?.links ?? []).flatMap(({ href, text }) => webLink("html", href, text));
}

function textLinks(text: string): WebLink[] {
  return [...text.matchAll(TEXT_LINK)].flatMap(([link]) => {
    const href = withoutPunctuation(link);
    return webLink("text", href, href);
  });
}

/** A link in a sentence, without what ends the sentence. */
function withoutPunctuation(link: string): string {
  let end = link.length;
  while (".,;:!?)]".includes(link[end - 1] ?? " ")) end--;
  return link.slice(0, end);
}

function webLink(field: WebLink["field"], href: string, text: string): WebLink[] {
  if (!/^https?:\/\//i.test(href) || !URL.canParse(href)) return [];
  return [{ field, href, text: text.trim(), url: new URL(href) }];
}

function domainOf(from: MessageFields["from"]): string | undefined {
  if (from === undefined) return undefined;
  try {
    const { address } = parseMailbox(from, "from", { smtpUtf8: true });
    const host = `http://${address.slice(address.lastIndexOf("@") + 1)}`;
    return URL.canParse(host) ? new URL(host).hostname : undefined;
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}

function countOf(list: MailboxList | undefined): number {
  return Array.isArray(list) ? presentItems(list, "to").length : 0;
}
