/** The DNS record under which verifiers find a DKIM key (RFC 6376, section 3.6; RFC 8463, section 4). */
import { createPublicKey } from "node:crypto";
import { type DkimKey, readDkimKey } from "./options.ts";

/** A TXT record to publish. */
export interface DkimDnsRecord {
  /** Such as `mail2026._domainkey.example.com`. */
  name: string;
  /** The whole text. */
  value: string;
  /** The text in pieces of at most 255 bytes, as a zone file wants a long one: each in quotes, a space between. */
  strings: string[];
}

/** RFC 1035, section 3.3: a string of a TXT record has 255 bytes at the most. */
const TXT_STRING = /.{1,255}/g;
const ED25519_KEY_BYTES = 32;

/**
 * The record that belongs to a key: publish it before the first signed message leaves.
 *
 * @throws MailerError WX_MAILER_DKIM for a key or an option that cannot be used
 * @example
 * const { name, value } = dkimDnsRecord({ domain: "example.com", selector: "mail2026", privateKey });
 * console.log(`${name} TXT ${value}`); // mail2026._domainkey.example.com TXT v=DKIM1; k=rsa; p=MIIB...
 */
export function dkimDnsRecord(key: DkimKey): DkimDnsRecord {
  const plan = readDkimKey(key, "key");
  const der = createPublicKey(plan.key).export({ format: "der", type: "spki" });
  const [type, bytes] = plan.algorithm === "rsa-sha256" ? ["rsa", der] : ["ed25519", der.subarray(-ED25519_KEY_BYTES)];
  const value = `v=DKIM1; k=${type}; p=${bytes.toString("base64")}`;
  return {
    name: `${plan.selector}._domainkey.${plan.domain}`,
    value,
    strings: value.match(TXT_STRING) ?? [],
  };
}
