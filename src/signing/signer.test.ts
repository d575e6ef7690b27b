import { expect, test } from "vitest";
import { BadSignature } from "./errors.ts";
import { HMACAlgorithm } from "./hmac-algorithm.ts";
import { NoneAlgorithm } from "./none-algorithm.ts";
import { Signer, type SignerOptions } from "./signer.ts";
import type { SigningAlgorithm } from "./signing-algorithm.ts";

const KEY = "a key for the tests of signing";
const signer = new Signer(KEY);

test("the example of the docs", () => {
  const unsubscribe = new Signer(KEY, { salt: "unsubscribe" });
  expect(unsubscribe.unsign(unsubscribe.sign("42"))).toBe("42");
});

test("a value may hold the separator, be empty, or be in any script", () => {
  for (const value of ["", ".", "a.b.c", "激活 🎉", "\0", "x".repeat(10_000)]) {
    expect(signer.unsign(signer.sign(value))).toBe(value);
  }
  expect(signer.sign(Buffer.from("激活"))).toBe(signer.sign("激活"));
});

test("every difference in salt, derivation, digest or key makes another signature", () => {
  const options: SignerOptions[] = [
    {},
    { salt: "s" },
    { keyDerivation: "hmac" },
    { digestMethod: "sha256" },
    { keyDerivation: "none" },
  ];
  const signed = options.map((one) => new Signer(KEY, one).sign("v"));
  expect(new Set([...signed, new Signer(`${KEY}!`).sign("v")]).size).toBe(options.length + 1);
  expect(signed.filter((token) => signer.validate(token))).toEqual([signed[0]]);
});

test("the newest key signs, every key verifies", () => {
  const rotated = new Signer([KEY, "a newer key for the tests"]);
  expect(rotated.unsign(signer.sign("v"))).toBe("v");
  expect(signer.validate(rotated.sign("v"))).toBe(false);
  expect(rotated.deriveKey()).toEqual(new Signer("a newer key for the tests").deriveKey());
  expect(rotated.deriveKey(KEY)).toEqual(signer.deriveKey());
});

test("the key that deriveKey gives is a copy", () => {
  const before = signer.sign("v");
  signer.deriveKey().fill(0);
  expect(signer.sign("v")).toBe(before);
});

test("a bad signature shows the unverified value, a token without one nothing", () => {
  const token = signer.sign("v").replace(/.$/, "!");
  expect(() => signer.unsign(token)).toThrow(expect.objectContaining({ payload: "v", code: "WX_BAD_SIGNATURE" }));
  expect(() => signer.unsign("v")).toThrow('it holds no "."');
  for (const value of [undefined, null, 7, {}, Buffer.from(signer.sign("v"))]) {
    expect(() => signer.unsign(value as unknown as string)).toThrow(BadSignature);
  }
});

test("half a character is neither signed nor taken for the sign that stands for it", () => {
  expect(() => signer.sign("\ud800")).toThrow(expect.objectContaining({ code: "WX_SIGNING_VALUE" }));
  expect(() => signer.sign(Uint8Array.of(0xff))).toThrow(expect.objectContaining({ code: "WX_SIGNING_VALUE" }));
  const signature = signer.getSignature("\ufffd");
  expect(signer.validate(`\ufffd.${signature}`)).toBe(true);
  expect(signer.validate(`\ud800.${signature}`)).toBe(false);
  expect(signer.verifySignature("\ud800", signature)).toBe(false);
});

test("a signature of other characters is none, though their bytes look alike", () => {
  const signature = signer.getSignature("v");
  expect(signer.verifySignature("v", signature)).toBe(true);
  for (let at = 0; at < signature.length; at += 1) {
    const alike = String.fromCharCode(signature.charCodeAt(at) + 0x100);
    expect(signer.verifySignature("v", signature.slice(0, at) + alike + signature.slice(at + 1))).toBe(false);
  }
  for (const other of [signature.slice(1), `${signature}A`, "", "é".repeat(27), undefined]) {
    expect(signer.verifySignature("v", other as string)).toBe(false);
  }
});

test("a separator that base64 could contain is refused", () => {
  for (const sep of ["", "a", "-", "_", "=", "abc", "0"]) {
    expect(() => new Signer(KEY, { sep })).toThrow(expect.objectContaining({ code: "WX_SIGNING_OPTION" }));
  }
  for (const sep of ["::", "ac", "激", " "]) {
    const other = new Signer(KEY, { sep });
    expect(other.unsign(other.sign(`a${sep}b`))).toBe(`a${sep}b`);
  }
});

test("an algorithm of one's own is used as it is, and one that signs nothing only where it is given", () => {
  class Reversed implements SigningAlgorithm {
    getSignature(_key: Uint8Array, value: string | Uint8Array): Buffer {
      return Buffer.from(value).toReversed() as Buffer;
    }
    verifySignature(key: Uint8Array, value: string | Uint8Array, signature: Uint8Array): boolean {
      return Buffer.compare(this.getSignature(key, value), signature) === 0;
    }
  }
  const reversed = new Signer(KEY, { algorithm: new Reversed() });
  expect(reversed.unsign(reversed.sign("abc"))).toBe("abc");
  expect(new Signer(KEY, { algorithm: new NoneAlgorithm() }).unsign("v.")).toBe("v");
  expect(signer.validate("v.")).toBe(false);
  const sha256 = new Signer(KEY, { algorithm: new HMACAlgorithm("sha256") });
  expect(sha256.getSignature("v")).toHaveLength(43);
});

test("wrong use is named at once", () => {
  expect(() => new Signer(KEY, { key_derivation: "hmac" } as object)).toThrow("Did you mean keyDerivation?");
  expect(() => new Signer(KEY, { keyDerivation: "bogus" as "hmac" })).toThrow("keyDerivation must be one of concat, ");
  expect(() => new Signer(KEY, { salt: 7 as unknown as string })).toThrow("salt must be a string or a Uint8Array");
  expect(() => new Signer(KEY, { algorithm: "none" as unknown as NoneAlgorithm })).toThrow(
    "such as new HMACAlgorithm()",
  );
  expect(() => new Signer(KEY, "salt" as unknown as object)).toThrow(
    "the signer takes an object of options: salt, sep",
  );
  expect(() => new Signer(KEY, { digestMethod: "sha-0" })).toThrow('digestMethod "sha-0" is no digest');
});
