/**
 * Mailboxes: a display name and an address, read and written without guessing.
 *
 * Read are `address`, `<address>`, `name <address>` and `"quoted name" <address>` (RFC 5322, section 3.4). Refused, so that
 * what was checked is what is mailed: comments, groups, routes, more than one mailbox, white space inside an address,
 * and a name that is quoted in part only. Encoded-words are never decoded: a name is the text that it shows.
 */
import { toAsciiAddress } from "./addr-spec.ts";
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

/**
 * Reads one mailbox.
 *
 * @param input A string such as `mac <mac@163.com>`, or a mailbox whose parts are checked.
 * @param field The name under which an error reports it.
 * @throws MessageError WX_MESSAGE_ADDRESS, WX_MESSAGE_TYPE, WX_MESSAGE_CONTROL_CHARACTER
 *
 * @example
 * parseMailbox('"Doe, John" <john@example.com>') // { name: "Doe, John", address: "john@example.com" }
 */
export function parseMailbox(input: string | Mailbox, field = "address"): Mailbox {
  const mailbox = typeof input === "object" && input !== null ? input : splitMailbox(headerText(input, field), field);
  const name = headerText(mailbox.name ?? "", `${field}.name`);
  toAsciiAddress(mailbox.address, field);
  return { name, address: mailbox.address };
}

/**
 * Writes a mailbox as text that `parseMailbox` reads back exactly; the name is quoted where it must be.
 *
 * @throws MessageError as `parseMailbox` does
 */
export function formatMailbox(mailbox: Mailbox): string {
  const { name, address } = parseMailbox(mailbox);
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

/** Reads a list; a string where a list is meant is an error, and empty items are dropped, as Django drops them. */
export function parseMailboxes(list: MailboxList | undefined, field: string): Mailbox[] {
  return presentItems(list, field).map(({ item, index }) => parseMailbox(item, `${field}[${index}]`));
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

/** Reads the mailboxes of a header's text, separated by commas; an empty place between two commas is an error. */
export function parseMailboxText(text: string, field: string): Mailbox[] {
  return splitAtCommas(headerText(text, field)).map((part, index) => parseMailbox(part, `${field}[${index}]`));
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
  const text = input.trim();
  if (!text.endsWith(">")) return { name: "", address: text };
  const bracket = text.startsWith('"') ? closingQuote(text, field) + 1 : 0;
  const open = text.indexOf("<", bracket);
  const before = open < 0 ? text : text.slice(0, open).trim();
  const name = bracket > 0 ? unquote(before, field) : unquoted(before, field);
  return { name, address: text.slice(open + 1, -1) };
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

function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') quoted = !quoted;
    else if (character === "\\" && quoted) index++;
    else if (character === "," && !quoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
