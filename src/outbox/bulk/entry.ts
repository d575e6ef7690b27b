/** The entries of a bulk's list: what may be said of one, and what is kept of it. */
import { describeError, findUnknownOption } from "../../base/index.ts";
import { formatMailbox, type Mailbox, parseMailbox, toAsciiAddress } from "../../mail/index.ts";
import { addressKey } from "../suppression/address-key.ts";
import { BulkError } from "./errors.ts";

/** One recipient of a bulk. */
export interface BulkEntry {
  /** One mailbox, such as `Ann <ann@example.com>`. */
  to: string | Mailbox;
  /** What the template's `{{ names }}` stand for: anything that JSON can hold. Default: none. */
  variables?: Readonly<Record<string, unknown>> | undefined;
  /** A language tag; chooses among the template's locales. */
  locale?: string | undefined;
  /** As of `outbox.enqueue`: the same key is the same message, in other bulks too. */
  idempotencyKey?: string | undefined;
  /** Where it stands in its list, such as the line of a file. Default: counted from 1. */
  number?: number | undefined;
}

/** A place in the list that could not be read; it is counted as refused. */
export interface UnreadableEntry {
  number?: number | undefined;
  problem: string;
}

/** What is stored of an entry beside its message, as JSON. */
export interface StoredVariables {
  /** The mailbox, where it is more than the address of the envelope. */
  to?: string | undefined;
  locale?: string | undefined;
  variables: Readonly<Record<string, unknown>>;
}

/** An entry that can be sent to. */
export interface CheckedEntry extends StoredVariables {
  /** As the envelope carries it. */
  address: string;
  /** What makes a second one a duplicate. */
  key: string;
  idempotencyKey: string | undefined;
  /** `variables`, `to` and `locale` as they are stored. */
  json: string;
}

/** The most that is kept of one recipient, in characters. */
const MAX_JSON = 100_000;

/** A NUL as JSON writes it, which Postgres does not store; not the letters u0000 behind a backslash, which JSON writes twice. */
const NUL = /(?<!\\)((?:\\\\)*)\\u0000/g;

const entryNames = Object.keys({
  to: true,
  variables: true,
  locale: true,
  idempotencyKey: true,
  number: true,
} satisfies Record<keyof BulkEntry, true>);

export function isUnreadable(entry: BulkEntry | UnreadableEntry): entry is UnreadableEntry {
  return typeof entry === "object" && entry !== null && "problem" in entry;
}

/** @throws BulkError WX_BULK_ENTRY, MessageError */
export function checkEntry(entry: BulkEntry): CheckedEntry {
  if (typeof entry !== "object" || entry === null) throw refused("it is no entry. Give { to, variables }");
  const unknown = findUnknownOption(entry, entryNames);
  if (unknown !== undefined) throw refused(`an entry has no ${unknown.name}. ${unknown.hint}`);
  const { variables = {}, locale, idempotencyKey } = entry;
  const mailbox = parseMailbox(typeof entry.to === "string" ? entry.to.trim() : entry.to, "to");
  const address = toAsciiAddress(mailbox.address, "to");
  const isPlain = mailbox.name === "" && mailbox.address === address;
  const stored: StoredVariables = {
    ...(!isPlain && { to: formatMailbox(mailbox) }),
    ...(locale && { locale }),
    variables,
  };
  const json = jsonOf(stored);
  // Read back, so that it is rendered now from just what is stored.
  return { ...(JSON.parse(json) as StoredVariables), address, key: addressKey(address), idempotencyKey, json };
}

/** What the hash of a list is made of; entries that cannot be stored are alike. */
export function fingerprintOf(entry: BulkEntry | UnreadableEntry): string {
  try {
    if (isUnreadable(entry)) return JSON.stringify([entry.problem]);
    return JSON.stringify([entry.to, entry.variables, entry.locale, entry.idempotencyKey]);
  } catch {
    return "[]";
  }
}

function jsonOf(stored: StoredVariables): string {
  if (typeof stored.variables !== "object" || stored.variables === null || Array.isArray(stored.variables)) {
    throw refused("its variables are no object. Give { name: value }");
  }
  const json = tryJson(stored).replaceAll(NUL, "$1");
  if (json.length > MAX_JSON) throw refused(`its variables are longer than ${MAX_JSON} characters`);
  return json;
}

function tryJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw refused(`its variables cannot be stored: ${describeError(cause)}`, cause);
  }
}

function refused(problem: string, cause?: unknown): BulkError {
  return new BulkError("WX_BULK_ENTRY", problem, { cause });
}
