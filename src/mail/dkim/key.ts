/** A DKIM key as an application holds it, read once and checked. */
import { createPrivateKey, KeyObject } from "node:crypto";
import { MailerError } from "../errors.ts";

/** PEM or DER (PKCS#8 or PKCS#1), or what node:crypto made of it. */
export type PrivateKeyInput = string | Uint8Array | KeyObject;

/** A key that can sign. */
export interface SigningKey {
  key: KeyObject;
  algorithm: "rsa-sha256" | "ed25519-sha256";
  /** What the operator should know of a key that is accepted all the same. */
  warning?: string | undefined;
}

/** RFC 8301, section 3.2: less must not be used; 2048 should be, and verifiers need not take more than 4096. */
const RSA_BITS = { least: 1024, good: 2048, most: 4096 };

/**
 * Reads a private key.
 *
 * @param setting The option that an error names.
 * @throws MailerError WX_MAILER_DKIM
 */
export function readPrivateKey(input: PrivateKeyInput, setting: string): SigningKey {
  const key = toKeyObject(input, setting);
  if (key.type !== "private") {
    throw keyError(setting, `is a ${key.type} key. Give the private one; the public one belongs into the DNS.`);
  }
  if (key.asymmetricKeyType === "ed25519") return { key, algorithm: "ed25519-sha256" };
  if (key.asymmetricKeyType === "rsa") return { key, algorithm: "rsa-sha256", warning: checkRsa(key, setting) };
  throw keyError(setting, `is a key of type ${key.asymmetricKeyType}. DKIM signs with rsa or ed25519.`);
}

function checkRsa(key: KeyObject, setting: string): string | undefined {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < RSA_BITS.least) {
    throw keyError(setting, `is an RSA key of ${bits} bits, which no verifier accepts. Make one of ${RSA_BITS.good}.`);
  }
  if (bits < RSA_BITS.good) return `${setting} is an RSA key of ${bits} bits; make a new one of ${RSA_BITS.good}.`;
  if (bits <= RSA_BITS.most) return undefined;
  return `${setting} is an RSA key of ${bits} bits, which verifiers need not take; make a new one of ${RSA_BITS.good}.`;
}

function toKeyObject(input: PrivateKeyInput, setting: string): KeyObject {
  if (input instanceof KeyObject) return input;
  if (typeof input !== "string" && !(input instanceof Uint8Array)) {
    throw keyError(setting, "is missing or no key. Give PEM text, DER bytes or a KeyObject.");
  }
  const pem = pemOf(input);
  if (pem !== undefined) return fromPem(pem, setting);
  if (typeof input !== "string") return fromDer(input, setting);
  throw keyError(setting, 'is no PEM. It begins with "-----BEGIN PRIVATE KEY-----", and its lines are kept.');
}

/** The PEM in a text, or in the bytes of a file that holds one. Where a variable kept no line breaks, `\n` stands for them. */
function pemOf(input: string | Uint8Array): string | undefined {
  const text = typeof input === "string" ? input : Buffer.from(input).toString("latin1");
  if (!text.trimStart().startsWith("-----BEGIN ")) return undefined;
  return text.includes("\n") ? text : text.replaceAll("\\r", "").replaceAll("\\n", "\n");
}

function fromPem(pem: string, setting: string): KeyObject {
  if (/-----BEGIN [A-Z ]*PUBLIC KEY-----/.test(pem)) {
    throw keyError(setting, "is a public key. Give the private one; the public one belongs into the DNS.");
  }
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    throw keyError(setting, "is encrypted. Decrypt it (openssl pkey -in FILE), or give a KeyObject.");
  }
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw keyError(setting, "is PEM that holds no private key that could be read.", cause);
  }
}

function fromDer(der: Uint8Array, setting: string): KeyObject {
  for (const type of ["pkcs8", "pkcs1"] as const) {
    try {
      return createPrivateKey({ key: Buffer.from(der), format: "der", type });
    } catch {
      // The other form may fit.
    }
  }
  throw keyError(setting, "is neither PEM nor DER of a private key (PKCS#8 or PKCS#1).");
}

/** Never with the key in it: what could not be read may still be one. */
function keyError(setting: string, problem: string, cause?: unknown): MailerError {
  return new MailerError("WX_MAILER_DKIM", setting, `${setting} ${problem}`, cause === undefined ? {} : { cause });
}
