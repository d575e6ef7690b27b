/** What a link's host says: whose it is, and who can reach it. */
import { isIP } from "node:net";

/** A host as a URL names it, without the brackets of IPv6. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** An address in place of a name. */
export function isIpHost(hostname: string): boolean {
  return isIP(bare(hostname)) !== 0;
}

/** RFC 6761, RFC 6762, and what home routers and companies use inside. */
const LOCAL_NAMES = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|test|invalid|localdomain|home\.arpa)$/;
/** RFC 1918, RFC 6598, loopback, link-local and "this host". */
const PRIVATE_V4 =
  /^(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;
/** Loopback, unspecified, link-local, unique local, and the same as IPv4 inside of IPv6. */
const PRIVATE_V6 = /^(?:::1?$|fe[89ab]|f[cd]|::ffff:(?:7f|a[0-9a-f]{2}:|c0a8:|a9fe:))/i;

/** Whether only this machine or this network reaches it. */
export function isLocalHost(hostname: string): boolean {
  const host = bare(hostname);
  const version = isIP(host);
  if (version === 4) return PRIVATE_V4.test(host);
  if (version === 6) return PRIVATE_V6.test(host);
  return !host.includes(".") || LOCAL_NAMES.test(host.replace(/\.$/, ""));
}

/** Second levels under which names are given out, as in `co.uk` and `com.cn`; a guess that needs no list of them all. */
const SECOND_LEVEL = /^(?:ac|co|com|edu|gob|gov|gouv|mil|ne|net|nom|or|org|sch)$/;

/** The part of a name that somebody registered. */
function registered(hostname: string): string {
  const labels = hostname.replace(/\.$/, "").split(".");
  const underCountry = (labels.at(-1) ?? "").length === 2 && SECOND_LEVEL.test(labels.at(-2) ?? "");
  return labels.slice(underCountry ? -3 : -2).join(".");
}

/** Whether two names belong to one owner, as far as the names tell. */
export function isSameOwner(one: string, other: string): boolean {
  return registered(one.toLowerCase()) === registered(other.toLowerCase());
}

/** Services that hide where a link leads. */
const SHORTENERS: ReadonlySet<string> = new Set([
  "bit.ly",
  "bitly.com",
  "buff.ly",
  "cutt.ly",
  "dlvr.it",
  "dwz.cn",
  "goo.gl",
  "is.gd",
  "lnkd.in",
  "ow.ly",
  "rb.gy",
  "rebrand.ly",
  "s.id",
  "shorturl.at",
  "suo.im",
  "suo.nz",
  "t.cn",
  "t.co",
  "t.ly",
  "tiny.cc",
  "tinyurl.com",
  "u.nu",
  "url.cn",
  "v.gd",
]);

/** Whether a host belongs to a service that shortens links. */
export function isShortener(hostname: string): boolean {
  return SHORTENERS.has(hostname.toLowerCase().replace(/^www\./, ""));
}
