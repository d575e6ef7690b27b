/** One address, local part and domain, read strictly: nothing is guessed, folded or repaired (RFC 5321, section 4.1.2). */
import { domainToASCII } from "node:url";
import { MessageError } from "./errors.ts";
import { headerText } from "./text.ts";

// RFC 5321, sections 4.5.3.1.1 to 4.5.3.1.3; a path is 256 octets with its angle brackets.
const MAX_LOCAL_PART_OCTETS = 64;
const MAX_DOMAIN_OCTETS = 253;
const MAX_ADDRESS_OCTETS = 254;

const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
const QUOTED_STRING = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/;
const LABEL = /^\w(?:[\w-]{0,61}\w)?$/;
const ASCII = /^[ -~]*$/;

type Problem = readonly [problem: string, fix: string];

/**
 * The address as an envelope carries it: the domain as A-labels by UTS-46, the local part untouched.
 *
 * A domain that is ASCII already, `xn--` labels included, is left as it is.
 *
 * @param field The name under which an error reports the address.
 * @throws MessageError WX_MESSAGE_ADDRESS, WX_MESSAGE_TYPE, WX_MESSAGE_CONTROL_CHARACTER
 *
 * @example
 * toAsciiAddress("mac@例子.中国") // "mac@xn--fsqu00a.xn--fiqs8s"
 */
export function toAsciiAddress(address: string, field = "address"): string {
  headerText(address, field);
  const at = address.lastIndexOf("@");
  const domain = asciiDomain(address.slice(at + 1));
  const ascii = `${address.slice(0, at)}@${domain}`;
  const found = shapeProblem(address, at) ?? localPartProblem(address.slice(0, at)) ?? domainProblem(domain);
  const problem = found ?? (ascii.length > MAX_ADDRESS_OCTETS ? tooLong : undefined);
  if (problem === undefined) return ascii;
  throw new MessageError("WX_MESSAGE_ADDRESS", { field, value: address, problem: problem[0], fix: problem[1] });
}

const tooLong: Problem = [
  `is longer than ${MAX_ADDRESS_OCTETS} octets`,
  "No mail server takes such an address; check for text that does not belong to it",
];

function shapeProblem(address: string, at: number): Problem | undefined {
  if (address.trim() === "") return ["is empty", "Give an address such as mac@example.com"];
  if (at < 0) return ["has no @", "Give an address such as mac@example.com"];
  if (Buffer.byteLength(address) > MAX_ADDRESS_OCTETS) return tooLong;
  return undefined;
}

function localPartProblem(local: string): Problem | undefined {
  if (local === "") return ["has nothing before the @", "Give an address such as mac@example.com"];
  if (!ASCII.test(local)) {
    return ["has characters outside ASCII before the @", "Ask for an address whose part before the @ is plain ASCII"];
  }
  if (local.length > MAX_LOCAL_PART_OCTETS) {
    return [`has more than ${MAX_LOCAL_PART_OCTETS} octets before the @`, "No mail server takes such an address"];
  }
  if (DOT_ATOM.test(local) || QUOTED_STRING.test(local)) return undefined;
  if (/[,;]/.test(local)) return ["is more than one mailbox", "Give each mailbox as its own item of the list"];
  if (local.includes("@")) return ["has more than one @", "Give exactly one address"];
  if (/^[^\s"()<>[\]:\\]+$/.test(local)) {
    return [
      "has a dot at an end, or two in a row, before the @",
      `If it is really so, quote that part: "${local}"@...`,
    ];
  }
  return ["has a space or a special character before the @", "Write that part in double quotes, or correct it"];
}

function domainProblem(domain: string): Problem | undefined {
  if (domain === "") return ["has no valid domain after the @", "Give a domain such as example.com"];
  if (domain.startsWith("[")) return ["has a domain literal", "Give the server's domain name, not its IP address"];
  if (domain.length > MAX_DOMAIN_OCTETS) return tooLong;
  const labels = domain.split(".");
  if (!labels.every((label) => LABEL.test(label))) {
    return ["has a domain that is not a name", "A domain is letters, digits and hyphens between single dots"];
  }
  if (/^\d+$/.test(labels.at(-1) ?? "")) return ["has an IP address for a domain", "Give the server's domain name"];
  return undefined;
}

/** The domain as A-labels, or empty when it has none. */
function asciiDomain(domain: string): string {
  if (domain.length > MAX_DOMAIN_OCTETS || ASCII.test(domain)) return domain;
  // Node reads "%2e" as a dot and "/" as the end of a host: no ASCII punctuation may get that far.
  return /[\0-,/:-@[-^`{-\x7f]/.test(domain) ? "" : domainToASCII(domain);
}
