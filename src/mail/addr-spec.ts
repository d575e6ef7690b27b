/** One address, local part and domain, read strictly: nothing is guessed, folded or repaired (RFC 5321, section 4.1.2). */
import { isIPv4, isIPv6 } from "node:net";
import { findUnknownOption } from "../base/index.ts";
import { MessageError } from "./errors.ts";
import { asciiDomain } from "./idn.ts";
import { headerText } from "./text.ts";

/** What an address may have beside plain names; both are off. */
export interface AddressOptions {
  /** Characters outside ASCII before the @, for servers that offer SMTPUTF8 (RFC 6531). Default false. */
  readonly smtpUtf8?: boolean | undefined;
  /** An IP address in brackets for a domain, such as `[192.0.2.1]` (RFC 5321, section 4.1.3). Default false. */
  readonly domainLiteral?: boolean | undefined;
}

const OPTIONS: readonly (keyof AddressOptions)[] = ["smtpUtf8", "domainLiteral"];

// RFC 5321, sections 4.5.3.1.1 to 4.5.3.1.3; a path is 256 octets with its angle brackets.
const MAX_LOCAL_PART_OCTETS = 64;
const MAX_DOMAIN_OCTETS = 253;
const MAX_ADDRESS_OCTETS = 254;
const MAX_LABEL_OCTETS = 63;

/** The addresses of every day, in one look: all of them pass the rules below, which decide about the others. */
const PLAIN = /^[\w!#$%&'*+/=^`{|}~-]+(?:\.[\w!#$%&'*+/=^`{|}~-]+)*@(?:\w(?:[\w-]*\w)?\.)*[A-Za-z](?:[\w-]*\w)?$/;

const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** Without angle brackets: too many readers and servers end the address there, quoted or not. */
const QUOTED_STRING = /^"(?:[ !#-;=?-[\]-~]|\\[ -;=?-~])*"$/;
/** With letters, marks, digits and symbols of any script, emoji among them, one by one (RFC 6531, section 3.3). */
const UTF8_DOT_ATOM =
  /^(?:[\w!#$%&'*+/=?^`{|}~-]|(?!\p{ASCII})[\p{L}\p{M}\p{N}\p{S}])+(?:\.(?:[\w!#$%&'*+/=?^`{|}~-]|(?!\p{ASCII})[\p{L}\p{M}\p{N}\p{S}])+)*$/u;
/** Some readers decode it, and so see another address than the server does. */
const ENCODED_WORD = /=\?[^?]+\?[bq]\?/i;
const LABEL = /^\w(?:[\w-]{0,61}\w)?$/;
/** What some resolver or other reads as an IPv4 address when a name ends in it. */
const NUMBER = /^(?:\d+|0x[\da-f]*)$/i;
const ASCII = /^[ -~]*$/;

type Problem = readonly [problem: string, fix: string];

/** The last two that were found plain: a message names its sender and its recipient several times. */
let latestPlain = "";
let otherPlain = "";

/** True for an address that is beyond doubt: `toAsciiAddress` gives it back as it is. No part of it is near a limit. */
export function isPlainAddress(address: string): boolean {
  if (address === latestPlain) return address !== "";
  if (address !== otherPlain) {
    const at = address.indexOf("@");
    if (at > MAX_LOCAL_PART_OCTETS || address.length - at > MAX_LABEL_OCTETS || !PLAIN.test(address)) return false;
  }
  otherPlain = latestPlain;
  latestPlain = address;
  return address !== "";
}

/**
 * The address as an envelope carries it: the domain as A-labels by UTS-46, the local part untouched.
 *
 * A label of the domain that is ASCII already, `xn--` labels included, is left as it is. The rules are those of
 * docs/reference/addresses.md.
 *
 * @param field The name under which an error reports the address.
 * @throws MessageError WX_MESSAGE_ADDRESS, WX_MESSAGE_TYPE, WX_MESSAGE_CONTROL_CHARACTER, WX_MESSAGE_OPTION
 *
 * @example
 * toAsciiAddress("mac@例子.中国") // "mac@xn--fsqu00a.xn--fiqs8s"
 */
export function toAsciiAddress(address: string, field = "address", options?: AddressOptions): string {
  if (options !== undefined) checkAddressOptions(options);
  return typeof address === "string" && isPlainAddress(address) ? address : readAddress(address, field, options);
}

/** What the addresses of a message may have; undefined for nothing beside plain names. */
export function addressOptionsOf({ smtpUtf8, domainLiteral }: AddressOptions): AddressOptions | undefined {
  if (smtpUtf8 !== true && domainLiteral !== true) return undefined;
  return { smtpUtf8: smtpUtf8 === true, domainLiteral: domainLiteral === true };
}

/** The long way of `toAsciiAddress`, which knows every address. */
export function readAddress(address: string, field: string, options?: AddressOptions): string {
  headerText(address, field);
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  const domain = domainOf(address, at);
  const ascii = `${local}@${domain}`;
  const found =
    shapeProblem(address, at) ?? localPartProblem(local, address, options) ?? domainProblem(domain, options);
  const problem = found ?? (Buffer.byteLength(ascii) > MAX_ADDRESS_OCTETS ? tooLong : undefined);
  if (problem === undefined) return ascii;
  throw new MessageError("WX_MESSAGE_ADDRESS", { field, value: address, problem: problem[0], fix: problem[1] });
}

/** @throws MessageError WX_MESSAGE_OPTION for a misspelt option, which would leave a refusal in force unseen */
export function checkAddressOptions(options: AddressOptions): void {
  const unknown = findUnknownOption(options, OPTIONS);
  if (unknown === undefined) return;
  const { name: value, hint: fix } = unknown;
  throw new MessageError("WX_MESSAGE_OPTION", { field: "options", value, problem: "is not an option", fix });
}

/** What follows the @, as A-labels where it can be; no longer text than a domain may be is ever mapped. */
function domainOf(address: string, at: number): string {
  const domain = address.slice(at + 1);
  return domain.length > MAX_DOMAIN_OCTETS ? domain : (asciiDomain(domain) ?? domain);
}

const tooLong: Problem = [
  `is longer than ${MAX_ADDRESS_OCTETS} octets`,
  "No mail server takes such an address; check for text that does not belong to it",
];

function shapeProblem(address: string, at: number): Problem | undefined {
  const fix = "Give an address such as mac@example.com";
  if (address.trim() === "") return ["is empty", fix];
  if (at < 0) return ["has no @", `${fix}; a user of this machine is name@localhost`];
  if (at === 0) return ["has nothing before the @", fix];
  return address.length > MAX_ADDRESS_OCTETS ? (strayProblem(address, at) ?? tooLong) : undefined;
}

function localPartProblem(local: string, address: string, { smtpUtf8 }: AddressOptions = {}): Problem | undefined {
  const isSound = DOT_ATOM.test(local) || QUOTED_STRING.test(local) || (smtpUtf8 === true && UTF8_DOT_ATOM.test(local));
  if (!isSound) return strayProblem(address, local.length) ?? badLocalPart(local, smtpUtf8 === true);
  if (Buffer.byteLength(local) > MAX_LOCAL_PART_OCTETS) {
    return [`has more than ${MAX_LOCAL_PART_OCTETS} octets before the @`, "No mail server takes such an address"];
  }
  return ENCODED_WORD.test(local) ? ["has an encoded-word before the @", "Give the address that is meant"] : undefined;
}

/** What RFC 5322 would let stand beside an address, and what we refuse by name. */
function strayProblem(text: string, at: number): Problem | undefined {
  if (text.includes("(")) return ["has a comment", "Leave out what stands in parentheses"];
  if (text.startsWith("@") && text.includes(":")) return ["has a route", "Give only the address after the colon"];
  const colon = text.indexOf(":");
  if (colon >= 0 && text.includes(";", colon)) return ["is a group", "Give each member as its own item of the list"];
  if (/[,;]/.test(text)) return ["is more than one mailbox", "Give each mailbox as its own item of the list"];
  return text.lastIndexOf("@", at - 1) >= 0 ? ["has more than one @", "Give exactly one address"] : undefined;
}

function badLocalPart(local: string, smtpUtf8: boolean): Problem {
  if (!ASCII.test(local) && !smtpUtf8) {
    return ["has characters outside ASCII before the @", "Ask for an address whose part before the @ is plain ASCII"];
  }
  if (/^[^\s"()<>[\]:\\]+$/.test(local) && ASCII.test(local)) {
    const fix = `If it is really so, quote that part: "${local}"@...`;
    return ["has a dot at an end, or two in a row, before the @", fix];
  }
  return ["has a space or a special character before the @", "Write that part in double quotes, or correct it"];
}

function domainProblem(domain: string, { domainLiteral }: AddressOptions = {}): Problem | undefined {
  if (domain === "") return ["has no valid domain after the @", "Give a domain such as example.com"];
  if (domain.startsWith("[")) return domainLiteral === true ? literalProblem(domain) : literalUnasked;
  if (domain.length > MAX_DOMAIN_OCTETS) return tooLong;
  const labels = domain.split(".");
  if (labels.every((label) => LABEL.test(label))) {
    return NUMBER.test(labels.at(-1) ?? "")
      ? ["has an IP address for a domain", "Give the server's domain name"]
      : undefined;
  }
  const fix = "A domain is letters, digits and hyphens between single dots, at most 63 to a label";
  return strayProblem(domain, 0) ?? ["has a domain that is not a name", fix];
}

const literalUnasked: Problem = [
  "has a domain literal",
  "Give the server's domain name, not its IP address, or allow it by the option domainLiteral",
];

/** RFC 5321, section 4.1.3: an IPv4 address, or `IPv6:` and an IPv6 address without a zone. */
function literalProblem(domain: string): Problem | undefined {
  const inside = domain.endsWith("]") ? domain.slice(1, -1) : "";
  const v6 = /^IPv6:([^%]*)$/i.exec(inside)?.[1];
  if (v6 === undefined ? isIPv4(inside) : isIPv6(v6)) return undefined;
  return ["has a domain literal that is no IP address", "Write [192.0.2.1] or [IPv6:2001:db8::1]"];
}
