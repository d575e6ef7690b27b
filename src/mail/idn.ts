/** International domain names in ASCII: UTS-46, non-transitional, with the rules for host names on. */
import { domainToASCII, domainToUnicode } from "node:url";

// oxlint-disable-next-line no-control-regex -- all of ASCII is meant
const ASCII = /^[\u0000-\u007f]*$/;
/** ASCII that no host name has. Node would read "%2e" as a dot, "/" as the end of the host, and drop a tab. */
const NOT_IN_A_NAME = /[\0-,/:-@[-^`{-\x7f]/;
const NO_HOST_LABEL = /[\0-,./:-@[-`{-\x7f]|^-|-$|^..--/u;
/** The full stops that UTS-46 reads as one. */
const FULL_STOP = /[.\u3002\uff0e\uff61]/;

/** Mapping costs a microsecond, and bulk mail names the same domains over and over. */
const KEPT = 256;
const known = new Map<string, string | undefined>();

/**
 * The domain as A-labels; undefined where it cannot be one.
 *
 * A label that is ASCII already, an `xn--` label included, is left as it was typed, and so is a domain of such labels;
 * whether those are names is for the caller to check.
 *
 * @example
 * asciiDomain("ｍａｉｌ.例子.Example") // "mail.xn--fsqu00a.Example"
 */
export function asciiDomain(domain: string): string | undefined {
  if (ASCII.test(domain)) return domain;
  if (known.has(domain)) return known.get(domain);
  const ascii = NOT_IN_A_NAME.test(domain) ? undefined : mapLabels(domain);
  if (known.size >= KEPT) known.clear();
  known.set(domain, ascii);
  return ascii;
}

/**
 * Guarantee: what Node takes for an IPv4 address and rewrites (`１２７.1`) has another number of labels, or ends in a number,
 * which no domain may.
 */
function mapLabels(domain: string): string | undefined {
  const mapped = domainToASCII(domain);
  const shown = domainToUnicode(mapped).split(".");
  const labels = mapped.split(".");
  const typed = domain.split(FULL_STOP);
  if (labels.length !== typed.length) return undefined;
  const kept = typed.map((label, index) => keptLabel(label, labels[index] ?? "", shown[index] ?? ""));
  return kept.includes(undefined) ? undefined : kept.join(".");
}

/** An ASCII label as it was typed; another as an A-label, where it shows a host's name (UTS-46, section 4.1: STD3, hyphens). */
function keptLabel(typed: string, mapped: string, shown: string): string | undefined {
  if (ASCII.test(typed)) return typed.toLowerCase() === mapped ? typed : undefined;
  return NO_HOST_LABEL.test(shown) ? undefined : mapped;
}
