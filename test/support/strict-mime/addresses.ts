/** Mailboxes with commas between them, without anything obsolete, without comments and groups (RFC 5322, section 3.4). */
import { checkPhraseWord, looksEncoded } from "./encoded-words.ts";
import type { Report } from "./report.ts";

const ATEXT = /[\w!#$%&'*+/=?^`{|}~-]/;
/** With the octets of UTF-8 (RFC 6532, section 3.2). */
const UTF8_ATEXT = /[\w!#$%&'*+/=?^`{|}~\x80-\xff-]/;
const LABEL = /^\w(?:[\w-]*\w)?$/;

/** A piece of a mailbox list: an atom (with dots), a quoted-string with its quotes, a domain literal, or one of `<>@,`. */
interface Token {
  readonly kind: "atom" | "quoted" | "literal" | "sign" | "bad";
  readonly text: string;
}

export function checkMailboxes(value: string, offset: number, report: Report): void {
  const mailboxes: Token[][] = [[]];
  for (const token of tokens(value, report.utf8 ? UTF8_ATEXT : ATEXT)) {
    if (token.kind === "bad") return report.broken("mailbox", offset, `${token.text} in ${value}`);
    if (token.text === ",") mailboxes.push([]);
    else mailboxes.at(-1)?.push(token);
  }
  for (const mailbox of mailboxes) checkMailbox(mailbox, offset, report);
}

function* tokens(value: string, atext: RegExp): Generator<Token> {
  for (let at = 0; at < value.length;) {
    const start = at;
    const character = value[at] ?? "";
    if (character === " " || character === "\t") {
      at++;
    } else if (character === '"') {
      at = quotedEnd(value, at);
      yield { kind: at > value.length ? "bad" : "quoted", text: value.slice(start, at) };
    } else if (character === "[") {
      at = value.indexOf("]", at) + 1 || value.length + 1;
      yield { kind: at > value.length ? "bad" : "literal", text: value.slice(start, at) };
    } else if ("<>@,".includes(character)) {
      yield { kind: "sign", text: value[at++] ?? "" };
    } else if (atext.test(character) || character === ".") {
      while (at < value.length && (atext.test(value[at] ?? "") || value[at] === ".")) at++;
      yield { kind: "atom", text: value.slice(start, at) };
    } else {
      yield { kind: "bad", text: value[at++] ?? "" };
    }
  }
}

/** The index after the closing quote, or past the end where there is none. */
function quotedEnd(value: string, start: number): number {
  for (let at = start + 1; at < value.length; at++) {
    if (value[at] === "\\") at++;
    else if (value[at] === '"') return at + 1;
  }
  return value.length + 1;
}

function checkMailbox(mailbox: readonly Token[], offset: number, report: Report): void {
  const shown = mailbox.map(({ text }) => text).join(" ");
  const open = mailbox.findIndex(({ text, kind }) => kind === "sign" && text === "<");
  const last = mailbox.at(-1);
  if (open >= 0 && !(last?.kind === "sign" && last.text === ">")) return report.broken("mailbox", offset, shown);
  const address = open < 0 ? mailbox : mailbox.slice(open + 1, -1);
  report.unless(isAddress(address), "address", offset, shown);
  if (open > 0) checkPhrase(mailbox.slice(0, open), offset, report);
}

function isAddress([local, at, domain, ...rest]: readonly Token[]): boolean {
  if (local === undefined || domain === undefined || rest.length > 0 || at?.text !== "@") return false;
  const isLocal = local.kind === "quoted" || (local.kind === "atom" && isDotAtom(local.text));
  const isDomain = domain.kind === "literal" || (domain.kind === "atom" && isDomainName(domain.text));
  return isLocal && isDomain && local.text.length <= 64 && local.text.length + 1 + domain.text.length <= 254;
}

function isDotAtom(text: string): boolean {
  return text.split(".").every((atom) => atom !== "");
}

function isDomainName(text: string): boolean {
  return text.split(".").every((label) => LABEL.test(label) && label.length <= 63);
}

/** Words: atoms, encoded-words and quoted-strings; a dot in an atom is obsolete, but is what everybody writes. */
function checkPhrase(words: readonly Token[], offset: number, report: Report): void {
  for (const { kind, text } of words) {
    if (kind === "quoted") report.unless(!quotesEncodedWord(text), "encoded-word-in-quotes", offset, text);
    else if (kind !== "atom") report.broken("phrase", offset, text);
    else if (looksEncoded(text)) checkPhraseWord(text, offset, report);
  }
}

function quotesEncodedWord(text: string): boolean {
  return text.slice(1, -1).split(" ").some(looksEncoded);
}
