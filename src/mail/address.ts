/**
 * Mailboxes: a display name and an address, read and written without guessing.
 *
 * Read are `address`, `<address>`, `name <address>` and `"quoted name" <address>` (RFC 5322, section 3.4). Refused, so that
 * what was checked is what is mailed: comments, groups, routes, more than one mailbox, white space inside an address,
 * and a name that is quoted in part only. Encoded-words are never decoded: a name is the text that it shows.
 */
import { findUnknownOption } from "../base/index.ts";
import { type AddressOptions, checkAddressOptions, isPlainAddress, toAsciiAddress } from "./addr-spec.ts";
import { MessageError } from "./errors.ts";
import { headerText, notText } from "./text.ts";

/** A person or a role, and where its mail goes. */
export interface Mailbox {
  /** Empty for none. */
  name: string;
  /** As typed; an international domain stays readable. */
  address: string;
}

/** Recipients as a message takes them: always a list. */
export type MailboxList = readonly (string | Mailbox)[];

/** Names of these characters need no quotes (atext of RFC 5322, section 3.2.3, and single spaces). */
const ATOMS = /^[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*$/;
const SPECIAL = /[()<>[\]:;@\\,"]/;
/** Neither specials, controls nor surrogates: the short way's part of what the long way takes. */
// oxlint-disable-next-line no-control-regex -- control characters are what it leaves out
const PLAIN_NAME = /^[^\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff()<>[\]:;@\\,"]+$/;
const SPACE = " ".charCodeAt(0);
const GREATER_THAN = ">".charCodeAt(0);

/**
 * Reads one mailbox.
 *
 * @param input A string such as `mac <mac@163.com>`, or a mailbox whose parts are checked.
 * @param field The name under which an error reports it.
 * @param options What an address may have beside plain names: `smtpUtf8`, `domainLiteral`.
 * @throws MessageError WX_MESSAGE_ADDRESS, WX_MESSAGE_TYPE, WX_MESSAGE_CONTROL_CHARACTER, WX_MESSAGE_FIELD, WX_MESSAGE_OPTION
 *
 * @example
 * parseMailbox('"Doe, John" <john@example.com>') // { name: "Doe, John", address: "john@example.com" }
 */
export function parseMailbox(input: string | Mailbox, field = "address", options?: AddressOptions): Mailbox {
  if (options !== undefined) checkAddressOptions(options);
  const plain = typeof input === "string" ? plainMailbox(input) : undefined;
  return plain ?? readMailbox(input, field, options);
}

/** The long way of `parseMailbox`, which knows every mailbox. */
export function readMailbox(input: string | Mailbox, field: string, options?: AddressOptions): Mailbox {
  const mailbox = isObject(input, field) ? input : splitMailbox(headerText(input, field), field);
  const name = checkName(mailbox.name ?? "", `${field}.name`);
  toAsciiAddress(mailbox.address, field, options);
  return { name, address: mailbox.address };
}

/** The mailboxes of every day, in one look; the long way reads them to the same. */
function plainMailbox(input: string): Mailbox | undefined {
  if (isPlainAddress(input)) return { name: "", address: input };
  const open = input.indexOf(" <");
  if (open < 1 || input.charCodeAt(input.length - 1) !== GREATER_THAN) return undefined;
  const name = input.slice(0, open);
  const address = input.slice(open + 2, -1);
  const isTrimmed = name.charCodeAt(0) !== SPACE && name.charCodeAt(open - 1) !== SPACE;
  return isTrimmed && isPlainAddress(address) && PLAIN_NAME.test(name) ? { name, address } : undefined;
}

function isObject(input: unknown, field: string): input is Mailbox {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return false;
  const unknown = findUnknownOption(input, ["name", "address"]);
  if (unknown === undefined) return true;
  const { name: value, hint: fix } = unknown;
  throw new MessageError("WX_MESSAGE_FIELD", { field, value, problem: "is not a field of a mailbox", fix });
}

/** A name as it may stand in a header: no control character, and no half of a character, which UTF-8 cannot say. */
function checkName(value: unknown, field: string): string {
  const name = headerText(value, field);
  if (!/\p{Cs}/u.test(name)) return name;
  throw new MessageError("WX_MESSAGE_ADDRESS", {
    field,
    value: name,
    problem: "holds half of a character (a lone surrogate)",
    fix: 'Shorten text between characters, as with Array.from(text).slice(0, 20).join("")',
  });
}

/**
 * Writes a mailbox as text that `parseMailbox` reads back exactly; the name is quoted where it must be.
 *
 * @throws MessageError as `parseMailbox` does
 *
 * @example
 * formatMailbox({ name: "Doe, John", address: "john@example.com" }) // '"Doe, John" <john@example.com>'
 */
export function formatMailbox(mailbox: Mailbox, options?: AddressOptions): string {
  const { name, address } = parseMailbox(mailbox, "address", options);
  return name === "" ? address : `${isAtoms(name) ? name : quoteName(name)} <${address}>`;
}

/** True when a name may stand in a header as it is. */
export function isAtoms(name: string): boolean {
  return ATOMS.test(name);
}

/** The name as a quoted-string. */
export function quoteName(name: string): string {
  return `"${name.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * Reads a list; a string where a list is meant is an error, and empty items are dropped, as Django drops them.
 *
 * @throws MessageError WX_MESSAGE_LIST, and what `parseMailbox` throws
 *
 * @example
 * parseMailboxes(["Ann <ann@example.com>", "bob@example.com"], "to")
 */
export function parseMailboxes(list: MailboxList | undefined, field: string, options?: AddressOptions): Mailbox[] {
  return presentItems(list, field).map(({ item, index }) => parseMailbox(item, `${field}[${index}]`, options));
}

/** The items of a recipient list that hold anything. */
export function presentItems(
  list: MailboxList | undefined,
  field: string,
): { item: string | Mailbox; index: number }[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw notList(list, field);
  const items = list.map((item: string | Mailbox, index) => ({ item, index }));
  return items.filter(({ item }) => item !== "" && item !== undefined && item !== null);
}

/**
 * Reads the mailboxes of a header's text, separated by commas; an empty place between two commas is an error.
 *
 * @throws MessageError as `parseMailbox` does, naming which of them it is about
 *
 * @example
 * parseMailboxText('"Doe, John" <john@example.com>, bob@example.com', "ADMINS") // two mailboxes
 */
export function parseMailboxText(text: string, field: string, options?: AddressOptions): Mailbox[] {
  const mailboxes: Mailbox[] = [];
  for (const part of splitAtCommas(headerText(text, field))) {
    mailboxes.push(parseMailbox(part, `${field}[${mailboxes.length}]`, options));
  }
  return mailboxes;
}

function notList(value: unknown, field: string): MessageError {
  if (typeof value !== "string") return notText(value, field);
  return new MessageError("WX_MESSAGE_LIST", {
    field,
    value,
    problem: "is a string where a list is meant",
    fix: `Write [${JSON.stringify(value.slice(0, 40))}]`,
  });
}

/** Splits `name <address>`; whether the address is one is for the caller to check. */
function splitMailbox(input: string, field: string): Mailbox {
  const text = trimSpaces(input);
  if (!text.endsWith(">")) return { name: "", address: text };
  const bracket = text.startsWith('"') ? closingQuote(text, field) + 1 : 0;
  const open = text.indexOf("<", bracket);
  const before = open < 0 ? text : trimSpaces(text.slice(0, open));
  const name = bracket > 0 ? unquote(before, field) : unquoted(before, field);
  return { name, address: text.slice(open + 1, -1) };
}

/** Only the space is white space between parts; any other, such as U+3000, belongs to a name. */
function trimSpaces(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === " ") start++;
  while (end > start && text[end - 1] === " ") end--;
  return text.slice(start, end);
}

/** The index of the quote that ends the string which begins at index 0. */
function closingQuote(text: string, field: string): number {
  for (let index = 1; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === '"') return index;
  }
  throw badName(text, field, "has a quote that is never closed");
}

function unquote(before: string, field: string): string {
  if (closingQuote(before, field) !== before.length - 1) {
    throw badName(before, field, "has a name that is quoted in part only");
  }
  return before.slice(1, -1).replace(/\\(.)/gu, "$1");
}

function unquoted(before: string, field: string): string {
  const special = SPECIAL.exec(before);
  if (special === null) return before;
  throw badName(before, field, `has ${special[0]} in a name without quotes`);
}

function badName(value: string, field: string, problem: string): MessageError {
  return new MessageError("WX_MESSAGE_ADDRESS", {
    field,
    value,
    problem,
    fix: 'Write "the whole name" <address> with a backslash before quotes inside it, or give { name, address }',
  });
}

/** One part after the other, so that nothing is split behind one that is refused. */
function* splitAtCommas(text: string): Generator<string> {
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') quoted = !quoted;
    else if (character === "\\" && quoted) index++;
    else if (character === "," && !quoted) {
      yield text.slice(start, index);
      start = index + 1;
    }
  }
  yield text.slice(start);
}
