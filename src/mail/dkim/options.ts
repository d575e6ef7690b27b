/** What a DKIM signature is made with, as an application writes it, checked once. */
import { findUnknownOption } from "../../base/index.ts";
import { toAsciiAddress } from "../addr-spec.ts";
import { MailerError, shorten } from "../errors.ts";
import type { Canonicalization } from "./canonical-body.ts";
import { type PrivateKeyInput, readPrivateKey, type SigningKey } from "./key.ts";
import { NEVER_SIGNED, OVERSIGNED_BY_DEFAULT, SIGNED_BY_DEFAULT } from "./signed-names.ts";

/** One signature. There is no way to sign a part of the body (`l=`): whoever appends to such a mail leaves it valid. */
export interface DkimKey {
  /** Who answers for the message. For DMARC it is the domain of From, or one above or below it. */
  domain: string;
  /** Names the key among the domain's: its record stands at `SELECTOR._domainkey.DOMAIN`. */
  selector: string;
  /** RSA (2048 bits) or Ed25519; the algorithm follows from it. */
  privateKey: PrivateKeyInput;
  /** The header fields to sign, those that a message has. Default: what RFC 6376, section 5.4.1 advises, and more. */
  headers?: readonly string[] | undefined;
  /** The fields that nobody may add on the way. Default true: From, To, Cc, Reply-To, Subject, Date and the like. */
  oversign?: boolean | readonly string[] | undefined;
  /** Header and body. Default `relaxed/relaxed`, which outlives a server that folds anew. */
  canonicalization?: `${Canonicalization}/${Canonicalization}` | undefined;
  /** How long the signature holds, in seconds. Default: for ever. */
  expirationSeconds?: number | undefined;
}

const dkimKey = {
  domain: true,
  selector: true,
  privateKey: true,
  headers: true,
  oversign: true,
  canonicalization: true,
  expirationSeconds: true,
} satisfies Record<keyof DkimKey, true>;

/** One signature with nothing left open. */
export interface SignaturePlan extends SigningKey {
  /** In ASCII. */
  domain: string;
  selector: string;
  /** In lower case, each once. */
  headers: readonly string[];
  oversign: ReadonlySet<string>;
  header: Canonicalization;
  body: Canonicalization;
  expirationSeconds: number | undefined;
}

const SELECTOR = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i;
const FIELD_NAME = /^[!-9;-~]+$/;

/**
 * Reads what one or several signatures are made with.
 *
 * @throws MailerError WX_MAILER_DKIM
 */
export function readDkimKeys(keys: DkimKey | readonly DkimKey[]): SignaturePlan[] {
  if (!Array.isArray(keys)) return [readDkimKey(keys as DkimKey, "dkim")];
  return keys.map((key: DkimKey, index) => readDkimKey(key, `dkim[${index}]`));
}

/**
 * Reads what one signature is made with.
 *
 * @param at Where it stands, for the error.
 * @throws MailerError WX_MAILER_DKIM
 */
export function readDkimKey(options: DkimKey, at: string): SignaturePlan {
  if (typeof options !== "object" || options === null) {
    throw dkimError(at, "is no key. Give { domain, selector, privateKey }.");
  }
  refuseUnknownOptions(options, at);
  const [header, body] = readCanonicalization(options.canonicalization ?? "relaxed/relaxed", at);
  const oversign = readOversign(options, at);
  return {
    ...readPrivateKey(options.privateKey, `${at}.privateKey`),
    domain: readDomain(options.domain, at),
    selector: readSelector(options.selector, at),
    headers: [...new Set([...readNames(options.headers ?? SIGNED_BY_DEFAULT, `${at}.headers`), ...oversign])],
    oversign,
    header,
    body,
    expirationSeconds: readExpiration(options.expirationSeconds, at),
  };
}

function refuseUnknownOptions(options: DkimKey, at: string): void {
  const unknown = findUnknownOption(options, Object.keys(dkimKey));
  if (unknown === undefined) return;
  const hint = /^(?:l|bodyLength)$/i.test(unknown.name)
    ? "A signature always covers the whole body; else anyone could append to the mail."
    : unknown.hint;
  throw dkimError(`${at}.${unknown.name}`, `is not an option. ${hint}`);
}

function readDomain(domain: string, at: string): string {
  if (typeof domain !== "string") throw dkimError(`${at}.domain`, "is missing. Give a domain such as example.com.");
  try {
    const address = toAsciiAddress(`x@${domain}`, `${at}.domain`);
    return address.slice("x@".length).toLowerCase();
  } catch (cause) {
    const problem = `is ${shorten(domain)}, which is no domain. Give one such as example.com.`;
    throw dkimError(`${at}.domain`, problem, cause);
  }
}

function readSelector(selector: string, at: string): string {
  if (typeof selector === "string" && selector.length <= 253 && SELECTOR.test(selector)) return selector;
  const is = typeof selector === "string" ? `is ${shorten(selector)}` : "is missing";
  throw dkimError(`${at}.selector`, `${is}. Give letters, digits and hyphens, such as mail2026.`);
}

function readCanonicalization(text: string, at: string): [Canonicalization, Canonicalization] {
  const match = /^(relaxed|simple)\/(relaxed|simple)$/.exec(text);
  if (match !== null) return [match[1] as Canonicalization, match[2] as Canonicalization];
  const problem = `is ${shorten(String(text))}. It is relaxed/relaxed, or simple in place of either.`;
  throw dkimError(`${at}.canonicalization`, problem);
}

function readOversign({ headers, oversign = true }: DkimKey, at: string): Set<string> {
  if (oversign === false) return new Set();
  if (oversign !== true) return new Set(readNames(oversign, `${at}.oversign`, false));
  if (headers === undefined) return new Set(OVERSIGNED_BY_DEFAULT);
  const chosen = new Set(readNames(headers, `${at}.headers`));
  return new Set(OVERSIGNED_BY_DEFAULT.filter((name) => chosen.has(name)));
}

function readNames(names: readonly string[], setting: string, needsFrom = true): string[] {
  if (!Array.isArray(names)) throw dkimError(setting, "is no list of header names.");
  const lower = names.map((name: unknown) => {
    if (typeof name !== "string" || !FIELD_NAME.test(name)) throw dkimError(setting, "holds what is no header's name.");
    return name.toLowerCase();
  });
  const never = lower.find((name) => NEVER_SIGNED.has(name));
  if (never !== undefined) throw dkimError(setting, `holds ${never}, which is changed or dropped on the way.`);
  if (needsFrom && !lower.includes("from")) throw dkimError(setting, "lacks From, which every signature covers.");
  return lower;
}

function readExpiration(seconds: number | undefined, at: string): number | undefined {
  if (seconds === undefined || (Number.isSafeInteger(seconds) && seconds > 0)) return seconds;
  throw dkimError(`${at}.expirationSeconds`, "is no whole number of seconds over 0, such as 604800 for a week.");
}

function dkimError(setting: string, problem: string, cause?: unknown): MailerError {
  return new MailerError("WX_MAILER_DKIM", setting, `${setting} ${problem}`, cause === undefined ? {} : { cause });
}
