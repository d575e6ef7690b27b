import { createPublicKey, createSecretKey, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { ed25519Key, rsaKey } from "../../../test/support/dkim-keys.ts";
import { MailerError } from "../errors.ts";
import { type PrivateKeyInput, readPrivateKey } from "./key.ts";

const rsa = rsaKey();
const ed25519 = ed25519Key();
const pem = rsa.export({ format: "pem", type: "pkcs8" }).toString();

/** What an error says of the key; it never shows the key itself. */
function problemOf(input: PrivateKeyInput): string {
  try {
    readPrivateKey(input, "dkim.privateKey");
  } catch (error) {
    if (!(error instanceof MailerError)) throw error;
    expect([error.code, error.setting]).toEqual(["WX_MAILER_DKIM", "dkim.privateKey"]);
    expect(error.message).not.toMatch(/[\w+/]{40}/);
    return error.message;
  }
  return "accepted";
}

test("a key is read from each of its forms", () => {
  const forms: PrivateKeyInput[] = [
    rsa,
    pem,
    `\n${pem}`,
    pem.trim().replaceAll("\n", "\\n"), // as a variable keeps it that can hold one line only
    pem.replaceAll("\n", "\r\n"),
    rsa.export({ format: "pem", type: "pkcs1" }).toString(),
    Buffer.from(pem),
    rsa.export({ format: "der", type: "pkcs8" }),
    new Uint8Array(rsa.export({ format: "der", type: "pkcs1" })),
  ];
  for (const form of forms) {
    const { key, algorithm, warning } = readPrivateKey(form, "dkim.privateKey");
    expect([key.equals(rsa), algorithm, warning]).toEqual([true, "rsa-sha256", undefined]);
  }
  const read = readPrivateKey(ed25519.export({ format: "pem", type: "pkcs8" }).toString(), "dkim.privateKey");
  expect([read.key.equals(ed25519), read.algorithm, read.warning]).toEqual([true, "ed25519-sha256", undefined]);
});

test("what is no private key for DKIM is refused, by name and with what to do", () => {
  const publicPem = createPublicKey(rsa).export({ format: "pem", type: "spki" }).toString();
  const encrypted = { format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" } as const;
  const encryptedPkcs1 = { ...encrypted, type: "pkcs1" } as const;
  const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  expect([
    problemOf(publicPem),
    problemOf(createPublicKey(rsa)),
    problemOf(createSecretKey(Buffer.from("secret"))),
    problemOf(rsa.export(encrypted).toString()),
    problemOf(rsa.export(encryptedPkcs1).toString()),
    problemOf(elliptic),
    problemOf(pem.slice(0, 200)),
    problemOf(pem.split("\n").slice(1, 3).join("")),
    problemOf(Buffer.from([1, 2, 3])),
    problemOf(undefined as unknown as string),
    problemOf(""),
  ]).toEqual([
    "dkim.privateKey is a public key. Give the private one; the public one belongs into the DNS.",
    "dkim.privateKey is a public key. Give the private one; the public one belongs into the DNS.",
    "dkim.privateKey is a secret key. Give the private one; the public one belongs into the DNS.",
    "dkim.privateKey is encrypted. Decrypt it (openssl pkey -in FILE), or give a KeyObject.",
    "dkim.privateKey is encrypted. Decrypt it (openssl pkey -in FILE), or give a KeyObject.",
    "dkim.privateKey is a key of type ec. DKIM signs with rsa or ed25519.",
    "dkim.privateKey is PEM that holds no private key that could be read.",
    'dkim.privateKey is no PEM. It begins with "-----BEGIN PRIVATE KEY-----", and its lines are kept.',
    "dkim.privateKey is neither PEM nor DER of a private key (PKCS#8 or PKCS#1).",
    "dkim.privateKey is missing or no key. Give PEM text, DER bytes or a KeyObject.",
    'dkim.privateKey is no PEM. It begins with "-----BEGIN PRIVATE KEY-----", and its lines are kept.',
  ]);
});

test("an RSA key too short for any verifier is refused, and a weak one named", () => {
  expect(problemOf(rsaKey(1016))).toBe(
    "dkim.privateKey is an RSA key of 1016 bits, which no verifier accepts. Make one of 2048.",
  );
  expect(readPrivateKey(rsaKey(1024), "k").warning).toBe("k is an RSA key of 1024 bits; make a new one of 2048.");
});
