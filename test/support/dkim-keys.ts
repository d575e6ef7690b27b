/** Keys for signing in tests, made once per file, and the records that belong to them. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { type DkimKey, dkimDnsRecord } from "../../src/mail/index.ts";
import type { DnsTexts } from "./dkim-verifiers.ts";

/** An RSA key pair's private half. */
export function rsaKey(bits = 2048): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength: bits }).privateKey;
}

/** An Ed25519 key pair's private half. */
export function ed25519Key(): KeyObject {
  return generateKeyPairSync("ed25519").privateKey;
}

/** The DNS in which the keys' records are published. */
export function publish(keys: readonly DkimKey[]): DnsTexts {
  return Object.fromEntries(keys.map(dkimDnsRecord).map(({ name, value }) => [name, value]));
}
